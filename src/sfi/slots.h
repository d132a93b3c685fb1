// SPDX-License-Identifier: Apache-2.0
// Slots: 4 GiB-aligned ranges of host addresses, one per cage. The arena reserves them
// inaccessible, many at a time, and takes them back. Whatever happens in a slot, its addresses stay
// reserved: no host mapping may ever appear in one. Nor within kGuardSize of one, since a stack
// pointer at a slot's end with a displacement reaches that far: before and after each chunk of
// slots as much is reserved.
//
// Lock order: kSlots, a leaf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sfi/layout.h"
#include "support/budget.h"
#include "support/mutex.h"
#include "support/result.h"

namespace rawposix::sfi {

class SlotArena;

// Owns one slot: inaccessible throughout when handed out, given back when destroyed. No task may
// run in it by then.
class Slot {
 public:
  Slot() = default;
  Slot(Slot&& other) noexcept;
  Slot& operator=(Slot&& other) noexcept;
  ~Slot();

  std::byte* base() const { return base_; }
  bool valid() const { return base_ != nullptr; }
  // Of which its owner's mappings are.
  Budget& mapping_budget() const;

 private:
  friend class SlotArena;
  Slot(SlotArena* arena, std::byte* base) : arena_(arena), base_(base) {}
  void give_back();

  SlotArena* arena_ = nullptr;
  std::byte* base_ = nullptr;
};

class SlotArena {
 public:
  struct Options {
    // Slots reserved with one mapping; fewer where RLIMIT_AS or the address space is short.
    unsigned slots_per_chunk = 64;
    unsigned max_slots = 16384;
    // Null: the process's own.
    Budget* mapping_budget = nullptr;
  };

  SlotArena() : SlotArena(Options{}) {}
  explicit SlotArena(const Options& options);
  SlotArena(const SlotArena&) = delete;
  SlotArena& operator=(const SlotArena&) = delete;
  // Every slot must be back.
  ~SlotArena();

  // ENOMEM when the limit is reached or the host gives no more address space.
  Result<Slot> acquire() EXCLUDES(mutex_);

  unsigned slots_in_use() const EXCLUDES(mutex_);
  Budget& mapping_budget() const { return mapping_budget_; }

 private:
  friend class Slot;
  struct Chunk {
    std::byte* start;  // of the guard before its first slot
    unsigned slots;
  };

  Result<> add_chunk() REQUIRES(mutex_);
  void give_back(std::byte* base) EXCLUDES(mutex_);
  static bool clear(std::byte* base);
  void clean() REQUIRES(mutex_);

  const Options options_;
  Budget& mapping_budget_;
  mutable Mutex mutex_{LockRank::kSlots};
  std::vector<Chunk> chunks_ GUARDED_BY(mutex_);
  // Used last first, while page tables and caches are warm.
  std::vector<std::byte*> free_ GUARDED_BY(mutex_);
  // Given back when the host could not clear them; nobody gets them before it has.
  std::vector<std::byte*> unclean_ GUARDED_BY(mutex_);
  unsigned total_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rawposix::sfi
