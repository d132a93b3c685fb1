// SPDX-License-Identifier: Apache-2.0
// The descriptors of one cage. Looking one up takes no lock: a slot is one word that holds the
// file's address and how many lookups are in progress, so that taking a file and counting the
// lookup is one atomic step, and a file that another task closes meanwhile lives on until the
// lookup ends. Changes are serialised by a mutex (LockRank::kFdTable), which is never held while a
// file is closed.
#pragma once

#include <array>
#include <atomic>
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

  static void give_back(Slot& slot, File* file);

  Slot* slot_at(uint32_t number) const;
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
