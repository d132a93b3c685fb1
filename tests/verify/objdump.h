// SPDX-License-Identifier: Apache-2.0
// A second opinion: the disassembly of GNU binutils.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rawposix::verify {

struct Line {
  uint32_t address = 0;
  std::vector<uint8_t> bytes;
  std::string prefixes;  // words before the mnemonic, such as "lock" or "rex.W"
  std::string mnemonic;
  std::vector<std::string> operands;  // AT&T order
  std::string text;
};

std::vector<Line> disassemble(std::span<const uint8_t> code, uint32_t address);

// The bad news about an instruction that was accepted by itself, told from objdump's text alone;
// empty if there is none. Written apart from the verifier's tables, to catch mistakes in those.
std::string objection(const Line& line);

}  // namespace rawposix::verify
