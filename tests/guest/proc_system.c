// SPDX-License-Identifier: Apache-2.0
// What /proc tells of the system.
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

#include "test.h"

static char text[1 << 18];

static long load(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  long size = 0;
  ssize_t count;
  while ((count = read(fd, text + size, sizeof text - 1 - (size_t)size)) > 0) size += count;
  close(fd);
  text[size] = 0;
  return size;
}

static unsigned long value_of(const char *name) {
  char *at = strstr(text, name);
  return at ? strtoul(at + strlen(name), 0, 10) : 0;
}

// Digits become 9, so that forms compare.
static const char *form(void) {
  char *to = text;
  for (char *at = text; *at && *at != '\n'; at++) {
    if (isdigit((unsigned char)*at)) {
      if (to == text || to[-1] != '9') *to++ = '9';
    } else {
      *to++ = *at;
    }
  }
  *to = 0;
  return text;
}

static void show_setting(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  printf("%s: %s", name, load(path) < 0 ? "missing\n" : text);
}

int main(void) {
  struct sysinfo info;
  sysinfo(&info);
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  load("/proc/uptime");
  printf("uptime: %d\n", labs(atol(text) - now.tv_sec) <= 1);
  printf("%s\n", form());
  load("/proc/loadavg");
  printf("loadavg: %s\n", form());
  load("/proc/meminfo");
  printf("meminfo: %d\n", value_of("MemTotal:") == info.totalram * info.mem_unit / 1024);
  const char *const keys[] = {"MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SwapTotal:", "SwapFree:", "Shmem:", "SReclaimable:"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) printf("%s %d\n", keys[i], strstr(text, keys[i]) != 0);
  load("/proc/cpuinfo");
  int processors = 0;
  for (char *at = text; (at = strstr(at, "processor\t:")); at++) processors++;
  printf("cpuinfo: %d\n", processors == sysconf(_SC_NPROCESSORS_ONLN));
  load("/proc/stat");
  printf("cpu line: %d\n", !strncmp(text, "cpu  ", 5));
  printf("boot: %d\n", labs((long)value_of("\nbtime ") - (time(0) - now.tv_sec)) <= 1);
  printf("counts: %d %d %d\n", value_of("\nctxt ") > 0, value_of("\nprocesses ") > 0, value_of("\nprocs_running ") > 0);
  load("/proc/vmstat");
  printf("vmstat: %d %d\n", strstr(text, "pgpgin ") != 0, strstr(text, "pswpout ") != 0);
  struct utsname name;
  uname(&name);
  load("/proc/version");
  char start[200];
  snprintf(start, sizeof start, "Linux version %s ", name.release);
  printf("version: %d\n", !strncmp(text, start, strlen(start)));
  load("/proc/filesystems");
  printf("filesystems: %d\n", strstr(text, "nodev\tproc\n") != 0);
  load("/proc/self/mounts");
  printf("mounts: %d\n", strstr(text, " /proc proc ") != 0);
  load("/proc/self/mountinfo");
  printf("mountinfo: %d\n", strstr(text, " - proc proc ") != 0);

  show_setting("kernel/ostype");
  show_setting("kernel/cap_last_cap");
  show_setting("kernel/ngroups_max");
  show_setting("vm/overcommit_ratio");
  show_setting("fs/nothing");
  load("/proc/sys/kernel/osrelease");
  text[strcspn(text, "\n")] = 0;
  printf("release: %d\n", !strcmp(text, name.release));
  load("/proc/sys/kernel/hostname");
  text[strcspn(text, "\n")] = 0;
  printf("host name: %d\n", !strcmp(text, name.nodename));
  const char *const numbers[] = {"kernel/pid_max", "kernel/threads-max", "fs/file-max", "fs/nr_open", "fs/pipe-max-size", "vm/max_map_count", "vm/mmap_min_addr", "net/core/somaxconn"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/%s", numbers[i]);
    printf("%s: %d\n", numbers[i], load(path) > 0 && atoll(text) > 0);
  }
  char uuid[64];
  printf("uuid: %ld\n", load("/proc/sys/kernel/random/uuid"));
  strcpy(uuid, text);
  printf("form: %d\n", uuid[8] == '-' && uuid[14] == '4' && uuid[23] == '-');
  load("/proc/sys/kernel/random/uuid");
  printf("another each time: %d\n", strcmp(uuid, text) != 0);
  load("/proc/sys/kernel/random/boot_id");
  strcpy(uuid, text);
  load("/proc/sys/kernel/random/boot_id");
  printf("boot_id: %d %zu\n", !strcmp(uuid, text), strlen(text));
  SHOW(access("/proc/sys/kernel/random", X_OK));
  SHOW(access("/proc/sys/kernel/randomx", X_OK));
  SHOW(access("/proc/sys/kernel/random/uuid/x", X_OK));
  SHOW(access("/proc/sys/kernel/../vm", X_OK));
  return 0;
}
