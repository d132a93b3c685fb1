// SPDX-License-Identifier: Apache-2.0
// Which files of the host a cage may touch at all, wherever in a bind they turn up. By type, never
// by name: a name can be renamed, linked and mounted over.
#pragma once

#include <sys/stat.h>
#include <sys/statfs.h>

namespace rawposix::fs {

// Whether a file system holds files and nothing else. Those that are windows into the kernel or
// into other processes (proc, sysfs, debugfs, tracefs, securityfs, cgroup, bpf, configfs, devpts,
// efivarfs, nsfs, ...) are not named: everything is refused that neither lives on a block device
// (its device number has a major) nor is known as a file system without one.
bool is_file_storage(const struct statfs& file_system, dev_t device);

// Device nodes that may be opened: null, zero, full, random, urandom, tty.
bool is_harmless_device(mode_t kind, dev_t number);

}  // namespace rawposix::fs
