// SPDX-License-Identifier: Apache-2.0
#include "syscall/trace_names.h"

#include <asm/prctl.h>
#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <span>

#include "signal/names.h"
#include "signal/signal_set.h"
#include "syscall/arg.h"

namespace rawposix::syscall {
namespace {

struct Name {
  uint64_t value;
  const char* text;
};
#define N(name) \
  Name { static_cast<uint64_t>(name), #name }

constexpr Name kAccessModes[] = {N(O_RDONLY), N(O_WRONLY), N(O_RDWR)};
// What consists of several bits comes before its parts. As Linux has them: O_LARGEFILE is 0 for the
// C library.
constexpr Name kOpenFlags[] = {
    N(O_TMPFILE), N(O_SYNC),     N(O_CREAT),    N(O_EXCL),      N(O_NOCTTY),
    N(O_TRUNC),   N(O_APPEND),   N(O_NONBLOCK), N(O_DSYNC),     N(O_ASYNC),
    N(O_DIRECT),  N(O_NOFOLLOW), N(O_NOATIME),  N(O_DIRECTORY), {0100000, "O_LARGEFILE"},
    N(O_CLOEXEC), N(O_PATH)};
constexpr Name kProtections[] = {N(PROT_NONE), N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC)};
constexpr Name kMapFlags[] = {N(MAP_SHARED_VALIDATE),
                              N(MAP_SHARED),
                              N(MAP_PRIVATE),
                              N(MAP_FIXED),
                              N(MAP_ANONYMOUS),
                              N(MAP_GROWSDOWN),
                              N(MAP_LOCKED),
                              N(MAP_NORESERVE),
                              N(MAP_POPULATE),
                              N(MAP_NONBLOCK),
                              N(MAP_STACK),
                              N(MAP_HUGETLB),
                              {0x100000, "MAP_FIXED_NOREPLACE"}};
constexpr Name kRemapFlags[] = {N(MREMAP_MAYMOVE), N(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"}};
constexpr Name kAdvice[] = {N(MADV_NORMAL),   N(MADV_RANDOM),   N(MADV_SEQUENTIAL),
                            N(MADV_WILLNEED), N(MADV_DONTNEED), N(MADV_FREE),
                            N(MADV_DONTFORK), N(MADV_DOFORK),   N(MADV_HUGEPAGE)};
constexpr Name kWhence[] = {N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE)};
constexpr Name kPermissions[] = {N(F_OK), N(R_OK), N(W_OK), N(X_OK)};
constexpr Name kAtFlags[] = {N(AT_SYMLINK_NOFOLLOW), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT),
                             N(AT_EMPTY_PATH)};
// Two calls have a flag of their own by the same number.
constexpr Name kRemoveFlags[] = {N(AT_REMOVEDIR)};
constexpr Name kAccessFlags[] = {N(AT_EACCESS), N(AT_SYMLINK_NOFOLLOW), N(AT_EMPTY_PATH)};
constexpr Name kFcntls[] = {N(F_DUPFD),      N(F_GETFD),         N(F_SETFD),      N(F_GETFL),
                            N(F_SETFL),      N(F_GETLK),         N(F_SETLK),      N(F_SETLKW),
                            N(F_SETOWN),     N(F_GETOWN),        N(F_OFD_GETLK),  N(F_OFD_SETLK),
                            N(F_OFD_SETLKW), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ), N(F_GETPIPE_SZ),
                            N(F_ADD_SEALS),  N(F_GET_SEALS)};
constexpr Name kIoctls[] = {N(TCGETS),     N(TCSETS),     N(TCSETSW),   N(TCSETSF),
                            N(TIOCGWINSZ), N(TIOCSWINSZ), N(TIOCGPGRP), N(TIOCSPGRP),
                            N(TIOCSCTTY),  N(TIOCNOTTY),  N(FIONREAD),  N(FIONBIO)};
constexpr Name kWaitOptions[] = {N(WNOHANG), N(WUNTRACED), N(WEXITED),  N(WCONTINUED),
                                 N(WNOWAIT), N(__WALL),    N(__WCLONE), N(__WNOTHREAD)};
constexpr Name kWaitIds[] = {N(P_ALL), N(P_PID), N(P_PGID), {3, "P_PIDFD"}};
constexpr Name kCloneFlags[] = {N(CLONE_VM),
                                N(CLONE_FS),
                                N(CLONE_FILES),
                                N(CLONE_SIGHAND),
                                N(CLONE_VFORK),
                                N(CLONE_PARENT),
                                N(CLONE_THREAD),
                                N(CLONE_SYSVSEM),
                                N(CLONE_SETTLS),
                                N(CLONE_PIDFD),
                                N(CLONE_DETACHED),
                                N(CLONE_PARENT_SETTID),
                                N(CLONE_CHILD_CLEARTID),
                                N(CLONE_CHILD_SETTID)};
constexpr Name kFutexOperations[] = {
    N(FUTEX_WAIT),        N(FUTEX_WAKE),       N(FUTEX_REQUEUE),   N(FUTEX_CMP_REQUEUE),
    N(FUTEX_WAKE_OP),     N(FUTEX_LOCK_PI),    N(FUTEX_UNLOCK_PI), N(FUTEX_TRYLOCK_PI),
    N(FUTEX_WAIT_BITSET), N(FUTEX_WAKE_BITSET)};
constexpr Name kMaskChanges[] = {N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK)};
constexpr Name kClocks[] = {N(CLOCK_REALTIME),           N(CLOCK_MONOTONIC),
                            N(CLOCK_PROCESS_CPUTIME_ID), N(CLOCK_THREAD_CPUTIME_ID),
                            N(CLOCK_MONOTONIC_RAW),      N(CLOCK_REALTIME_COARSE),
                            N(CLOCK_MONOTONIC_COARSE),   N(CLOCK_BOOTTIME)};
