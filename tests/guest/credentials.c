// SPDX-License-Identifier: Apache-2.0
// setuid(2) and kin, capabilities, priorities and policies. What root may and others may not is
// tried in children; the numbers printed are those of the calls alone, so that any user may run it.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* result(long outcome) { return outcome >= 0 ? "ok" : strerror(errno); }

static void show_ids(const char* what) {
  uid_t real, effective, saved;
  gid_t group, effective_group, saved_group;
  getresuid(&real, &effective, &saved);
  getresgid(&group, &effective_group, &saved_group);
  printf("%s: users %u %u %u %u, groups %u %u %u %u\n", what, real, effective, saved,
         (unsigned)setfsuid(-1), group, effective_group, saved_group, (unsigned)setfsgid(-1));
}

static void in_child(void (*body)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    body();
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (status != 0) printf("  status %x\n", status);
}

struct capabilities {
  struct __user_cap_header_struct header;
  struct __user_cap_data_struct data[2];
};

static void show_capabilities(const char* what) {
  struct capabilities all = {.header = {_LINUX_CAPABILITY_VERSION_3, 0}};
  const char* outcome = result(syscall(SYS_capget, &all.header, all.data));
  // How many there are depends on the kernel.
  printf("%s: capget %s, effective %s, permitted %s, inheritable %x\n", what, outcome,
         all.data[0].effective ? "some" : "none", all.data[0].permitted ? "some" : "none",
         all.data[0].inheritable);
}

static void drop_for_good(void) {
  printf("setgroups %s\n", result(setgroups(2, (gid_t[]){1000, 7})));
  gid_t groups[3];
  int count = getgroups(3, groups);
  for (int i = 0; i < count && count == 2; i++) printf(" group %u\n", groups[i]);
  printf("setresgid %s\n", result(setresgid(1000, 1000, 1000)));
  printf("setuid %s\n", result(setuid(1000)));
  show_ids("dropped");
  show_capabilities("dropped");
  printf("setregid %s\n", result(setregid(1000, 7)));
  printf("setregid %s\n", result(setregid(-1, 1000)));
  printf("setuid(0) %s\n", result(setuid(0)));
  printf("setgid(0) %s\n", result(setgid(0)));
  printf("setgroups %s\n", result(setgroups(0, NULL)));
  printf("setreuid %s\n", result(setreuid(1001, -1)));
  printf("setresuid %s\n", result(setresuid(-1, 1001, -1)));
  printf("kill parent %s\n", result(kill(getppid(), 0)));
  printf("kill(-1) %s\n", result(kill(getpid(), 0)));
}

static void come_back(void) {
  printf("seteuid %s\n", result(seteuid(1000)));
  show_ids("aside");
  show_capabilities("aside");
  printf("back %s\n", result(seteuid(0)));
  show_capabilities("back");
  printf("setreuid(1000, 0) %s\n", result(setreuid(1000, 0)));
  show_ids("swapped");
  printf("setreuid(0, 1000) %s\n", result(setreuid(0, 1000)));
  show_ids("again");
  printf("setfsuid %d", setfsuid(0));
  printf(" %d", setfsuid(12345));
  printf(" %d\n", setfsuid(-1));
}

static void* show_in_thread(void* unused) {
  printf("another thread: %u %u\n", getuid(), geteuid());
  return unused;
}

static void with_threads(void) {
  pthread_t thread;
  printf("setuid %s\n", result(setuid(1000)));
  pthread_create(&thread, NULL, show_in_thread, NULL);
  pthread_join(thread, NULL);
}

static void keep_capabilities(void) {
  printf("PR_SET_KEEPCAPS %s\n", result(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)));
  printf("setuid %s\n", result(setuid(1000)));
  show_capabilities("kept");
  struct capabilities all = {.header = {_LINUX_CAPABILITY_VERSION_3, 0}};
  syscall(SYS_capget, &all.header, all.data);
  all.data[0].effective = all.data[0].permitted;
  printf("capset %s\n", result(syscall(SYS_capset, &all.header, all.data)));
  all.data[0].permitted = 1;
  all.data[0].effective = 1;
  all.data[1].permitted = all.data[1].effective = 0;
  printf("capset %s\n", result(syscall(SYS_capset, &all.header, all.data)));
  all.data[0].permitted = 3;
  printf("capset more %s\n", result(syscall(SYS_capset, &all.header, all.data)));
}

