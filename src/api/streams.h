// SPDX-License-Identifier: Apache-2.0
// A cage's standard streams.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/fd_table.h"
#include "fs/mount.h"
#include "rawposix/rawposix.h"

namespace rawposix::api {

// Opens what the options say as descriptors 0, 1 and 2 of `fds`. An inherited descriptor that is
// closed in this process is closed in the cage.
class Streams {
 public:
  // Descriptors of this process that the options hand over.
  static std::vector<int> host_descriptors(const CageOptions& options);
  Result<void, Error> open(const CageOptions& options, fs::Namespace& space, fs::FdTable& fds);

  // What was written to a captured stream.
  std::string output() const { return content(output_); }
  std::string error() const { return content(error_); }

 private:
  using Captured = std::shared_ptr<fs::MemFile>;
  static std::string content(const Captured& file);

  Captured output_;
  Captured error_;
};

}  // namespace rawposix::api
