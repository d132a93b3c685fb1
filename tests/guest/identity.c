/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, names, limits, system information: what must not differ from native, and errors. */
#define _GNU_SOURCE
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "test.h"

extern char **environ;

static void *volatile bad = (void *)16;

static void threads(void) {
  int cleared = 0;
  printf("own: %d\n", syscall(SYS_set_tid_address, &cleared) == syscall(SYS_gettid));
  /* Looked at when the thread ends, not before. */
  printf("own: %d\n", syscall(SYS_set_tid_address, bad) == syscall(SYS_gettid));
  printf("own: %d\n", syscall(SYS_set_tid_address, &cleared) == syscall(SYS_gettid));
  unsigned cpu = ~0u, node = ~0u;
  SHOW(syscall(SYS_getcpu, &cpu, &node, 0));
  printf("there: %d %d\n", cpu < 65536, node < 1024);
  SHOW(syscall(SYS_getcpu, 0, 0, 0));
  SHOW(syscall(SYS_getcpu, &cpu, 0, bad));
  SHOW(syscall(SYS_getcpu, bad, 0, 0));
  SHOW(syscall(SYS_getcpu, 0, bad, 0));
}

static void limits(void) {
  struct rlimit limit;
  for (int resource = 0; resource < 17; resource++) {
    printf("limit %d: %s\n", resource, getrlimit(resource, &limit) ? errno_name(errno) : "ok");
  }
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 100;
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  getrlimit(RLIMIT_NOFILE, &limit);
  printf("now %ld\n", (long)limit.rlim_cur);
  struct rlimit wrong = {20, 10};
  SHOW(setrlimit(RLIMIT_NOFILE, &wrong));
  SHOW(syscall(SYS_setrlimit, RLIMIT_NOFILE, 8));
  SHOW(syscall(SYS_getrlimit, RLIMIT_NOFILE, 8));
  SHOW(syscall(SYS_prlimit64, 0, 99, 0, 0));
  SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, 0));
  SHOW(syscall(SYS_prlimit64, 2000000000, RLIMIT_NOFILE, 0, 0));
}

int main(int argc, char **argv) {
  printf("arguments %d, name ends so: %d\n", argc, argv[0][0] != 0);
  printf("same ids: %d %d %d %d\n", getuid() == (uid_t)syscall(SYS_getuid), (int)getuid(),
         (int)getegid(), getpid() == syscall(SYS_gettid));
  uid_t r, e, s;
  SHOW(getresuid(&r, &e, &s));
  printf("%d %d %d\n", (int)r, (int)e, (int)s);
  SHOW_OK(syscall(SYS_getresuid, 8, 8, 8));
  gid_t rg, eg, sg;
  SHOW(getresgid(&rg, &eg, &sg));
  printf("%d %d %d\n", (int)rg, (int)eg, (int)sg);
  printf("effective: %d %d\n", geteuid() == e, getegid() == eg);
  for (int i = 0; i < 3; i++) {
    /* Those before the bad one are written. */
    gid_t *at[3] = {&rg, &eg, &sg};
    rg = eg = sg = 12345;
    at[i] = bad;
    SHOW(syscall(SYS_getresgid, at[0], at[1], at[2]));
    printf("%d %d %d\n", (int)rg, (int)eg, (int)sg);
  }
  printf("parent: %d\n", getppid() == syscall(SYS_getppid) && getppid() != getpid());
  SHOW_OK(getgroups(0, 0));
  SHOW_OK(getgroups(-1, 0));
  struct utsname name;
  SHOW(uname(&name));
  printf("%s %s\n", name.sysname, name.machine);
  SHOW(syscall(SYS_uname, 8));
  struct sysinfo info;
  SHOW(sysinfo(&info));
  printf("memory %d, unit %d\n", info.totalram > 0, (int)info.mem_unit);
  SHOW(syscall(SYS_sysinfo, 8));
  char bytes[64] = {0};
  SHOW(getrandom(bytes, sizeof bytes, 0));
  SHOW(getrandom(bytes, 16, GRND_NONBLOCK | GRND_RANDOM));
  SHOW(getrandom(bytes, 16, 0x100));
  SHOW(getrandom(bytes, 16, 0x6));
  SHOW(syscall(SYS_getrandom, 8, 16, 0));
  SHOW(getrandom(bytes, 0, 0));
  printf("page size %lu, random bytes %d, entry %d, secure %lu, clock %lu\n", getauxval(AT_PAGESZ),
         getauxval(AT_RANDOM) != 0, getauxval(AT_ENTRY) != 0, getauxval(AT_SECURE),
         getauxval(AT_CLKTCK));
  SHOW(syscall(SYS_arch_prctl, 0x1003, 8));
  SHOW(syscall(SYS_arch_prctl, 0x9999, 0));
  threads();
  limits();
  SHOW(syscall(9999));
  SHOW(syscall(-1));
  return 0;
}
