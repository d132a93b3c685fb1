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

// Whether open files of it behave as files do. Those of hugetlbfs don't when they are mapped: Linux
// rounds addresses and sizes to huge pages, past what was asked for.
bool is_ordinary_storage(const struct statfs& file_system);

// Whether a file, or a stream that is one, may be mapped. Drivers make of mappings what they like,
// so only those devices may whose driver is known.
bool is_mappable(mode_t kind, dev_t number);

// Device nodes that may be opened: null, zero, full, random, urandom, tty.
bool is_harmless_device(mode_t kind, dev_t number);

}  // namespace rawposix::fs
