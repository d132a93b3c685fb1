// SPDX-License-Identifier: Apache-2.0
// The descriptors of one cage. Looking one up takes no lock: a slot is one word that holds the
// file's address and how many lookups are in progress, so that taking a file and counting the
// lookup is one atomic step, and a file that another task closes meanwhile lives on until the
// lookup ends. Changes are serialised by a mutex (LockRank::kFdTable), which is never held while a
// file is closed.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "fs/fd_num.h"
#include "fs/file.h"
#include "support/mutex.h"

namespace rawposix::fs {

enum class CloseOnExec : uint8_t { kNo, kYes };

class FdTable {
  using Slot = std::atomic<uint64_t>;

 public:
  // A number in the table for the time of one call.
  class Borrowed {
   public:
    Borrowed(Borrowed&& other) noexcept
        : slot_(other.slot_), file_(std::exchange(other.file_, nullptr)) {}
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (file_ != nullptr) give_back(*slot_, file_);
    }
    // False only for what try_borrow() did not find.
    explicit operator bool() const { return file_ != nullptr; }
    File* operator->() const { return file_; }
    File& operator*() const { return *file_; }
    FileRef share() const { return FileRef::share(file_); }

   private:
    friend class FdTable;
    Borrowed(Slot* slot, File* file) : slot_(slot), file_(file) {}
    Slot* slot_;
    File* file_;
  };

  // A number that is taken but refers to nothing yet, so that a call learns of a full table before
  // it opens anything. Freed if never filled.
  class Reservation {
   public:
    // Of nothing.
    Reservation() : table_(nullptr), number_(-1) {}
    Reservation(Reservation&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), number_(other.number_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() {
      if (table_ != nullptr) table_->cancel(number_);
    }
    int number() const { return number_; }
    int fill(FileRef file) && {
      return std::exchange(table_, nullptr)->fill(number_, std::move(file));
    }

   private:
    friend class FdTable;
    Reservation(FdTable* table, int number) : table_(table), number_(number) {}
    FdTable* table_;
    int number_;
  };

  FdTable();
  ~FdTable();
  FdTable(const FdTable&) = delete;
  FdTable& operator=(const FdTable&) = delete;

  // EBADF if the number refers to nothing.
  Result<Borrowed> borrow(FdNum fd);
  // The same for calls that must be fast; empty if the number refers to nothing.
  Borrowed try_borrow(FdNum fd) {
    Slot* slot = slot_at(static_cast<uint32_t>(fd.value));
    if (slot == nullptr) return Borrowed(nullptr, nullptr);
    uint64_t word = slot->load(std::memory_order_relaxed);
    while (has_file(word)) {
      if (lookups_of(word) == kMostLookups) [[unlikely]] {
        word = wait_for_lookups(*slot);
      } else if (slot->compare_exchange_weak(word, word + kOneLookup, std::memory_order_acquire,
                                             std::memory_order_relaxed)) [[likely]] {
        return Borrowed(slot, file_of(word));
      }
    }
    return Borrowed(nullptr, nullptr);
  }
  Result<FileRef> get(FdNum fd);

  // The lowest free number from `lowest` on. `limit` is RLIMIT_NOFILE: EMFILE at or above it.
  Result<Reservation> reserve(uint64_t limit, CloseOnExec close_on_exec, int lowest = 0);
  Result<int> add(FileRef file, uint64_t limit, CloseOnExec close_on_exec, int lowest = 0);
  // dup3() without its checks of `fd`: makes the number refer to `file`, whatever it was. EBUSY if
  // another task is about to fill it (man 2 dup, "Race condition").
  Result<> replace(int number, FileRef file, uint64_t limit, CloseOnExec close_on_exec);
  Result<> close(FdNum fd);
  void close_range(uint32_t first, uint32_t last);
  void close_on_exec();
  void close_all() { close_range(0, UINT32_MAX); }

  Result<CloseOnExec> flag(FdNum fd) const;
  Result<> set_flag(FdNum fd, CloseOnExec close_on_exec);
  void set_flags(uint32_t first, uint32_t last, CloseOnExec close_on_exec);

  // A copy that refers to the same files, for fork(). Numbers that are only reserved stay free.
  std::unique_ptr<FdTable> clone() const;
  // The numbers in use, ascending.
  std::vector<int> numbers() const;

 private:
  // Blocks of 64, 128, 256, ... slots, made as needed and never moved: 15 of them are 2 million.
  static constexpr unsigned kFirstBlockBits = 6;
  static constexpr size_t kBlocks = 15;
  static constexpr uint64_t kMostNumbers = ((uint64_t{1} << kBlocks) - 1) << kFirstBlockBits;

  // A slot's word: the file's address in 48 bits (user space has 47), above it the lookups in
  // progress.
  static constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kOneLookup = uint64_t{1} << 48;
  static constexpr uint32_t kMostLookups = 0xffff;
  static constexpr uint64_t kReserved = 1;
  static File* file_of(uint64_t word) { return std::bit_cast<File*>(word & kAddressMask); }
  static bool has_file(uint64_t word) { return (word & kAddressMask) > kReserved; }
  static uint32_t lookups_of(uint64_t word) { return static_cast<uint32_t>(word >> 48); }

  // While the slot still holds the file, lookups are counted there; take() moves the count of those
  // still in progress to the file. Which of several lookups ends where does not matter: the sum of
  // both counts is right at any time.
  static void give_back(Slot& slot, File* file) {
    uint64_t word = slot.load(std::memory_order_relaxed);
    while (file_of(word) == file && lookups_of(word) > 0) [[likely]] {
        if (slot.compare_exchange_weak(word, word - kOneLookup, std::memory_order_release,
                                       std::memory_order_relaxed)) [[likely]] {
          return;
        }
      }
    file->drop_refs(1);
  }
  static uint64_t wait_for_lookups(const Slot& slot);

  // Block k starts at number 64 * (2^k - 1) and has 64 * 2^k slots.
  Slot* slot_at(uint32_t number) const {
    if (number >= kMostNumbers) return nullptr;
    uint32_t shifted = number + (1U << kFirstBlockBits);
    unsigned block = static_cast<unsigned>(std::bit_width(shifted)) - 1 - kFirstBlockBits;
    Slot* slots = blocks_[block].load(std::memory_order_acquire);
    if (slots == nullptr) return nullptr;
    return slots + (shifted - (1U << (block + kFirstBlockBits)));
  }
  int fill(int number, FileRef file);
  void cancel(int number);
  FileRef take(uint32_t number) REQUIRES(mutex_);
  Result<uint32_t> allocate(uint64_t limit, CloseOnExec close_on_exec, int lowest) REQUIRES(mutex_);
  Slot& ensure_slot(uint32_t number) REQUIRES(mutex_);
  void mark(uint32_t number, CloseOnExec close_on_exec) REQUIRES(mutex_);
  void unmark(uint32_t number) REQUIRES(mutex_);
  bool is_used(uint32_t number) const REQUIRES(mutex_);
  template <class Function>
  void for_each_open(uint32_t first, uint32_t last, Function function) const REQUIRES(mutex_);

  std::array<std::atomic<Slot*>, kBlocks> blocks_{};
  mutable Mutex mutex_{LockRank::kFdTable};
  std::vector<uint64_t> used_ GUARDED_BY(mutex_);           // bit per number
  std::vector<uint64_t> close_on_exec_ GUARDED_BY(mutex_);  // same size
  size_t first_free_word_ GUARDED_BY(mutex_) = 0;           // no free bit below this word
};

}  // namespace rawposix::fs
