/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Calls that reach the whole host process must not exist. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bad;
static void must_not(const char *name, long number) {
  errno = 0;
  long result = syscall(number, 0, 0, 0, 0, 0, 0);
  if (result != -1 || (errno != ENOSYS && errno != EPERM)) {
    printf("%s: %ld, errno %d\n", name, result, errno);
    bad = 1;
  }
}

int main(void) {
#define MUST_NOT(name) must_not(#name, SYS_##name)
  MUST_NOT(ptrace);
  MUST_NOT(process_vm_readv);
  MUST_NOT(process_vm_writev);
  MUST_NOT(userfaultfd);
  MUST_NOT(io_uring_setup);
  MUST_NOT(io_uring_enter);
  MUST_NOT(io_uring_register);
  MUST_NOT(perf_event_open);
  MUST_NOT(bpf);
  MUST_NOT(pidfd_getfd);
  MUST_NOT(modify_ldt);
  MUST_NOT(seccomp);
  MUST_NOT(kexec_load);
  MUST_NOT(init_module);
  MUST_NOT(mount);
  MUST_NOT(umount2);
  MUST_NOT(setns);
  MUST_NOT(unshare);
  MUST_NOT(remap_file_pages);
  MUST_NOT(pkey_mprotect);
  MUST_NOT(move_pages);
  MUST_NOT(kcmp);
  MUST_NOT(open_by_handle_at);
  MUST_NOT(iopl);
  return bad;
}