constexpr Name kIntervalTimers[] = {N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF)};
constexpr Name kLimits[] = {N(RLIMIT_CPU),     N(RLIMIT_FSIZE), N(RLIMIT_DATA),  N(RLIMIT_STACK),
                            N(RLIMIT_CORE),    N(RLIMIT_RSS),   N(RLIMIT_NPROC), N(RLIMIT_NOFILE),
                            N(RLIMIT_MEMLOCK), N(RLIMIT_AS),    N(RLIMIT_NICE),  N(RLIMIT_RTPRIO)};
constexpr Name kWhose[] = {
    {0, "RUSAGE_SELF"}, {static_cast<uint32_t>(-1), "RUSAGE_CHILDREN"}, {1, "RUSAGE_THREAD"}};
constexpr Name kPriorities[] = {N(PRIO_PROCESS), N(PRIO_PGRP), N(PRIO_USER)};
constexpr Name kPrctls[] = {N(PR_SET_PDEATHSIG),
                            N(PR_GET_PDEATHSIG),
                            N(PR_GET_DUMPABLE),
                            N(PR_SET_DUMPABLE),
                            N(PR_GET_KEEPCAPS),
                            N(PR_SET_KEEPCAPS),
                            N(PR_SET_NAME),
                            N(PR_GET_NAME),
                            N(PR_GET_SECCOMP),
                            N(PR_SET_SECCOMP),
                            N(PR_CAPBSET_READ),
                            N(PR_CAPBSET_DROP),
                            N(PR_SET_CHILD_SUBREAPER),
                            N(PR_GET_CHILD_SUBREAPER),
                            N(PR_SET_NO_NEW_PRIVS),
                            N(PR_GET_NO_NEW_PRIVS),
                            {0x53564d41, "PR_SET_VMA"}};
constexpr Name kArchPrctls[] = {N(ARCH_SET_FS), N(ARCH_GET_FS)};
#undef N

// What an argument is made of.
enum class Kind : uint8_t {
  kOne,
  kFlags,
  kOpen,
  kSignal,
  kClone,
  kFutex,
  kMode,
  kBytes,    // at an address, as many as the third argument says
  kStrings,  // an array of addresses, up to a null pointer
};

struct Argument {
  uint16_t call;
  uint8_t index;
  Kind kind;
  std::span<const Name> names = {};
};

