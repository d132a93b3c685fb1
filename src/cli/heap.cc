// SPDX-License-Identifier: Apache-2.0
// The command's C++ heap. musl's malloc has a mapping, and so a page, for each class of sizes,
// which it unmaps when the last object goes: running a small program would touch a dozen pages for
// a few objects each, and each fork and exec would map and unmap some. Here objects are cut from
// large blocks, one after the other, and what is freed is kept for the next of its size. Memory is
// not given back to Linux, so there is as much as there was at the most. Thread-safe.
#include <pthread.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr size_t kAlignment = 16;
constexpr size_t kBlockSize = size_t{512} * 1024;

// A list of free parts for each multiple of 16 bytes up to 1 KiB, and for each power of two up to
// 128 KiB. Larger ones are malloc's.
constexpr size_t kSmall = 1024;
constexpr size_t kLargest = size_t{128} * 1024;
constexpr unsigned kSmallLists = kSmall / kAlignment;
constexpr unsigned kLists = kSmallLists + std::bit_width(kLargest) - std::bit_width(kSmall);
constexpr uint64_t kNoList = kLists;

constexpr unsigned list_for(size_t size) {
  if (size <= kSmall) return static_cast<unsigned>((size + (size == 0) - 1) / kAlignment);
  return kSmallLists + static_cast<unsigned>(std::bit_width(size - 1) - std::bit_width(kSmall));
}

constexpr size_t size_in(unsigned list) {
  if (list < kSmallLists) return (list + 1) * kAlignment;
  return 2 * kSmall << (list - kSmallLists);
}

static_assert(size_in(list_for(0)) == 16 && size_in(list_for(17)) == 32);
static_assert(size_in(list_for(1024)) == 1024 && size_in(list_for(1025)) == 2048);
static_assert(size_in(list_for(2048)) == 2048 && size_in(list_for(2049)) == 4096);
static_assert(list_for(kLargest) == kLists - 1 && size_in(kLists - 1) == kLargest);

// Before each part: whose it is.
struct alignas(kAlignment) Header {
  uint64_t list;
};
struct Free {
  Free* next;
};

pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
std::array<Free*, kLists> g_free;
// Memory only as far as it is used.
alignas(kAlignment) std::array<std::byte, kBlockSize> g_first_block;
std::byte* g_next = g_first_block.data();
std::byte* g_end = g_first_block.data() + kBlockSize;

// Null if there is no more memory. The lock is held.
Header* cut(unsigned list) {
  const size_t size = sizeof(Header) + size_in(list);
  if (static_cast<size_t>(g_end - g_next) < size) {
    auto* block = static_cast<std::byte*>(std::malloc(kBlockSize));
    if (block == nullptr) return nullptr;
    g_next = block;
    g_end = block + kBlockSize;
  }
  auto* header = new (g_next) Header{list};
  g_next += size;
  return header;
}

void* take(unsigned list) {
  pthread_mutex_lock(&g_lock);
  void* part = g_free[list];
  if (part != nullptr) {
    g_free[list] = g_free[list]->next;
  } else if (Header* fresh = cut(list)) {
    part = fresh + 1;
  }
  pthread_mutex_unlock(&g_lock);
  return part;
}

void* take_large(size_t size) {
  if (size > SIZE_MAX - sizeof(Header)) return nullptr;
  auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (header == nullptr) return nullptr;
  header->list = kNoList;
  return header + 1;
}

}  // namespace

void* operator new(size_t size) {
  void* part = size <= kLargest ? take(list_for(size)) : take_large(size);
  if (part == nullptr) throw std::bad_alloc();
  return part;
}

void operator delete(void* part) noexcept {
  if (part == nullptr) return;
  Header* header = static_cast<Header*>(part) - 1;
  if (header->list == kNoList) {
    std::free(header);
    return;
  }
  auto* free = static_cast<Free*>(part);
  pthread_mutex_lock(&g_lock);
  free->next = g_free[header->list];
  g_free[header->list] = free;
  pthread_mutex_unlock(&g_lock);
}

void operator delete(void* part, size_t) noexcept { operator delete(part); }
