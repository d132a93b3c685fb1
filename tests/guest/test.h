/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what calls answer, the same way natively and in a cage. */
#ifndef RAWPOSIX_TESTS_GUEST_TEST_H
#define RAWPOSIX_TESTS_GUEST_TEST_H

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* errno's name where it is common, so that a difference reads well. */
static inline const char *errno_name(int number) {
  static char other[16];
  switch (number) {
#define NAME(e) \
  case e:       \
    return #e;
    NAME(EPERM) NAME(ENOENT) NAME(ESRCH) NAME(EINTR) NAME(EIO) NAME(ENXIO) NAME(E2BIG)
    NAME(ENOEXEC) NAME(EBADF) NAME(ECHILD) NAME(EAGAIN) NAME(ENOMEM) NAME(EACCES) NAME(EFAULT)
    NAME(EBUSY) NAME(EEXIST) NAME(EXDEV) NAME(ENODEV) NAME(ENOTDIR) NAME(EISDIR) NAME(EINVAL)
    NAME(ENFILE) NAME(EMFILE) NAME(ENOTTY) NAME(ETXTBSY) NAME(EFBIG) NAME(ENOSPC) NAME(ESPIPE)
    NAME(EROFS) NAME(EMLINK) NAME(EPIPE) NAME(ERANGE) NAME(EDEADLK) NAME(ENAMETOOLONG)
    NAME(ENOLCK) NAME(ENOSYS) NAME(ENOTEMPTY) NAME(ELOOP) NAME(ENODATA) NAME(EOVERFLOW)
    NAME(EOPNOTSUPP) NAME(ETIMEDOUT)
#undef NAME
    default:
      snprintf(other, sizeof other, "E%d", number);
      return other;
  }
}

/* The value of a call that has a telling one; "ok" for any that succeeds otherwise. */
#define SHOW(call)                                                \
  do {                                                            \
    errno = 0;                                                    \
    long long result_ = (long long)(call);                        \
    if (result_ == -1)                                            \
      printf("%s: %s\n", #call, errno_name(errno));               \
    else                                                          \
      printf("%s: %lld\n", #call, result_);                       \
  } while (0)

#define SHOW_OK(call)                                             \
  do {                                                            \
    errno = 0;                                                    \
    if ((long long)(call) == -1)                                  \
      printf("%s: %s\n", #call, errno_name(errno));               \
    else                                                          \
      printf("%s: ok\n", #call);                                  \
  } while (0)

/* Cages have no capabilities. For a native run as root that is to answer as for anybody. */
static inline void drop_capability(int number) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets)) return;
  sets[number / 32].effective &= ~(1u << number % 32);
  syscall(SYS_capset, &header, sets);
}

#endif
