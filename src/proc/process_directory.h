// SPDX-License-Identifier: Apache-2.0
// /proc/PID and /proc/PID/task/TID.
#pragma once

#include <string>

#include "proc/node.h"
#include "proc/process.h"

namespace rawposix::proc {

Result<fs::NodeRef> make_process_directory(const fs::Mount& mount, fs::NodeRef parent,
                                           ProcessHandle process, std::string path);
uint64_t process_inode(pid_t pid);

// A decimal number without anything else: ENOENT.
Result<int> number_in_name(std::string_view name);

// The owner of what is in a process's directory (fs/proc/base.c, task_dump_owner()).
enum class OwnerOf : uint8_t { kDirectory, kContent };
Owner owner_of(const Process& process, OwnerOf what);

}  // namespace rawposix::proc
