// SPDX-License-Identifier: Apache-2.0
#include "host/thread.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string>
#include <string_view>

#include "support/unique_fd.h"

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

int64_t thread_user_time_ns(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text;
  const ssize_t length = file.valid() ? ::read(file.get(), text.data(), text.size()) : -1;
  if (length <= 0) return 0;
  // man 5 proc: field 14, in ticks. The second is a name in parentheses that may hold anything.
  std::string_view left(text.data(), static_cast<size_t>(length));
  left.remove_prefix(std::min(left.rfind(')') + 1, left.size()));
  for (int field = 2; field < 14 && !left.empty(); field++) {
    left.remove_prefix(std::min(left.find(' ') + 1, left.size()));
  }
  int64_t ticks = 0;
  std::from_chars(left.data(), left.data() + left.size(), ticks);
  return ticks * (1'000'000'000 / sysconf(_SC_CLK_TCK));
}

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
