// SPDX-License-Identifier: Apache-2.0
// Finds a program by the name that a user gives and loads it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cage/cage.h"
#include "fs/fs_view.h"
#include "loader/image_cache.h"
#include "rawposix/rawposix.h"
#include "support/result.h"
#include "support/unique_fd.h"

namespace rawposix::api {

struct Program {
  std::shared_ptr<const loader::Image> image;
  cage::Executable executable;         // what /proc/PID/exe shows
  std::vector<std::string> arguments;  // of a script: its interpreter's
};

// A name without '/' is looked for in the PATH of `environment` in the cage; a path first in the
// cage, then on the host. `keep_file`, unless null, becomes a descriptor of the file.
Result<Program, Error> load_program(const std::string& name, std::vector<std::string> arguments,
                                    const std::vector<std::string>& environment, fs::FsView& view,
                                    loader::ImageCache& images, UniqueFd* keep_file = nullptr);

}  // namespace rawposix::api