static void errors(void) {
  printf("setuid(-1) %s\n", result(setuid(-1)));
  printf("setgroups(-1) %s\n", result(syscall(SYS_setgroups, -1, NULL)));
  printf("setgroups(bad) %s\n", result(syscall(SYS_setgroups, 2, 16)));
  printf("setgroups(many) %s\n", result(syscall(SYS_setgroups, 65537, 16)));
  printf("getgroups(-1) %s\n", result(syscall(SYS_getgroups, -1, NULL)));
  struct capabilities all = {.header = {1, 0}};
  printf("capget version %s", result(syscall(SYS_capget, &all.header, all.data)));
  printf(" %x", all.header.version);
  all.header.version = 2;
  printf(", without data %s", result(syscall(SYS_capget, &all.header, NULL)));
  printf(" %x\n", all.header.version);
  printf("capget null %s\n", result(syscall(SYS_capget, NULL, all.data)));
  all.header.pid = -1;
  printf("capget pid %s\n", result(syscall(SYS_capget, &all.header, all.data)));
  all.header.pid = 4000000;
  printf("capget pid %s\n", result(syscall(SYS_capget, &all.header, all.data)));
  printf("capset pid %s\n", result(syscall(SYS_capset, &all.header, all.data)));
  printf("capset null %s\n", result(syscall(SYS_capset, NULL, all.data)));
  printf("PR_SET_KEEPCAPS %s, get %d\n", result(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0)),
         prctl(PR_GET_KEEPCAPS));
  char name[300] = {0};
  printf("sethostname long %s, negative", result(syscall(SYS_sethostname, name, 65)));
  printf(" %s, bad", result(syscall(SYS_sethostname, name, -1)));
  printf(" %s\n", result(syscall(SYS_sethostname, 16, 5)));
  printf("setdomainname long %s\n", result(syscall(SYS_setdomainname, name, 65)));
  printf("personality %d", personality(0xffffffff));
  printf(" %d", personality(ADDR_NO_RANDOMIZE));
  printf(" %x\n", personality(0xffffffff));
  struct rlimit limit;
  printf("prlimit pid %s\n", result(prlimit(4000000, RLIMIT_NOFILE, NULL, &limit)));
}

