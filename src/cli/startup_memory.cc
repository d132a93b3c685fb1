// SPDX-License-Identifier: Apache-2.0
// The C++ heap of the command's start. musl's malloc has a mapping, and so a page, for each class
// of sizes, of which running a small program uses a dozen for a few objects each; faults on fresh
// pages would be a tenth of its time. What is allocated first is cut from one block instead, and
// not used again when it is freed. Thread-safe.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

// Memory only as far as it is used.
constexpr size_t kBlockSize = size_t{512} * 1024;

alignas(std::max_align_t) std::array<std::byte, kBlockSize> block;
std::atomic<size_t> used{0};

void* cut(size_t size) {
  constexpr size_t kAlignment = alignof(std::max_align_t);
  if (size > kBlockSize || used.load(std::memory_order_relaxed) >= kBlockSize) return nullptr;
  // Nothing has an address of its own, too.
  const size_t rounded = (size + (size == 0) + kAlignment - 1) & ~(kAlignment - 1);
  const size_t start = used.fetch_add(rounded, std::memory_order_relaxed);
  return start + rounded <= kBlockSize ? block.data() + start : nullptr;
}

bool is_cut(const void* pointer) {
  return pointer >= block.data() && pointer < block.data() + kBlockSize;
}

}  // namespace

void* operator new(size_t size) {
  if (void* part = cut(size)) return part;
  void* memory = std::malloc(size != 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  if (!is_cut(memory)) std::free(memory);
}

void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
