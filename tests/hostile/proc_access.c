/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
// run: --bind /:/host_root:ro
/* procfs inside a bind of / is refused by what it is; a bind of it alone already by the command. The
   cage's own /proc has no way into memory, and its links lead nowhere that paths don't. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *const paths[] = {
    "/proc/self/mem",          "/proc/self/task/2/mem",      "/proc/self/pagemap",
    "/proc/self/map_files",    "/proc/self/ns/mnt",          "/proc/self/syscall",
    "/proc/self/root/etc/passwd", "/proc/self/cwd/../../etc/passwd", "/proc/1/root",
    "/proc/self/root/../../etc/passwd", "/proc/self/fd/../../../etc/passwd", "/proc/kcore",
    "/proc/self/exe/../secret", "/proc/sysrq-trigger",        "/proc/kallsyms",
    "/proc/self/mem",          "/host_proc/self/mem",        "/host_proc/self/maps",
    "/host_proc/self/fd/0",    "/host_root/proc/self/mem",   "/host_root/proc/self/environ",
    "/host_root/proc/1/maps",  "/host_root/dev/mem",         "/host_root/dev/kmem",
    "/host_proc/self/task",    "/host_root/sys/kernel",      "/host_proc/self/cwd/etc/passwd",
};

int main(void) {
  int bad = 0;
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
    for (int mode = 0; mode < 2; mode++) {
      int fd = open(paths[i], mode ? O_RDWR : O_RDONLY);
      char byte;
      if (fd >= 0 && read(fd, &byte, 1) >= 0) {
        printf("%s can be opened and read\n", paths[i]);
        bad = 1;
      }
      if (fd >= 0) close(fd);
    }
  }
  return bad;
}