constexpr Argument kArguments[] = {
    {__NR_write, 1, Kind::kBytes},
    {__NR_open, 1, Kind::kOpen},
    {__NR_open, 2, Kind::kMode},
    {__NR_lseek, 2, Kind::kOne, kWhence},
    {__NR_mmap, 2, Kind::kFlags, kProtections},
    {__NR_mmap, 3, Kind::kFlags, kMapFlags},
    {__NR_mprotect, 2, Kind::kFlags, kProtections},
    {__NR_rt_sigaction, 0, Kind::kSignal},
    {__NR_rt_sigprocmask, 0, Kind::kOne, kMaskChanges},
    {__NR_ioctl, 1, Kind::kOne, kIoctls},
    {__NR_pwrite64, 1, Kind::kBytes},
    {__NR_access, 1, Kind::kFlags, kPermissions},
    {__NR_mremap, 3, Kind::kFlags, kRemapFlags},
    {__NR_madvise, 2, Kind::kOne, kAdvice},
    {__NR_getitimer, 0, Kind::kOne, kIntervalTimers},
    {__NR_setitimer, 0, Kind::kOne, kIntervalTimers},
    {__NR_clone, 0, Kind::kClone},
    {__NR_execve, 1, Kind::kStrings},
    {__NR_wait4, 2, Kind::kFlags, kWaitOptions},
    {__NR_kill, 1, Kind::kSignal},
    {__NR_fcntl, 1, Kind::kOne, kFcntls},
    {__NR_mkdir, 1, Kind::kMode},
    {__NR_creat, 1, Kind::kMode},
    {__NR_chmod, 1, Kind::kMode},
    {__NR_fchmod, 1, Kind::kMode},
    {__NR_umask, 0, Kind::kMode},
    {__NR_getrlimit, 0, Kind::kOne, kLimits},
    {__NR_getrusage, 0, Kind::kOne, kWhose},
    {__NR_rt_sigqueueinfo, 1, Kind::kSignal},
    {__NR_getpriority, 0, Kind::kOne, kPriorities},
    {__NR_setpriority, 0, Kind::kOne, kPriorities},
    {__NR_prctl, 0, Kind::kOne, kPrctls},
    {__NR_arch_prctl, 0, Kind::kOne, kArchPrctls},
    {__NR_setrlimit, 0, Kind::kOne, kLimits},
    {__NR_tkill, 1, Kind::kSignal},
    {__NR_futex, 1, Kind::kFutex},
    {__NR_timer_create, 0, Kind::kOne, kClocks},
    {__NR_clock_gettime, 0, Kind::kOne, kClocks},
    {__NR_clock_getres, 0, Kind::kOne, kClocks},
    {__NR_clock_nanosleep, 0, Kind::kOne, kClocks},
    {__NR_tgkill, 2, Kind::kSignal},
    {__NR_waitid, 0, Kind::kOne, kWaitIds},
    {__NR_waitid, 3, Kind::kFlags, kWaitOptions},
    {__NR_openat, 2, Kind::kOpen},
    {__NR_openat, 3, Kind::kMode},
    {__NR_mkdirat, 2, Kind::kMode},
    {__NR_newfstatat, 3, Kind::kFlags, kAtFlags},
    {__NR_unlinkat, 2, Kind::kFlags, kRemoveFlags},
    {__NR_fchmodat, 2, Kind::kMode},
    {__NR_faccessat, 2, Kind::kFlags, kPermissions},
    {__NR_dup3, 2, Kind::kOpen},
    {__NR_pipe2, 1, Kind::kOpen},
    {__NR_prlimit64, 1, Kind::kOne, kLimits},
    {__NR_execveat, 2, Kind::kStrings},
    {__NR_execveat, 4, Kind::kFlags, kAtFlags},
    {__NR_statx, 2, Kind::kFlags, kAtFlags},
    {__NR_faccessat2, 2, Kind::kFlags, kPermissions},
    {__NR_faccessat2, 3, Kind::kFlags, kAccessFlags},
};

void append_number(std::string& out, const char* format, uint64_t value) {
  char text[32];
  out.append(text, static_cast<size_t>(std::snprintf(text, sizeof text, format, value)));
}

