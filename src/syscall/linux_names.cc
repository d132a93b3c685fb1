// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "syscall/table.h"

namespace rawposix::syscall {
namespace {

struct Name {
  uint16_t number;
  const char* name;
};

// Made by the build from the host's <asm/unistd_64.h>.
constexpr Name kNames[] = {
#include "linux_names.inc"
};

constexpr std::array<const char*, kTableSize> build() {
  std::array<const char*, kTableSize> names{};
  for (const Name& entry : kNames) {
    if (entry.number < kTableSize) names[entry.number] = entry.name;
  }
  return names;
}

constexpr std::array<const char*, kTableSize> kByNumber = build();

}  // namespace

const char* linux_name(uint64_t number) {
  return number < kTableSize ? kByNumber[number] : nullptr;
}

}  // namespace rawposix::syscall
