// SPDX-License-Identifier: Apache-2.0
// For unit tests: instructions given as bytes.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>

#include "verify/decoder.h"
#include "verify/header.h"

namespace rawposix::verify {

using Window = std::array<uint8_t, kWindow>;

inline Window window_of(std::initializer_list<uint8_t> bytes) {
  Window window = {};
  std::copy(bytes.begin(), bytes.end(), window.begin());
  return window;
}

// Header and full decoding of one instruction that both understand.
struct TestInstruction {
  explicit TestInstruction(std::initializer_list<uint8_t> bytes) : window(window_of(bytes)) {
    header_rule = parse_header(window.data(), header);
    decode_rule = decoder.decode(window.data(), decoded);
  }

  Decoder decoder;
  Window window;
  Header header;
  Decoded decoded;
  Rule header_rule;
  Rule decode_rule;
};

}  // namespace rawposix::verify
