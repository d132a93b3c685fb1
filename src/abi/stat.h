// SPDX-License-Identifier: Apache-2.0
// Attributes of files and file systems. The C libraries' structures for x86-64 are the kernel's.
#pragma once

#include <sys/stat.h>
// statx: after <sys/stat.h>, some of whose macros it would define.
#include <linux/stat.h>
#include <sys/statfs.h>

namespace rawposix::abi {

using Stat = struct ::stat;
using Statx = struct ::statx;
using Statfs = struct ::statfs;

}  // namespace rawposix::abi
