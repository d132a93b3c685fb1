// SPDX-License-Identifier: Apache-2.0
#include "debug/hex.h"

namespace rawposix::debug {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr char kEscape = '}';
constexpr char kEscapeMask = 0x20;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::byte byte : bytes) {
    unsigned value = std::to_integer<unsigned>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

std::string to_hex(std::string_view text) { return to_hex(std::as_bytes(std::span(text))); }

std::string to_hex(uint64_t number) {
  std::string text;
  int shift = 60;
  while (shift > 0 && (number >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text += kDigits[(number >> shift) & 15];
  return text;
}

uint64_t Reader::number() {
  uint64_t value = 0;
  size_t count = 0;
  while (count < rest_.size() && digit(rest_[count]) >= 0) {
    if (count == 16) return fail();
    value = value << 4 | static_cast<uint64_t>(digit(rest_[count]));
    count++;
  }
  if (count == 0) return fail();
  rest_.remove_prefix(count);
  return value;
}

void Reader::expect(std::string_view text) {
  if (!accept(text)) fail();
}

bool Reader::accept(std::string_view text) {
  if (!good_ || !rest_.starts_with(text)) return false;
  rest_.remove_prefix(text.size());
  return true;
}

bool Reader::bytes(std::span<std::byte> to) {
  if (rest_.size() / 2 < to.size()) return fail() != 0;
  for (std::byte& byte : to) {
    int high = digit(rest_[0]);
    int low = digit(rest_[1]);
    if (high < 0 || low < 0) return fail() != 0;
    byte = static_cast<std::byte>(high << 4 | low);
    rest_.remove_prefix(2);
  }
  return good_;
}

std::vector<std::byte> Reader::bytes() {
  std::vector<std::byte> result(rest_.size() / 2);
  if (rest_.size() % 2 != 0) fail();
  if (!good_ || !bytes(result)) result.clear();
  return result;
}

std::vector<std::byte> Reader::binary() {
  std::vector<std::byte> result;
  while (!rest_.empty()) {
    char c = rest_[0];
    rest_.remove_prefix(1);
    if (c == kEscape) {
      if (rest_.empty()) {
        fail();
        return {};
      }
      c = static_cast<char>(rest_[0] ^ kEscapeMask);
      rest_.remove_prefix(1);
    }
    result.push_back(static_cast<std::byte>(c));
  }
  return result;
}

std::string escape_binary(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    if (c == '#' || c == '$' || c == kEscape || c == '*') {
      text += kEscape;
      c = static_cast<char>(c ^ kEscapeMask);
    }
    text += c;
  }
  return text;
}

}  // namespace rawposix::debug
