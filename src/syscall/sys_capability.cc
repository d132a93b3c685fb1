// SPDX-License-Identifier: Apache-2.0
// capget(2), capset(2)
#include <linux/capability.h>

#include <array>

#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

using cage::Capabilities;

struct Header {
  uint32_t version;
  int32_t pid;
};

// The lower and upper halves of the three sets, as struct __user_cap_data_struct has them.
struct Half {
  uint32_t effective;
  uint32_t permitted;
  uint32_t inheritable;
};
using Halves = std::array<Half, 2>;

Half half_of(const Capabilities& sets, unsigned shift) {
  return {static_cast<uint32_t>(sets.effective >> shift),
          static_cast<uint32_t>(sets.permitted >> shift),
          static_cast<uint32_t>(sets.inheritable >> shift)};
}

uint64_t joined(uint32_t low, uint32_t high) {
  return (uint64_t{high} << 32 | low) & Capabilities::kAll;
}

// How many halves a caller of this version knows. EINVAL, after telling which version there is.
Result<size_t> halves_of(Task& task, GuestAddr header, uint32_t version) {
  switch (version) {
    case _LINUX_CAPABILITY_VERSION_1:
      return size_t{1};
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
      return size_t{2};
    default:
      TRY(task.memory().write(UserOut<uint32_t>(header), uint32_t{_LINUX_CAPABILITY_VERSION_3}));
      return Errno(EINVAL);
  }
}

}  // namespace

Result<> sys_capget(Task& task, GuestAddr header, GuestAddr data) {
  const Header wanted = TRY(task.memory().read(UserIn<Header>(header)));
  Result<size_t> halves = halves_of(task, header, wanted.version);
  // Without data it is the question for the version.
  if (data.value == 0 && (halves.ok() || halves.error() == Errno(EINVAL))) return {};
  if (!halves.ok()) return halves.error();
  if (wanted.pid < 0) return Errno(EINVAL);
  Capabilities sets = task.credentials().capabilities;
  if (wanted.pid != 0 && wanted.pid != task.tid()) {
    sets = TRY(task.world().tree().find_bearer(wanted.pid)).credentials().capabilities;
  }
  const Halves reply = {half_of(sets, 0), half_of(sets, 32)};
  return task.memory().copy_out(data, reply.data(), halves.value() * sizeof(Half));
}

Result<> sys_capset(Task& task, GuestAddr header, GuestAddr data) {
  const Header wanted = TRY(task.memory().read(UserIn<Header>(header)));
  const size_t halves = TRY(halves_of(task, header, wanted.version));
  if (wanted.pid != 0 && wanted.pid != task.tid()) return Errno(EPERM);
  Halves sets{};
  TRY(task.memory().copy_in(sets.data(), data, halves * sizeof(Half)));
  cage::Credentials fresh = task.credentials();
  TRY(fresh.set_capabilities({joined(sets[0].effective, sets[1].effective),
                              joined(sets[0].permitted, sets[1].permitted),
                              joined(sets[0].inheritable, sets[1].inheritable)}));
  task.set_credentials(std::move(fresh));
  return {};
}

}  // namespace rawposix::syscall
