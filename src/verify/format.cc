// SPDX-License-Identifier: Apache-2.0
#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include "verify/decoder.h"
#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (uint8_t byte : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    if (!text.empty()) text += ' ';
    text += digits;
  }
  return text;
}

std::string disassemble(const Violation& violation) {
  std::array<uint8_t, kWindow> window = {};
  std::copy_n(violation.bytes.begin(), violation.length, window.begin());
  Decoded decoded;
  Decoder decoder;
  if (decoder.decode(window.data(), decoded) != Rule::kNone ||
      decoded.instruction.length > violation.length) {
    return "(bad)";
  }
  ZydisFormatter formatter;
  char text[128];
  ZyanStatus status = ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT);
  if (ZYAN_SUCCESS(status)) {
    status =
        ZydisFormatterFormatInstruction(&formatter, &decoded.instruction, decoded.storage.data(),
                                        decoded.instruction.operand_count_visible, text,
                                        sizeof(text), violation.address, ZYAN_NULL);
  }
  return ZYAN_SUCCESS(status) ? text : "(bad)";
}

}  // namespace

std::string format(const Violation& violation) {
  char address[16];
  std::snprintf(address, sizeof(address), "%08x", violation.address);
  std::string text = address;
  text += ": ";
  if (violation.length != 0) {
    text += hex({violation.bytes.data(), violation.length});
    text += "  ";
    text += disassemble(violation);
    text += "  ";
  }
  text += '[';
  text += rule_name(violation.rule);
  text += "] ";
  text += rule_explanation(violation.rule);
  return text;
}

}  // namespace rawposix::verify
