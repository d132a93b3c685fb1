// SPDX-License-Identifier: Apache-2.0
#include "sfi/slots.h"

#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "host/mappings.h"
#include "host/memory.h"

namespace rawposix::sfi {
namespace {

constexpr int kReserveFlags = MAP_PRIVATE | MAP_NORESERVE;

// Chunks are placed between these, well below the addresses that mmap(2) picks for the host itself
// (it goes down from the stack): should a hole ever open in a slot, it is not the one that the
// kernel fills next. Above 32 TiB also keeps clear of AddressSanitizer's shadow.
constexpr uint64_t kWindowStart = uint64_t{32} << 40;
constexpr uint64_t kWindowEnd = uint64_t{80} << 40;
constexpr int kPlacementTries = 8;

#if defined(__SANITIZE_THREAD__)
#define RAWPOSIX_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RAWPOSIX_THREAD_SANITIZER 1
#endif
#endif
#if defined(RAWPOSIX_THREAD_SANITIZER)
// ThreadSanitizer has its shadow where the window is.
constexpr bool kWindowUsable = false;
#else
constexpr bool kWindowUsable = true;
#endif

std::byte* host_pointer(uint64_t address) {
  // SAFETY: an integer that only serves as a place to map at.
  return reinterpret_cast<std::byte*>(address);  // NOLINT(performance-no-int-to-ptr)
}

// Each of these reserves `size` bytes at a multiple of kSlotSize and a guard on either side, and
// returns where the guard before them begins.
Result<std::byte*> reserve_in_window(uint64_t size) {
  uint64_t random = 0;
  if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) random = 0;
  uint64_t positions = (kWindowEnd - kWindowStart - size) / kSlotSize;
  Errno error(ENOMEM);
  for (int i = 0; i < kPlacementTries; ++i) {
    // Odd multiplier: visits another position at each try.
    uint64_t position = (random + static_cast<uint64_t>(i) * 2654435761U) % positions;
    std::byte* wanted = host_pointer(kWindowStart + position * kSlotSize - kGuardSize);
    auto mapped =
        host::map(wanted, size + 2 * kGuardSize, PROT_NONE, kReserveFlags | MAP_FIXED_NOREPLACE);
    if (mapped.ok()) return mapped;
    error = mapped.error();
    if (error != Errno(EEXIST)) break;
  }
  return error;
}

// Wherever the kernel likes, trimmed to the alignment.
Result<std::byte*> reserve_anywhere(uint64_t size) {
  const uint64_t needed = size + 2 * kGuardSize;
  std::byte* mapped = TRY(host::map(nullptr, needed + kSlotSize, PROT_NONE, kReserveFlags));
  uint64_t address = reinterpret_cast<uint64_t>(mapped);
  uint64_t start = (address + kGuardSize + kSlotSize - 1) & ~(kSlotSize - 1);
  uint64_t before = start - kGuardSize - address;
  // What can't be trimmed for want of mappings does no harm.
  if (before != 0) static_cast<void>(host::unmap(mapped, before));
  if (before != kSlotSize) {
    static_cast<void>(host::unmap(mapped + before + needed, kSlotSize - before));
  }
  return mapped + before;
}

Result<std::byte*> reserve(uint64_t size) {
  if (kWindowUsable) {
    auto placed = reserve_in_window(size);
    if (placed.ok()) return placed;
  }
  return reserve_anywhere(size);
}

}  // namespace

Slot::Slot(Slot&& other) noexcept
    : arena_(std::exchange(other.arena_, nullptr)), base_(std::exchange(other.base_, nullptr)) {}

Slot& Slot::operator=(Slot&& other) noexcept {
  if (this != &other) {
    give_back();
    arena_ = std::exchange(other.arena_, nullptr);
    base_ = std::exchange(other.base_, nullptr);
  }
  return *this;
}

Slot::~Slot() { give_back(); }

void Slot::give_back() {
  if (base_ != nullptr) arena_->give_back(std::exchange(base_, nullptr));
}

Budget& Slot::mapping_budget() const { return arena_->mapping_budget(); }

SlotArena::SlotArena(const Options& options)
    : options_(options),
      mapping_budget_(options.mapping_budget != nullptr ? *options.mapping_budget
                                                        : host::mapping_budget()) {}

SlotArena::~SlotArena() {
  MutexLock lock(mutex_);
  CHECK(free_.size() + unclean_.size() == total_);
  for (const Chunk& chunk : chunks_) {
    // Where two chunks meet Linux has one mapping of both, and may have no mappings left to cut it.
    // Then the addresses stay reserved.
    static_cast<void>(host::unmap(chunk.start, chunk.slots * kSlotSize + 2 * kGuardSize));
  }
}

Result<Slot> SlotArena::acquire() {
  MutexLock lock(mutex_);
  if (free_.empty()) clean();
  if (free_.empty()) TRY(add_chunk());
  std::byte* base = free_.back();
  free_.pop_back();
  return Slot(this, base);
}

Result<> SlotArena::add_chunk() {
  if (total_ >= options_.max_slots) return Errno(ENOMEM);
  unsigned slots = std::min(options_.slots_per_chunk, options_.max_slots - total_);
  for (; slots > 0; slots /= 2) {
    auto start = reserve(slots * kSlotSize);
    if (!start.ok()) continue;
    chunks_.push_back({start.value(), slots});
    total_ += slots;
    std::byte* first = start.value() + kGuardSize;
    for (unsigned i = slots; i-- > 0;) free_.push_back(first + i * kSlotSize);
    return {};
  }
  return Errno(ENOMEM);
}

void SlotArena::give_back(std::byte* base) {
  // It needs no lock: nobody else knows this slot yet.
  const bool cleared = clear(base);
  MutexLock lock(mutex_);
  (cleared ? free_ : unclean_).push_back(base);
}

// One call drops every page and mapping of the slot; nothing of its owner's can stay. It fails only
// if the process has no mappings left.
bool SlotArena::clear(std::byte* base) {
  return host::map(base, kSlotSize, PROT_NONE, kReserveFlags | MAP_FIXED).ok();
}

void SlotArena::clean() {
  while (!unclean_.empty() && clear(unclean_.back())) {
    free_.push_back(unclean_.back());
    unclean_.pop_back();
  }
}

unsigned SlotArena::slots_in_use() const {
  MutexLock lock(mutex_);
  return total_ - static_cast<unsigned>(free_.size() + unclean_.size());
}

}  // namespace rawposix::sfi
