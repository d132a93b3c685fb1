// SPDX-License-Identifier: Apache-2.0
// x86-64's registers by kind and number (the hardware's numbers).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rawposix::rewrite {

enum class RegisterKind : uint8_t {
  kNone,
  kByte,      // %al, %spl, %r8b
  kHighByte,  // %ah to %bh, numbers 4 to 7
  kWord,
  kLong,
  kQuad,
  kSegment,
  kX87,
  kMmx,
  kXmm,
  kYmm,
  kZmm,
  kMask,
  kIp,    // %rip
  kEip,   // %eip
  kZero,  // %riz, %eiz: gas's names for "no index"
  kSystem,
};

struct Register {
  RegisterKind kind = RegisterKind::kNone;
  uint8_t number = 0;

  constexpr explicit operator bool() const { return kind != RegisterKind::kNone; }
  friend constexpr bool operator==(Register, Register) = default;

  constexpr bool is_general() const {
    return kind == RegisterKind::kByte || kind == RegisterKind::kWord ||
           kind == RegisterKind::kLong || kind == RegisterKind::kQuad;
  }
  constexpr bool is_vector() const {
    return kind == RegisterKind::kXmm || kind == RegisterKind::kYmm || kind == RegisterKind::kZmm;
  }
  // Any width of general register `n`.
  constexpr bool is(uint8_t n) const { return is_general() && number == n; }
};

inline constexpr uint8_t kSp = 4;
inline constexpr uint8_t kBp = 5;
inline constexpr uint8_t kR11 = 11;
inline constexpr uint8_t kR14 = 14;
inline constexpr Register kRax{RegisterKind::kQuad, 0};
inline constexpr Register kRcx{RegisterKind::kQuad, 1};
inline constexpr Register kRsp{RegisterKind::kQuad, kSp};
inline constexpr Register kRbp{RegisterKind::kQuad, kBp};
inline constexpr Register kQuadR11{RegisterKind::kQuad, kR11};
inline constexpr Register kLongR11{RegisterKind::kLong, kR11};
inline constexpr Register kQuadR14{RegisterKind::kQuad, kR14};
inline constexpr Register kEsp{RegisterKind::kLong, kSp};
inline constexpr Register kFs{RegisterKind::kSegment, 4};
inline constexpr Register kGs{RegisterKind::kSegment, 5};

// A general register in another width.
constexpr Register as_long(Register r) { return {RegisterKind::kLong, r.number}; }
constexpr Register as_quad(Register r) { return {RegisterKind::kQuad, r.number}; }

// The register of a name without its '%'.
std::optional<Register> find_register(std::string_view name);

// The name, '%' included, of a general, vector, segment or instruction pointer register.
std::string_view register_name(Register r);

}  // namespace rawposix::rewrite
