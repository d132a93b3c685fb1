// SPDX-License-Identifier: Apache-2.0
// execve(2).
#pragma once

#include <string>
#include <vector>

#include "cage/task.h"
#include "fs/tree.h"

namespace rawposix::cage {

struct ExecRequest {
  fs::FdNum directory{AT_FDCWD};
  std::string path;
  int flags = 0;  // AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

// On success the task's registers are those of the new program's start. An error leaves the cage
// as it was, but for kRestart: then another task of the cage got ahead.
Result<> exec(Task& task, ExecRequest request);

// A file to execute: resolved in the cage, regular, and executable by it.
struct OpenProgram {
  fs::NodeRef node;
  fs::FileRef file;
};
Result<OpenProgram> open_program(Task& task, fs::FdNum directory, const std::string& path,
                                 int flags);

}  // namespace rawposix::cage
