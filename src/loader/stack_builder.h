// SPDX-License-Identifier: Apache-2.0
// The initial stack of a program: argument and environment strings, the auxiliary vector and the
// pointers to them, laid out as Linux does for x86-64 (fs/exec.c, fs/binfmt_elf.c).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mm/address_space.h"
#include "support/result.h"

namespace rawposix::loader {

struct StartInfo {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string path;  // as it was given: AT_EXECFN
  uint32_t uid = 0, euid = 0, gid = 0, egid = 0;
  std::array<std::byte, 16> random{};  // AT_RANDOM
  uint64_t stack_limit = 8 * 1024 * 1024;
};

// What the auxiliary vector tells of the image.
struct ImageInfo {
  uint64_t entry = 0;
  uint64_t headers_address = 0;
  uint64_t header_count = 0;

  friend bool operator==(const ImageInfo&, const ImageInfo&) = default;
};

struct InitialStack {
  uint64_t pointer = 0;          // %rsp at the entry point, a multiple of 16
  std::vector<std::byte> bytes;  // from there to kStackTop
  // Where the strings lie, and the auxiliary vector once more.
  mm::ProgramLayout::Range arguments;
  mm::ProgramLayout::Range environment;
  std::vector<uint64_t> auxiliary;
};

// E2BIG as execve(2): a string of more than 128 KiB, or more in all than a quarter of the stack
// limit (at least 128 KiB, at most 6 MiB).
Result<InitialStack> build_stack(const StartInfo& start, const ImageInfo& image);

}  // namespace rawposix::loader
