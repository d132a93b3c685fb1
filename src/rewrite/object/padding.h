// SPDX-License-Identifier: Apache-2.0
// What gas can't be told to do, done to the object it made: padding with the fewest nops of the
// recommended forms (docs/sfi.md 3.1), and signed relocations for displacements of 32-bit
// addresses.
#pragma once

#include <cstdint>
#include <span>

#include "rewrite/object/elf_object.h"

namespace rawposix::rewrite {

Result<void, Refusal> finish_object(ElfObject& object);

// Fills the span with the fewest nops.
void fill_with_nops(std::span<uint8_t> bytes);

}  // namespace rawposix::rewrite
