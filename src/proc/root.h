// SPDX-License-Identifier: Apache-2.0
// The root of /proc, for a world's file tree (fs/namespace_builder.h).
#pragma once

#include "proc/node.h"

namespace rawposix::proc {

// The world outlives the tree.
fs::NodeRef make_root(const fs::Mount& mount, cage::World& world);

// For files that say the same to everybody.
Result<Opener> admit_anybody(const fs::Caller& caller);

// Inode numbers: those below are of the root's own files, above come settings, processes and
// descriptors.
constexpr uint64_t kSettingInodes = uint64_t{1} << 16;
constexpr uint64_t kProcessInodes = uint64_t{1} << 40;
constexpr uint64_t kDescriptorInodes = uint64_t{1} << 62;

}  // namespace rawposix::proc
