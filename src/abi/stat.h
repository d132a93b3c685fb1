// SPDX-License-Identifier: Apache-2.0
// Attributes of files and file systems. glibc's structures for x86-64 are the kernel's.
#pragma once

#include <sys/stat.h>
#include <sys/statfs.h>

namespace rawposix::abi {

using Stat = struct ::stat;
using Statx = struct ::statx;
using Statfs = struct ::statfs;

}  // namespace rawposix::abi
