// SPDX-License-Identifier: Apache-2.0
// Brings in what a short run touches, as startup.ld has laid it out, by three calls of Linux
// instead of some twenty page faults, each of which costs as much as a dozen small calls in a
// virtual machine.
#include "cli/startup_memory.h"

#include <linux/mman.h>
#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "cli/heap.h"

// Of startup.ld.
extern "C" {
extern const std::byte startup_text_begin[];
extern const std::byte startup_text_end[];
extern const std::byte startup_rodata_begin[];
extern const std::byte startup_rodata_end[];
}

namespace rawposix::cli {
namespace {

// What a small program's cage takes of the heap.
constexpr size_t kSmallHeap = size_t{44} * 1024;

// Before Linux 5.14 this fails, and the pages come one by one.
void populate(const std::byte* begin, const std::byte* end, int advice) {
  constexpr uintptr_t kPage = 4096;
  const auto first = std::bit_cast<uintptr_t>(begin) & ~(kPage - 1);
  madvise(std::bit_cast<void*>(first), std::bit_cast<uintptr_t>(end) - first, advice);
}

}  // namespace

void populate_startup_memory() {
  populate(startup_text_begin, startup_text_end, MADV_POPULATE_READ);
  populate(startup_rodata_begin, startup_rodata_end, MADV_POPULATE_READ);
  const std::byte* const heap = next_of_heap();
  populate(heap, heap + kSmallHeap, MADV_POPULATE_WRITE);
}

}  // namespace rawposix::cli
