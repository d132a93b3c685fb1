// SPDX-License-Identifier: Apache-2.0
#include "loader/load_error.h"

namespace rawposix::loader {
namespace {

constexpr const char kHowToBuild[] = "; compile it with x86_64-cage-linux-musl-gcc";

std::string text_of(LoadFault fault) {
  switch (fault) {
    case LoadFault::kUnreadable:
      return "can't be read";
    case LoadFault::kNotElf:
      return "not an ELF file";
    case LoadFault::kTruncated:
      return "truncated ELF file";
    case LoadFault::kWrongMachine:
      return "not a 64-bit x86-64 program";
    case LoadFault::kDynamic:
      return std::string("dynamically linked") + kHowToBuild;
    case LoadFault::kPositionIndependent:
      return std::string("position-independent program or shared library") + kHowToBuild;
    case LoadFault::kNotExecutable:
      return "not an executable (object file or core dump)";
    case LoadFault::kNotForCages:
      return std::string("not built for cages") + kHowToBuild + ", with its start files";
    case LoadFault::kWrongVersion:
      return std::string("built for another version of the cage interface") + kHowToBuild;
    case LoadFault::kBadHeaders:
      return "malformed ELF headers";
    case LoadFault::kSegmentOutOfRange:
      return "a segment lies outside of where images may be";
    case LoadFault::kTooLarge:
      return "too large";
    case LoadFault::kSegmentsOverlap:
      return "segments overlap";
    case LoadFault::kWritableCode:
      return "a segment is both writable and executable";
    case LoadFault::kCodeSegments:
      return "there must be one executable segment, of whole pages";
    case LoadFault::kBadEntry:
      return "the entry point is not an instruction of the program";
    case LoadFault::kRefused:
      return "refused by the verifier";
    case LoadFault::kNoMemory:
      return "not enough memory";
  }
  return "can't be loaded";
}

}  // namespace

std::string LoadError::message() const {
  std::string text = text_of(fault_);
  if (!detail_.empty()) text += ": " + detail_;
  if (cause_ != Errno(0)) text += std::string(": ") + cause_.message();
  return text;
}

Errno LoadError::number() const { return cause_ != Errno(0) ? cause_ : Errno(ENOEXEC); }

}  // namespace rawposix::loader
