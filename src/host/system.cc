// SPDX-License-Identifier: Apache-2.0
#include "host/system.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "host/file.h"
#include "support/unique_fd.h"

namespace rawposix::host {

utsname kernel_name() {
  utsname name{};
  uname(&name);
  return name;
}

// The C library's structure may be longer than the kernel's.
abi::Sysinfo system_information() {
  abi::Sysinfo information{};
  ::syscall(SYS_sysinfo, &information);
  return information;
}

int nice_value() { return ::getpriority(PRIO_PROCESS, 0); }

Result<rlimit> resource_limit(unsigned resource) {
  rlimit limit{};
  if (::syscall(SYS_prlimit64, 0, resource, nullptr, &limit) != 0) return Errno::last();
  return limit;
}

Result<int64_t> random_bytes(iovec range, unsigned flags) {
  ssize_t count = getrandom(range.iov_base, range.iov_len, flags);
  if (count < 0) return Errno::last();
  return count;
}

Result<CpuAndNode> current_cpu() {
  CpuAndNode here{};
  if (::syscall(SYS_getcpu, &here.cpu, &here.node, nullptr) != 0) return Errno::last();
  return here;
}

namespace {

struct Processors {
  std::array<std::byte, 1024> bits{};
  size_t size = 0;
};

const Processors& processors_of_process() {
  static const Processors all = [] {
    Processors found;
    found.size = usable_processors(getpid(), found.bits).value_or(0);
    return found;
  }();
  return all;
}

}  // namespace

Result<size_t> usable_processors(pid_t thread, std::span<std::byte> bits) {
  // The C library's function doesn't tell how much the kernel has written.
  const long size = ::syscall(SYS_sched_getaffinity, thread, bits.size(), bits.data());
  if (size < 0) return Errno::last();
  return static_cast<size_t>(size);
}

Result<> set_usable_processors(pid_t thread, std::span<const std::byte> bits) {
  processors_of_process();
  if (::syscall(SYS_sched_setaffinity, thread, bits.size(), bits.data()) != 0) return Errno::last();
  return {};
}

void reset_usable_processors(pid_t thread) {
  const Processors& all = processors_of_process();
  ::syscall(SYS_sched_setaffinity, thread, all.size, all.bits.data());
}

Result<timespec> time_slice() {
  timespec slice{};
  if (sched_rr_get_interval(0, &slice) != 0) return Errno::last();
  return slice;
}

Result<std::string> machine_text(const char* name) {
  const std::string path = std::string("/proc/") + name;
  const UniqueFd file = TRY(open_outside(path.c_str(), O_RDONLY));
  std::string text;
  while (true) {
    constexpr size_t kPart = 16 * 1024;
    const size_t before = text.size();
    text.resize(before + kPart);
    const ssize_t size = ::read(file.get(), text.data() + before, kPart);
    if (size < 0) return Errno::last();
    text.resize(before + static_cast<size_t>(size));
    if (size == 0) return text;
  }
}

}  // namespace rawposix::host
