// SPDX-License-Identifier: Apache-2.0
#include "host/thread.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "host/file.h"

namespace rawposix::host {

pid_t current_thread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

void interrupt_thread(pid_t thread) { ::syscall(SYS_tgkill, getpid(), thread, kInterruptSignal); }

int64_t thread_cpu_time_ns(pid_t thread) {
  // include/linux/posix-timers.h: CPUCLOCK_SCHED of one thread.
  constexpr unsigned kThreadClock = 4 | 2;
  auto clock = static_cast<clockid_t>(~static_cast<unsigned>(thread) << 3 | kThreadClock);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

namespace {

Result<std::string> read_of_thread(pid_t thread, const char* name) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/" + name;
  Result<UniqueFd> opened = open_outside(path.c_str(), O_RDONLY);
  if (!opened.ok()) return opened.error() == Errno(ENOENT) ? Errno(ESRCH) : opened.error();
  const UniqueFd file = std::move(opened).value();
  std::string text(4096, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return Errno::last();
  text.resize(static_cast<size_t>(size));
  return text;
}

int64_t number_after(const std::string& text, const char* label) {
  const size_t found = text.find(label);
  return found == std::string::npos ? 0 : std::atoll(text.c_str() + found + std::strlen(label));
}

}  // namespace

Result<ThreadStatus> thread_status(pid_t thread) {
  std::string text = TRY(read_of_thread(thread, "stat"));
  // The name before it may hold anything (man 5 proc_pid_stat).
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return Errno(EIO);
  ThreadStatus status;
  unsigned long user = 0, system = 0, minor = 0, major = 0;
  // Fields 3 to 39.
  const int found = std::sscanf(
      text.c_str() + name_end + 2,
      "%c %*d %*d %*d %*d %*d %*u %lu %*u %lu %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %*d "
      "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d",
      &status.state, &minor, &major, &user, &system, &status.processor);
  if (found != 6) return Errno(EIO);
  static const int64_t kTick = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  status.user_ns = static_cast<int64_t>(user) * kTick;
  status.system_ns = static_cast<int64_t>(system) * kTick;
  status.minor_faults = static_cast<int64_t>(minor);
  status.major_faults = static_cast<int64_t>(major);
  return status;
}

Result<ThreadSwitches> thread_switches(pid_t thread) {
  std::string text = TRY(read_of_thread(thread, "status"));
  return ThreadSwitches{number_after(text, "\nvoluntary_ctxt_switches:"),
                        number_after(text, "\nnonvoluntary_ctxt_switches:")};
}

int64_t thread_user_time_ns(pid_t thread) { return thread_status(thread).value_or({}).user_ns; }

void take_default_action(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal);
}

Result<> memory_barrier() {
  static const bool registered =
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  const int command = registered ? MEMBARRIER_CMD_PRIVATE_EXPEDITED : MEMBARRIER_CMD_GLOBAL;
  if (::syscall(SYS_membarrier, command, 0, 0) != 0) return Errno::last();
  return {};
}

}  // namespace rawposix::host
