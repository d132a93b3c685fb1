// SPDX-License-Identifier: Apache-2.0
// The command's heap, where heap.cc is linked in place of the C library's.
#pragma once

#include <cstddef>

namespace rawposix::cli {

// Where the next object that fits no freed part comes to lie. Not thread-safe: for the start.
const std::byte* next_of_heap();

}  // namespace rawposix::cli
