// SPDX-License-Identifier: Apache-2.0
// uname(2), sethostname(2), personality(2), sysinfo(2), getrandom(2), getcpu(2)
#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "host/system.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

constexpr int32_t kLongestName = sizeof(utsname::nodename) - 1;  // __NEW_UTS_LEN

template <size_t kSize>
void put(char (&field)[kSize], std::string_view text) {
  std::memset(field, 0, kSize);
  std::memcpy(field, text.data(), std::min(text.size(), kSize - 1));
}

// sethostname(2): for the administrator of the world.
Result<std::string> read_name(Task& task, GuestAddr from, int32_t size) {
  if (!task.credentials().can(CAP_SYS_ADMIN)) return Errno(EPERM);
  if (size < 0 || size > kLongestName) return Errno(EINVAL);
  std::string name(static_cast<size_t>(size), '\0');
  TRY(task.memory().copy_in(name.data(), from, name.size()));
  return name;
}

}  // namespace

Result<> sys_sethostname(Task& task, GuestAddr name, int32_t size) {
  task.world().set_hostname(TRY(read_name(task, name, size)));
  return {};
}

Result<> sys_setdomainname(Task& task, GuestAddr name, int32_t size) {
  task.world().set_domainname(TRY(read_name(task, name, size)));
  return {};
}

Result<int64_t> sys_personality(Task& task, uint32_t persona) {
  constexpr uint32_t kAsk = 0xffffffff;
  // What concerns the layout of memory is accepted and has no effect; nothing else is emulated.
  constexpr uint32_t kKnown = ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT;
  std::atomic<uint32_t>& own = task.cage().personality;
  if (persona == kAsk) return int64_t{own};
  if ((persona & ~kKnown) != 0) return Errno(EINVAL);
  return int64_t{own.exchange(persona)};
}

Result<> sys_uname(Task& task, UserOut<utsname> name) {
  utsname reply{};
  utsname host = host::kernel_name();
  put(reply.sysname, "Linux");
  put(reply.nodename, task.cage().world().hostname());
  put(reply.release, host.release);
  put(reply.version, "RawPOSIX");
  put(reply.machine, "x86_64");
  put(reply.domainname, task.cage().world().domainname());
  return task.memory().write(name, reply);
}

Result<> sys_sysinfo(Task& task, UserOut<abi::Sysinfo> info) {
  abi::Sysinfo all = host::system_information();
  const cage::ProcessTree::Counts counts = task.world().tree().counts();
  all.processes = static_cast<uint16_t>(std::min<size_t>(counts.threads(), UINT16_MAX));
  return task.memory().write(info, all);
}

Result<int64_t> sys_getrandom(Task& task, GuestAddr buffer, uint64_t size, uint32_t flags) {
  // As random(4): what the host gives, straight into the guest's memory.
  constexpr uint32_t kFlags = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE;
  if ((flags & ~kFlags) != 0) return Errno(EINVAL);
  if ((flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM)) {
    return Errno(EINVAL);
  }
  iovec range = TRY(task.memory().host_range(buffer, std::min<uint64_t>(size, INT32_MAX)));
  return host::random_bytes(range, flags);
}

Result<> sys_getcpu(Task& task, UserOut<uint32_t> cpu, UserOut<uint32_t> node) {
  host::CpuAndNode here = TRY(host::current_cpu());
  TRY(task.memory().write_if(cpu, here.cpu));
  return task.memory().write_if(node, here.node);
}

}  // namespace rawposix::syscall
