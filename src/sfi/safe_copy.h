// SPDX-License-Identifier: Apache-2.0
// Memory accesses that a fault does not end: the fault handler knows these routines by their
// addresses and makes them return early. One side of each is guest memory.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// Copies `size` bytes; returns how many could not be copied (0: all done).
size_t sfi_safe_copy(void* to, const void* from, size_t size);

// Fills `size` bytes; returns how many could not be filled.
size_t sfi_safe_fill(void* to, int value, size_t size);

// Length of the string at `text`, at most `limit`; `limit` if there is no NUL, SIZE_MAX on a fault.
size_t sfi_safe_strnlen(const char* text, size_t limit);

// Atomically: *address == expected ? (*address = desired) : nothing. 0 done, 1 differed (the value
// found goes to *expected), -1 fault. For futexes.
int sfi_safe_compare_exchange_u32(uint32_t* address, uint32_t* expected, uint32_t desired);

// 0 and the value in *value, or -1 on a fault.
int sfi_safe_load_u32(const uint32_t* address, uint32_t* value);
}
