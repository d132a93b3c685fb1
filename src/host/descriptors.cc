// SPDX-License-Identifier: Apache-2.0
#include "host/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "host/file.h"

namespace rawposix::host {
namespace {

// What every world gets even if others take all they can: enough for a program with a few files.
constexpr uint64_t kSmallShare = 32;
// Where the limit is no limit: each open file takes a kilobyte or two of the kernel's memory.
constexpr uint64_t kMost = 262'144;

rlimit limit_now() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit = {1024, 1024};
  return limit;
}

}  // namespace

rlimit original_descriptor_limit() {
  static const rlimit kOriginal = limit_now();
  return kOriginal;
}

Result<> prepare_descriptors() {
  rlimit limit = original_descriptor_limit();
  if (std::exchange(limit.rlim_cur, limit.rlim_max) != limit.rlim_max) {
    // Not allowed for some reason: then there are fewer.
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
  }
  return open_own_descriptors();
}

Budget& descriptor_budget() {
  static Budget budget(std::min<uint64_t>(limit_now().rlim_cur / 4 * 3, kMost), kSmallShare);
  return budget;
}

}  // namespace rawposix::host
