// SPDX-License-Identifier: Apache-2.0
// The command's heap, in place of musl's, which has a mapping, and so a page, for each class of
// sizes and unmaps it when the last object goes: running a small program would touch a dozen pages
// for a few objects each, and each fork and exec would map and unmap some. Here objects are cut
// from large blocks, one after the other, and what is freed is kept for the next of its size.
// Memory is not given back to Linux but for large objects, so there is as much as there was at the
// most. Thread-safe.
#include "cli/heap.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kAlignment = 16;
constexpr size_t kBlockSize = size_t{512} * 1024;

// A list of free parts for each multiple of 16 bytes up to 1 KiB, and for four sizes from each
// power of two to the next up to 128 KiB. Larger ones are mappings of their own.
constexpr size_t kSmall = 1024;
constexpr size_t kLargest = size_t{128} * 1024;
constexpr unsigned kSmallLists = kSmall / kAlignment;
constexpr unsigned kSteps = 4;
constexpr unsigned kLists =
    kSmallLists + kSteps * (std::bit_width(kLargest) - std::bit_width(kSmall));

constexpr unsigned list_for(size_t size) {
  if (size <= kSmall) return static_cast<unsigned>((size + (size == 0) - 1) / kAlignment);
  const auto doublings = static_cast<unsigned>(std::bit_width(size - 1) - std::bit_width(kSmall));
  const size_t base = kSmall << doublings;
  return kSmallLists + kSteps * doublings +
         static_cast<unsigned>((size - 1 - base) * kSteps / base);
}

constexpr size_t size_in(unsigned list) {
  if (list < kSmallLists) return (list + 1) * kAlignment;
  const unsigned larger = list - kSmallLists;
  const size_t base = kSmall << larger / kSteps;
  return base + (larger % kSteps + 1) * base / kSteps;
}

static_assert(size_in(list_for(0)) == 16 && size_in(list_for(17)) == 32);
static_assert(size_in(list_for(1024)) == 1024 && size_in(list_for(1025)) == 1280);
static_assert(size_in(list_for(1793)) == 2048 && size_in(list_for(2048)) == 2048);
static_assert(size_in(list_for(2049)) == 2560 && size_in(list_for(2560)) == 2560);
static_assert(list_for(kLargest) == kLists - 1 && size_in(kLists - 1) == kLargest);

// Lies before each part.
struct alignas(kAlignment) Header {
  enum class Kind : uint32_t { listed, mapped, aligned };
  Kind kind;
  // Bytes of a listed or mapped part. Of an aligned one, which lies in another: from that one's
  // start.
  size_t size;
};
static_assert(sizeof(Header) == kAlignment);

struct Free {
  Free* next;
};

pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
std::array<Free*, kLists> g_free;
// Memory only as far as it is used.
alignas(kAlignment) std::array<std::byte, kBlockSize> g_first_block;
std::byte* g_next = g_first_block.data();
std::byte* g_end = g_first_block.data() + kBlockSize;

Header* header_of(void* part) { return static_cast<Header*>(part) - 1; }

// Null if there is no more memory.
std::byte* map(size_t size) {
  void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
}

// The lock is held.
Header* cut(unsigned list) {
  const size_t size = sizeof(Header) + size_in(list);
  if (static_cast<size_t>(g_end - g_next) < size) {
    std::byte* block = map(kBlockSize);
    if (block == nullptr) return nullptr;
    g_next = block;
    g_end = block + kBlockSize;
  }
  auto* header = new (g_next) Header{Header::Kind::listed, size_in(list)};
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

void give_back(void* part, unsigned list) {
  auto* free = static_cast<Free*>(part);
  pthread_mutex_lock(&g_lock);
  free->next = g_free[list];
  g_free[list] = free;
  pthread_mutex_unlock(&g_lock);
}

void* take_mapping(size_t size) {
  if (size > PTRDIFF_MAX - sizeof(Header)) return nullptr;
  std::byte* mapped = map(sizeof(Header) + size);
  if (mapped == nullptr) return nullptr;
  return new (mapped) Header{Header::Kind::mapped, size} + 1;
}

// Of what malloc() gave: the part that `part` lies in.
void* whole(void* part) {
  const Header* header = header_of(part);
  return header->kind == Header::Kind::aligned ? static_cast<std::byte*>(part) - header->size
                                               : part;
}

size_t usable(void* part) {
  void* start = whole(part);
  return header_of(start)->size -
         static_cast<size_t>(static_cast<std::byte*>(part) - static_cast<std::byte*>(start));
}

}  // namespace

const std::byte* rawposix::cli::next_of_heap() { return g_next; }

extern "C" {

void* malloc(size_t size) {
  void* part = size <= kLargest ? take(list_for(size)) : take_mapping(size);
  if (part == nullptr) errno = ENOMEM;
  return part;
}

void free(void* part) {
  if (part == nullptr) return;
  part = whole(part);
  Header* header = header_of(part);
  if (header->kind == Header::Kind::listed) return give_back(part, list_for(header->size));
  const int error = errno;  // stays as it is, as POSIX wants it
  munmap(header, sizeof(Header) + header->size);
  errno = error;
}

void* calloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
  void* part = malloc(bytes);
  if (part != nullptr && header_of(part)->kind != Header::Kind::mapped) memset(part, 0, bytes);
  return part;
}

void* realloc(void* part, size_t size) {
  if (part == nullptr) return malloc(size);
  const size_t had = usable(part);
  if (size <= had && had <= kLargest) return part;
  void* fresh = malloc(size);
  if (fresh == nullptr) return nullptr;
  memcpy(fresh, part, std::min(had, size));
  free(part);
  return fresh;
}

void* aligned_alloc(size_t alignment, size_t size) {
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  if (alignment <= kAlignment || size > PTRDIFF_MAX - alignment) return malloc(size);
  auto* part = static_cast<std::byte*>(malloc(size + alignment));
  const size_t past = std::bit_cast<uintptr_t>(part) & (alignment - 1);
  if (part == nullptr || past == 0) return part;
  const size_t distance = alignment - past;
  new (part + distance - sizeof(Header)) Header{Header::Kind::aligned, distance};
  return part + distance;
}

void* memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void** result, size_t alignment, size_t size) {
  if (alignment < sizeof(void*) || !std::has_single_bit(alignment)) return EINVAL;
  const int error = errno;
  void* part = aligned_alloc(alignment, size);
  errno = error;
  if (part == nullptr) return ENOMEM;
  *result = part;
  return 0;
}

size_t malloc_usable_size(void* part) { return part == nullptr ? 0 : usable(part); }

}  // extern "C"
