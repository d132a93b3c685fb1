// SPDX-License-Identifier: Apache-2.0
// Numbers and bytes as the remote serial protocol writes them (GDB manual, appendix E). Reading is
// bounded: a reader never looks beyond its text, and remembers that something did not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rawposix::debug {

std::string to_hex(std::span<const std::byte> bytes);
std::string to_hex(std::string_view text);
// Without leading zeroes.
std::string to_hex(uint64_t number);

// Reads one packet's arguments from left to right. After the first thing that is not as expected,
// everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Whether all was read and as expected.
  bool finished() const { return good_ && rest_.empty(); }
  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  // One to sixteen hexadecimal digits.
  uint64_t number();
  // Skips `text`, which must come next.
  void expect(std::string_view text);
  // Skips `text` if it comes next.
  bool accept(std::string_view text);
  // Two digits for each byte, up to the end.
  std::vector<std::byte> bytes();
  // As bytes(), but exactly `to.size()` of them, and there may be more behind.
  bool bytes(std::span<std::byte> to);
  // Bytes as they are, with '}' as the escape, up to the end.
  std::vector<std::byte> binary();

 private:
  uint64_t fail() {
    good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

// Escapes what can't stand in a packet.
std::string escape_binary(std::string_view bytes);

}  // namespace rawposix::debug