static void policies(void) {
  struct sched_param param = {0};
  for (int policy = -1; policy < 7; policy++) {
    printf("policy %d: %d %d\n", policy, sched_get_priority_min(policy),
           sched_get_priority_max(policy));
  }
  // musl's own functions are ENOSYS.
  printf("scheduler %ld", syscall(SYS_sched_getscheduler, 0));
  printf(", batch %s", result(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &param)));
  printf(" %ld\n", syscall(SYS_sched_getscheduler, getpid()));
  param.sched_priority = 1;
  printf("priority of batch %s", result(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &param)));
  printf(", of fifo 0 and 100");
  param.sched_priority = 0;
  printf(" %s", result(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param)));
  param.sched_priority = 100;
  printf(" %s\n", result(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param)));
  printf("errors %s", result(syscall(SYS_sched_setscheduler, 0, 77, &param)));
  printf(" %s", result(syscall(SYS_sched_setscheduler, 0, 0, NULL)));
  printf(" %s", result(syscall(SYS_sched_setscheduler, -1, 0, &param)));
  printf(" %s", result(syscall(SYS_sched_setscheduler, 4000000, 0, &param)));
  printf(" %s", result(syscall(SYS_sched_setscheduler, 0, 0, 16)));
  printf(" %s", result(syscall(SYS_sched_getscheduler, -1)));
  printf(" %s\n", result(syscall(SYS_sched_getscheduler, 4000000)));
  printf("param %s %d", result(syscall(SYS_sched_getparam, 0, &param)), param.sched_priority);
  printf(" %s", result(syscall(SYS_sched_getparam, 0, NULL)));
  printf(" %s", result(syscall(SYS_sched_setparam, 0, &param)));
  param.sched_priority = 5;
  printf(" %s\n", result(syscall(SYS_sched_setparam, 0, &param)));
  // struct sched_attr, without what the processors are used by
  struct {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long deadline[3];
    unsigned long long more;
  } attr = {sizeof attr, SCHED_BATCH, 1, 3, 0, {0}, 0};
  printf("setattr %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  memset(&attr, 0x55, sizeof attr);
  printf(" getattr %s", result(syscall(SYS_sched_getattr, getpid(), &attr, 48, 0)));
  printf(": size %u policy %u flags %llx nice %d priority %u more %llx\n", attr.size, attr.policy, attr.flags,
         attr.nice, attr.priority, attr.more);
  attr.size = 0, attr.policy = 77, attr.flags = 0x19, attr.nice = 5, attr.priority = 0;
  printf("keep policy %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  attr.flags = 0x10, attr.policy = SCHED_OTHER, attr.nice = 9;
  printf(" params %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  printf(" %s", result(syscall(SYS_sched_getattr, 0, &attr, 48, 0)));
  printf(": policy %u flags %llx nice %d\n", attr.policy, attr.flags, attr.nice);
  attr.size = 47;
  printf("attr errors %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  printf(" %u", attr.size >= 48);
  attr.size = 48;
  printf(" %s", result(syscall(SYS_sched_setattr, 0, &attr, 1)));
  printf(" %s", result(syscall(SYS_sched_setattr, -1, &attr, 0)));
  printf(" %s", result(syscall(SYS_sched_setattr, 4000000, &attr, 0)));
  printf(" %s", result(syscall(SYS_sched_setattr, 0, NULL, 0)));
  printf(" %s", result(syscall(SYS_sched_setattr, 0, 16, 0)));
  attr.flags = 0x1000;
  printf(" %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  attr.flags = 0, attr.policy = 77;
  printf(" %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  attr.policy = SCHED_DEADLINE;
  printf(" %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  attr.policy = SCHED_OTHER, attr.priority = 1;
  printf(" %s", result(syscall(SYS_sched_setattr, 0, &attr, 0)));
  printf(" %s", result(syscall(SYS_sched_getattr, 0, &attr, 47, 0)));
  printf(" %s", result(syscall(SYS_sched_getattr, 0, &attr, 4097, 0)));
  printf(" %s", result(syscall(SYS_sched_getattr, 0, 16, 48, 0)));
  printf(" %s\n", result(syscall(SYS_sched_getattr, 4000000, &attr, 48, 0)));
  struct timespec slice;
  printf("slice %s", result(syscall(SYS_sched_rr_get_interval, 0, &slice)));
  printf(" %s\n", result(syscall(SYS_sched_rr_get_interval, -1, &slice)));
  cpu_set_t set;
  CPU_ZERO(&set);
  printf("affinity %s", result(sched_getaffinity(0, sizeof set, &set)));
  printf(" %d", CPU_COUNT(&set) == sysconf(_SC_NPROCESSORS_ONLN));
  printf(" %s", result(syscall(SYS_sched_getaffinity, 0, 7, &set)));
  printf(" %s", result(syscall(SYS_sched_getaffinity, 0, 0, &set)));
  printf(" %s\n", result(syscall(SYS_sched_getaffinity, 4000000, sizeof set, &set)));

  // One processor, for children and threads as well, and nobody else.
  cpu_set_t all = set, one;
  CPU_ZERO(&one);
  int first = 0;
  while (!CPU_ISSET(first, &all)) first++;
  CPU_SET(first, &one);
  printf("to one %s", result(sched_setaffinity(0, sizeof one, &one)));
  pid_t child = fork();
  if (child == 0) {
    sched_getaffinity(0, sizeof set, &set);
    _exit(CPU_COUNT(&set) == 1 && sched_getcpu() == first ? sched_setaffinity(0, sizeof all, &all) : 9);
  }
  int status = -1;
  waitpid(child, &status, 0);
  sched_getaffinity(0, sizeof set, &set);
  printf(" child %d own %d", status, CPU_COUNT(&set));
  printf(" back %s", result(sched_setaffinity(getpid(), sizeof all, &all)));
  sched_getaffinity(0, sizeof set, &set);
  printf(" %d", CPU_EQUAL(&set, &all));
  CPU_ZERO(&one);
  printf(" none %s", result(sched_setaffinity(0, sizeof one, &one)));
  printf(" %s", result(syscall(SYS_sched_setaffinity, 0, 0, &one)));
  printf(" %s", result(syscall(SYS_sched_setaffinity, 4000000, sizeof all, &all)));
  printf(" %s\n", result(syscall(SYS_sched_setaffinity, 0, sizeof all, 8)));
}

static void priorities(void) {
  printf("nice %d", getpriority(PRIO_PROCESS, 0));
  printf(" set %s", result(setpriority(PRIO_PROCESS, 0, 5)));
  printf(" %d %ld\n", getpriority(PRIO_PROCESS, getpid()), syscall(SYS_getpriority, PRIO_PROCESS, 0));
  printf("large %s", result(setpriority(PRIO_PROCESS, 0, 500)));
  printf(" %d\n", getpriority(PRIO_PROCESS, 0));
  printf("group %s", result(setpgid(0, 0)));
  printf(" %d", getpriority(PRIO_PGRP, 0));
  printf(" set %s\n", result(setpriority(PRIO_PGRP, 0, 19)));
  errno = 0;
  printf("errors %s", result(setpriority(7, 0, 0)));
  printf(" %s", result(getpriority(-1, 0)));
  printf(" %s", result(setpriority(PRIO_PROCESS, 4000000, 0)));
  printf(" %s", result(getpriority(PRIO_PGRP, 4000000)));
  printf(" %s\n", result(syscall(SYS_getpriority, PRIO_USER, 3999999)));
  fflush(stdout);
  if (fork() == 0) {
    printf("inherited %d\n", getpriority(PRIO_PROCESS, 0));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
}

static void priorities_of_others(void) {
  if (setuid(1000) != 0) return;
  printf("lower %s", result(setpriority(PRIO_PROCESS, 0, 3)));
  printf(", raise %s", result(setpriority(PRIO_PROCESS, 0, 1)));
  printf(", another's %s\n", result(setpriority(PRIO_PROCESS, getppid(), 10)));
  printf("idle and back %s", result(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &(int){0})));
  printf(" %s\n", result(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &(int){0})));
}

int main(void) {
  in_child(errors);
  in_child(drop_for_good);
  in_child(come_back);
  in_child(with_threads);
  in_child(keep_capabilities);
  in_child(policies);
  in_child(priorities);
  in_child(priorities_of_others);
  return 0;
}
