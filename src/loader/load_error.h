// SPDX-License-Identifier: Apache-2.0
// Why a file can't be run in a cage, for people (message()) and for execve(2) (number()).
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "support/result.h"

namespace rawposix::loader {

enum class LoadFault : uint8_t {
  kUnreadable,  // the host's read failed
  kNotElf,
  kTruncated,     // headers or segments beyond the end of the file
  kWrongMachine,  // not 64-bit x86-64 Linux
  kDynamic,       // asks for an interpreter
  kPositionIndependent,
  kNotExecutable,  // an object file or a core dump
  kNotForCages,    // no note of ours
  kWrongVersion,
  kBadHeaders,  // counts and sizes that no linker writes
  kSegmentOutOfRange,
  kTooLarge,
  kSegmentsOverlap,
  kWritableCode,
  kCodeSegments,  // none, several, or not of whole pages
  kBadEntry,
  kRefused,  // by the verifier
  kNoMemory,
};

class LoadError {
 public:
  explicit LoadError(LoadFault fault, std::string detail = {}, Errno cause = Errno(0))
      : fault_(fault), cause_(cause), detail_(std::move(detail)) {}

  LoadFault fault() const { return fault_; }
  // The numbers in question, the verifier's report; may be empty.
  const std::string& detail() const { return detail_; }
  // One sentence without the file's name.
  std::string message() const;
  // What execve(2) gives: ENOEXEC unless the host has a reason of its own.
  Errno number() const;

 private:
  LoadFault fault_;
  Errno cause_;
  std::string detail_;
};

template <class T = void>
using LoadResult = Result<T, LoadError>;

}  // namespace rawposix::loader