const Name* find(std::span<const Name> names, uint64_t value) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [=](const Name& name) { return name.value == value; });
  return found == names.end() ? nullptr : &*found;
}

void print_one(std::string& out, std::span<const Name> names, uint64_t value) {
  if (const Name* name = find(names, value)) {
    out += name->text;
  } else {
    append_number(out, "%#" PRIx64, value);
  }
}

// After `before`, if there is anything to be said. What has no name is added as a number.
void print_flags(std::string& out, std::span<const Name> names, uint64_t value,
                 std::string_view before = {}) {
  if (value == 0) {
    if (before.empty()) print_one(out, names, 0);
    return;
  }
  std::string_view separator = before;
  for (const Name& name : names) {
    if (name.value == 0 || (value & name.value) != name.value) continue;
    out += separator;
    out += name.text;
    value &= ~name.value;
    separator = "|";
  }
  if (value == 0) return;
  out += separator;
  append_number(out, "%#" PRIx64, value);
}

void print_signal(std::string& out, uint64_t number) {
  if (number == 0 || number >= signal::kFirstRealTime) {
    return append_number(out, "%" PRIu64, number);
  }
  out += signal::name_of(static_cast<int>(number));
}

void print_clone_flags(std::string& out, uint64_t value) {
  const uint64_t signal = value & CSIGNAL;
  print_flags(out, kCloneFlags, value & ~uint64_t{CSIGNAL});
  if (signal == 0) return;
  out += "|";
  print_signal(out, signal);
}

void print_futex_operation(std::string& out, uint64_t value) {
  print_one(out, kFutexOperations, value & static_cast<uint64_t>(FUTEX_CMD_MASK));
  if ((value & FUTEX_PRIVATE_FLAG) != 0) out += "_PRIVATE";
  if ((value & FUTEX_CLOCK_REALTIME) != 0) out += "|FUTEX_CLOCK_REALTIME";
}

void print_strings(std::string& out, const cage::Task& task, GuestAddr array) {
  constexpr unsigned kMost = 32;
  if (array.is_null()) return print_address(out, 0);
  out += "[";
  for (unsigned i = 0;; i++) {
    const auto at = UserIn<uint64_t>(array.plus(i * sizeof(uint64_t)));
    const Result<uint64_t> string = task.memory().read(at);
    if (string.ok() && string.value() == 0) break;
    if (i > 0) out += ", ";
    if (!string.ok() || i == kMost) {
      out += "...";
      break;
    }
    print_string(out, task, UserString(GuestAddr{string.value()}));
  }
  out += "]";
}

}  // namespace

bool print_named(std::string& out, const cage::Task& task, uint64_t number, unsigned index,
                 uint64_t raw) {
  const auto found = std::find_if(
      std::begin(kArguments), std::end(kArguments),
      [=](const Argument& argument) { return argument.call == number && argument.index == index; });
  if (found == std::end(kArguments)) return false;
  // Numbers are ints in Linux's handlers but for clone()'s flags, which fit one.
  const uint64_t value = static_cast<uint32_t>(raw);
  switch (found->kind) {
    case Kind::kOne:
      print_one(out, found->names, value);
      break;
    case Kind::kFlags:
      print_flags(out, found->names, value);
      break;
    case Kind::kOpen:
      print_one(out, kAccessModes, value & O_ACCMODE);
      print_flags(out, kOpenFlags, value & ~uint64_t{O_ACCMODE}, "|");
      break;
    case Kind::kBytes:
      print_bytes(out, task, GuestAddr{raw}, task.context().regs.rdx);
      break;
    case Kind::kStrings:
      print_strings(out, task, GuestAddr{raw});
      break;
    case Kind::kSignal:
      print_signal(out, value);
      break;
    case Kind::kClone:
      print_clone_flags(out, value);
      break;
    case Kind::kFutex:
      print_futex_operation(out, value);
      break;
    case Kind::kMode:
      append_number(out, "%#03" PRIo64, value);
      break;
  }
  return true;
}

}  // namespace rawposix::syscall
