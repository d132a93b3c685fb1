// SPDX-License-Identifier: Apache-2.0
// Lets perf name guest functions: the file /tmp/perf-PID.map, which perf consults for code that
// belongs to no file (Linux, tools/perf/Documentation/jit-interface.txt), lists them at the
// addresses they have in this process. It must outlive the process: perf reads it when it reports.
//
// Thread-safe.
#pragma once

#include <string>

#include "cage/cage.h"
#include "loader/elf_file.h"
#include "support/mutex.h"
#include "support/result.h"
#include "support/unique_fd.h"

namespace rawposix::debug {

class PerfMap {
 public:
  PerfMap();
  // For tests.
  explicit PerfMap(std::string path) : path_(std::move(path)) {}

  // Adds the functions of the cage's program, which `file` is, and shows its text in pages that
  // belong to no file. The program is loaded and does not run yet.
  Result<> add(cage::Cage& cage, loader::ByteSource& file) EXCLUDES(mutex_);

 private:
  Result<> append(const std::string& lines) EXCLUDES(mutex_);

  const std::string path_;
  Mutex mutex_{LockRank::kLog};
  UniqueFd output_ GUARDED_BY(mutex_);
};

}  // namespace rawposix::debug
