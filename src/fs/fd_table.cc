// SPDX-License-Identifier: Apache-2.0
#include "fs/fd_table.h"

#include <algorithm>
#include <bit>
#include <thread>

namespace rawposix::fs {
namespace {

constexpr unsigned kWordBits = 64;
uint64_t bit_of(uint32_t number) { return uint64_t{1} << (number % kWordBits); }

}  // namespace

FdTable::FdTable() = default;

FdTable::~FdTable() {
  close_all();
  for (std::atomic<Slot*>& block : blocks_) delete[] block.load(std::memory_order_relaxed);
}

FdTable::Slot& FdTable::ensure_slot(uint32_t number) {
  Slot* slot = slot_at(number);
  if (slot != nullptr) return *slot;
  uint32_t shifted = number + (1U << kFirstBlockBits);
  unsigned block = static_cast<unsigned>(std::bit_width(shifted)) - 1 - kFirstBlockBits;
  blocks_[block].store(new Slot[size_t{1} << (block + kFirstBlockBits)]{},
                       std::memory_order_release);
  return *slot_at(number);
}

uint64_t FdTable::wait_for_lookups(const Slot& slot) {
  std::this_thread::yield();
  return slot.load(std::memory_order_relaxed);
}

Result<FdTable::Borrowed> FdTable::borrow(FdNum fd) {
  Borrowed file = try_borrow(fd);
  if (!file) return Errno(EBADF);
  return file;
}

Result<FileRef> FdTable::get(FdNum fd) {
  Borrowed file = TRY(borrow(fd));
  return file.share();
}

// Empties a slot and returns the table's reference. A lookup may end, and so drop a reference of
// the file, as soon as the slot is empty: the references for all that there can be are added
// before.
FileRef FdTable::take(uint32_t number) {
  Slot& slot = *slot_at(number);
  File* file = file_of(slot.load(std::memory_order_relaxed));
  file->add_refs(kMostLookups);
  uint64_t word = slot.exchange(0, std::memory_order_acq_rel);
  uint32_t spare = kMostLookups - lookups_of(word);
  if (spare > 0) file->drop_refs(spare);
  return FileRef::adopt(file);
}

bool FdTable::is_used(uint32_t number) const {
  size_t word = number / kWordBits;
  return word < used_.size() && (used_[word] & bit_of(number)) != 0;
}

void FdTable::mark(uint32_t number, CloseOnExec close_on_exec) {
  size_t word = number / kWordBits;
  if (word >= used_.size()) {
    used_.resize(word + 1);
    close_on_exec_.resize(word + 1);
  }
  used_[word] |= bit_of(number);
  if (close_on_exec == CloseOnExec::kYes) {
    close_on_exec_[word] |= bit_of(number);
  } else {
    close_on_exec_[word] &= ~bit_of(number);
  }
}

void FdTable::unmark(uint32_t number) {
  size_t word = number / kWordBits;
  used_[word] &= ~bit_of(number);
  close_on_exec_[word] &= ~bit_of(number);
  first_free_word_ = std::min(first_free_word_, word);
}

Result<uint32_t> FdTable::allocate(uint64_t limit, CloseOnExec close_on_exec, int lowest) {
  auto from = static_cast<uint32_t>(lowest);
  size_t word = from / kWordBits;
  uint64_t skipped = bit_of(from) - 1;  // numbers below `lowest` in its word
  if (word < first_free_word_) {
    word = first_free_word_;
    skipped = 0;
  }
  const bool from_first_free = word == first_free_word_ && skipped == 0;
  while (word < used_.size() && (used_[word] | skipped) == ~uint64_t{0}) {
    word++;
    skipped = 0;
  }
  uint64_t taken = skipped | (word < used_.size() ? used_[word] : 0);
  uint64_t number = word * kWordBits + static_cast<unsigned>(std::countr_one(taken));
  if (from_first_free) first_free_word_ = word;
  if (number >= std::min(limit, kMostNumbers)) return Errno(EMFILE);
  auto found = static_cast<uint32_t>(number);
  mark(found, close_on_exec);
  ensure_slot(found).store(kReserved, std::memory_order_relaxed);
  return found;
}

Result<FdTable::Reservation> FdTable::reserve(uint64_t limit, CloseOnExec close_on_exec,
                                              int lowest) {
  MutexLock lock(mutex_);
  uint32_t number = TRY(allocate(limit, close_on_exec, lowest));
  return Reservation(this, static_cast<int>(number));
}

Result<int> FdTable::add(FileRef file, uint64_t limit, CloseOnExec close_on_exec, int lowest) {
  Reservation slot = TRY(reserve(limit, close_on_exec, lowest));
  return std::move(slot).fill(std::move(file));
}

int FdTable::fill(int number, FileRef file) {
  Slot* slot = slot_at(static_cast<uint32_t>(number));
  slot->store(std::bit_cast<uint64_t>(file.release()), std::memory_order_release);
  return number;
}

void FdTable::cancel(int number) {
  MutexLock lock(mutex_);
  slot_at(static_cast<uint32_t>(number))->store(0, std::memory_order_relaxed);
  unmark(static_cast<uint32_t>(number));
}

Result<> FdTable::replace(int number, FileRef file, uint64_t limit, CloseOnExec close_on_exec) {
  auto wanted = static_cast<uint32_t>(number);
  if (wanted >= std::min(limit, kMostNumbers)) return Errno(EBADF);
  FileRef old;
  {
    MutexLock lock(mutex_);
    Slot& slot = ensure_slot(wanted);
    uint64_t word = slot.load(std::memory_order_relaxed);
    if ((word & kAddressMask) == kReserved) return Errno(EBUSY);
    if (has_file(word)) old = take(wanted);
    mark(wanted, close_on_exec);
    slot.store(std::bit_cast<uint64_t>(file.release()), std::memory_order_release);
  }
  if (old) old->descriptor_closed(*this);
  return {};
}

Result<> FdTable::close(FdNum fd) {
  auto number = static_cast<uint32_t>(fd.value);
  FileRef old;
  {
    MutexLock lock(mutex_);
    Slot* slot = slot_at(number);
    if (slot == nullptr || !has_file(slot->load(std::memory_order_relaxed))) return Errno(EBADF);
    old = take(number);
    unmark(number);
  }
  old->descriptor_closed(*this);
  return {};
}

template <class Function>
void FdTable::for_each_open(uint32_t first, uint32_t last, Function function) const {
  for (uint64_t number = first; number <= last; number++) {
    size_t word = number / kWordBits;
    if (word >= used_.size()) return;
    if (used_[word] == 0) {
      number |= kWordBits - 1;
      continue;
    }
    auto found = static_cast<uint32_t>(number);
    if (is_used(found) && has_file(slot_at(found)->load(std::memory_order_relaxed))) {
      function(found);
    }
  }
}

void FdTable::close_range(uint32_t first, uint32_t last) {
  std::vector<FileRef> closed;
  {
    MutexLock lock(mutex_);
    for_each_open(first, last, [&](uint32_t number) REQUIRES(mutex_) {
      closed.push_back(take(number));
      unmark(number);
    });
  }
  for (FileRef& file : closed) file->descriptor_closed(*this);
}

void FdTable::close_on_exec() {
  std::vector<FileRef> closed;
  {
    MutexLock lock(mutex_);
    for_each_open(0, UINT32_MAX, [&](uint32_t number) REQUIRES(mutex_) {
      if ((close_on_exec_[number / kWordBits] & bit_of(number)) == 0) return;
      closed.push_back(take(number));
      unmark(number);
    });
  }
  for (FileRef& file : closed) file->descriptor_closed(*this);
}

Result<CloseOnExec> FdTable::flag(FdNum fd) const {
  auto number = static_cast<uint32_t>(fd.value);
  MutexLock lock(mutex_);
  const Slot* slot = slot_at(number);
  if (slot == nullptr || !has_file(slot->load(std::memory_order_relaxed))) return Errno(EBADF);
  bool set = (close_on_exec_[number / kWordBits] & bit_of(number)) != 0;
  return set ? CloseOnExec::kYes : CloseOnExec::kNo;
}

Result<> FdTable::set_flag(FdNum fd, CloseOnExec close_on_exec) {
  auto number = static_cast<uint32_t>(fd.value);
  MutexLock lock(mutex_);
  const Slot* slot = slot_at(number);
  if (slot == nullptr || !has_file(slot->load(std::memory_order_relaxed))) return Errno(EBADF);
  mark(number, close_on_exec);
  return {};
}

void FdTable::set_flags(uint32_t first, uint32_t last, CloseOnExec close_on_exec) {
  MutexLock lock(mutex_);
  for_each_open(first, last,
                [&](uint32_t number) REQUIRES(mutex_) { mark(number, close_on_exec); });
}

std::unique_ptr<FdTable> FdTable::clone() const {
  auto copy = std::make_unique<FdTable>();
  MutexLock lock(mutex_);
  // Nobody else knows the copy yet, so its own mutex is not taken: two of a rank never are.
  FdTable& fresh = *copy;
  for_each_open(0, UINT32_MAX, [&](uint32_t number) RAWPOSIX_TSA(no_thread_safety_analysis) {
    File* file = file_of(slot_at(number)->load(std::memory_order_relaxed));
    file->add_refs(1);
    bool set = (close_on_exec_[number / kWordBits] & bit_of(number)) != 0;
    fresh.mark(number, set ? CloseOnExec::kYes : CloseOnExec::kNo);
    fresh.ensure_slot(number).store(std::bit_cast<uint64_t>(file), std::memory_order_release);
  });
  return copy;
}

std::vector<int> FdTable::numbers() const {
  std::vector<int> found;
  MutexLock lock(mutex_);
  for_each_open(0, UINT32_MAX, [&](uint32_t number) { found.push_back(static_cast<int>(number)); });
  return found;
}

}  // namespace rawposix::fs
