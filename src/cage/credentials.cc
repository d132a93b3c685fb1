// SPDX-License-Identifier: Apache-2.0
#include "cage/credentials.h"

#include <linux/capability.h>
#include <unistd.h>

#include <initializer_list>

namespace rawposix::cage {
namespace {

constexpr uint64_t bits(std::initializer_list<int> capabilities) {
  uint64_t set = 0;
  for (int capability : capabilities) set |= uint64_t{1} << capability;
  return set;
}

// What decides about access to files (include/linux/capability.h, CAP_FS_SET).
constexpr uint64_t kFileCapabilities =
    bits({CAP_CHOWN, CAP_MKNOD, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID,
          CAP_MAC_OVERRIDE, CAP_LINUX_IMMUTABLE});

}  // namespace

Result<> Ids::set(uint32_t id, bool privileged) {
  if (id == kUnchanged) return Errno(EINVAL);
  if (privileged) {
    real = saved = id;
  } else if (id != real && id != saved) {
    return Errno(EPERM);
  }
  effective = file_system = id;
  return {};
}

Result<> Ids::set_real_effective(uint32_t new_real, uint32_t new_effective, bool privileged) {
  const Ids before = *this;
  if (new_real != kUnchanged && new_real != before.real && new_real != before.effective &&
      !privileged) {
    return Errno(EPERM);
  }
  if (new_effective != kUnchanged && !before.is_one_of(new_effective) && !privileged) {
    return Errno(EPERM);
  }
  if (new_real != kUnchanged) real = new_real;
  if (new_effective != kUnchanged) effective = new_effective;
  if (new_real != kUnchanged || (new_effective != kUnchanged && new_effective != before.real)) {
    saved = effective;
  }
  file_system = effective;
  return {};
}

Result<> Ids::set_all(uint32_t new_real, uint32_t new_effective, uint32_t new_saved,
                      bool privileged) {
  for (uint32_t id : {new_real, new_effective, new_saved}) {
    if (id != kUnchanged && !is_one_of(id) && !privileged) return Errno(EPERM);
  }
  if (new_real != kUnchanged) real = new_real;
  if (new_effective != kUnchanged) effective = new_effective;
  if (new_saved != kUnchanged) saved = new_saved;
  file_system = effective;
  return {};
}

uint32_t Ids::set_file_system(uint32_t id, bool privileged) {
  const uint32_t before = file_system;
  const bool allowed = is_one_of(id) || id == file_system || privileged;
  if (id != kUnchanged && allowed) file_system = id;
  return before;
}

Credentials Credentials::of_user(uid_t user, gid_t group) {
  Credentials own;
  own.user = {user, user, user, user};
  own.group = {group, group, group, group};
  if (user == 0) own.capabilities = {Capabilities::kAll, Capabilities::kAll, 0};
  return own;
}

Credentials Credentials::of_host() {
  Credentials own;
  const uid_t user = geteuid();
  const gid_t group = getegid();
  own.user = {getuid(), user, user, user};
  own.group = {getgid(), group, group, group};
  const int count = getgroups(0, nullptr);
  if (count > 0) {
    own.groups.resize(static_cast<size_t>(count));
    const int got = getgroups(count, own.groups.data());
    own.groups.resize(got > 0 ? static_cast<size_t>(got) : 0);
  }
  if (own.user.effective == 0) own.capabilities = {Capabilities::kAll, Capabilities::kAll, 0};
  return own;
}

void Credentials::adjust_capabilities(const Ids& before) {
  if (before.is_one_of(0) && !user.is_one_of(0) && !keeps_capabilities) {
    capabilities.permitted = capabilities.effective = 0;
  }
  if (before.effective == 0 && user.effective != 0) capabilities.effective = 0;
  if (before.effective != 0 && user.effective == 0) {
    capabilities.effective = capabilities.permitted;
  }
}

void Credentials::adjust_file_capabilities(uint32_t before) {
  if (before == 0 && user.file_system != 0) capabilities.effective &= ~kFileCapabilities;
  if (before != 0 && user.file_system == 0) {
    capabilities.effective |= capabilities.permitted & kFileCapabilities;
  }
}

Result<> Credentials::set_capabilities(const Capabilities& wanted) {
  const auto within = [](uint64_t some, uint64_t all) { return (some & ~all) == 0; };
  const uint64_t bounding = can(CAP_SETPCAP) ? Capabilities::kAll : 0;
  if (!within(wanted.inheritable, capabilities.inheritable | capabilities.permitted | bounding) ||
      !within(wanted.permitted, capabilities.permitted) ||
      !within(wanted.effective, wanted.permitted)) {
    return Errno(EPERM);
  }
  capabilities = wanted;
  return {};
}

void Credentials::execute() {
  user.saved = user.file_system = user.effective;
  group.saved = group.file_system = group.effective;
  keeps_capabilities = false;
  const bool root = user.real == 0 || user.effective == 0;
  capabilities.permitted = root ? Capabilities::kAll : 0;
  capabilities.effective = user.effective == 0 ? Capabilities::kAll : 0;
}

}  // namespace rawposix::cage
