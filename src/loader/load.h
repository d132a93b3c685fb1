// SPDX-License-Identifier: Apache-2.0
// Puts an image and its initial stack into a fresh address space.
#pragma once

#include "loader/image.h"
#include "loader/stack_builder.h"
#include "mm/address_space.h"
#include "support/result.h"

namespace rawposix::loader {

// The registers that a program starts with; all others are zero.
struct EntryPoint {
  uint64_t instruction = 0;
  uint64_t stack = 0;
};

// E2BIG and ENOMEM as execve(2). The space must be empty; after an error it is of no use.
Result<EntryPoint> load_program(mm::AddressSpace& space, const Image& image,
                                const StartInfo& start);

}  // namespace rawposix::loader
