// SPDX-License-Identifier: Apache-2.0
#include "proc/access.h"

#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>

namespace rawposix::proc {
namespace {

bool same_user(const cage::Credentials& viewer, const cage::Credentials& other) {
  const uint32_t user = viewer.user.file_system;
  const uint32_t group = viewer.group.file_system;
  return user == other.user.real && user == other.user.effective && user == other.user.saved &&
         group == other.group.real && group == other.group.effective && group == other.group.saved;
}

}  // namespace

Result<> check_mode(const cage::Credentials& who, AsWhom as, const Owner& owner, mode_t mode,
                    int wanted) {
  const bool real = as == AsWhom::kReal;
  const uint32_t user = real ? who.user.real : who.user.file_system;
  const uint32_t group = real ? who.group.real : who.group.file_system;
  mode_t granted = mode;
  if (user == owner.user) {
    granted >>= 6;
  } else if (group == owner.group ||
             std::find(who.groups.begin(), who.groups.end(), owner.group) != who.groups.end()) {
    granted >>= 3;
  }
  if ((static_cast<mode_t>(wanted) & ~granted & 7) == 0) return {};
  // access(2) asks with the capabilities that the real user would have.
  const uint64_t sets =
      real ? (user == 0 ? who.capabilities.permitted : 0) : who.capabilities.effective;
  auto can = [sets](int capability) { return (sets >> capability & 1) != 0; };
  const bool executable = S_ISDIR(mode) || (mode & 0111) != 0;
  if (can(CAP_DAC_OVERRIDE) && ((wanted & X_OK) == 0 || executable)) return {};
  const bool only_reads = (wanted & W_OK) == 0 && ((wanted & X_OK) == 0 || S_ISDIR(mode));
  if (can(CAP_DAC_READ_SEARCH) && only_reads) return {};
  return Errno(EACCES);
}

bool may_inspect(const cage::Task* viewer, const Process& process) {
  if (viewer == nullptr) return false;
  if (&viewer->cage() == process.cage.get()) return true;
  const cage::Credentials& mine = viewer->credentials();
  if (mine.can(CAP_SYS_PTRACE)) return true;
  const cage::Credentials other = process.credentials();
  if (!same_user(mine, other) || !process.cage->dumpable) return false;
  return (other.capabilities.permitted & ~mine.capabilities.effective) == 0;
}

}  // namespace rawposix::proc
