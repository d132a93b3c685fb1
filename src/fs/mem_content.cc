// SPDX-License-Identifier: Apache-2.0
#include "fs/mem_content.h"

#include <linux/falloc.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "fs/vector_cursor.h"
#include "host/clock.h"
#include "host/file.h"
#include "sfi/layout.h"
#include "support/uninitialized.h"

namespace rawposix::fs {
namespace {

constexpr size_t kBuffer = 16 * 1024;
constexpr uint64_t kMostSize = INT64_MAX;  // MAX_LFS_FILESIZE

timespec now() { return host::now(CLOCK_REALTIME_COARSE).value_or(timespec{}); }

void set_time(timespec& time, const timespec* wanted, const timespec& current) {
  if (wanted == nullptr || wanted->tv_nsec == UTIME_NOW) {
    time = current;
  } else if (wanted->tv_nsec != UTIME_OMIT) {
    time = *wanted;
  }
}

// What a transfer answers that got so far: an error only if it got nowhere.
Result<size_t> outcome_of(size_t done, const VectorCursor& cursor) {
  if (done == 0 && cursor.faulted()) return Errno(EFAULT);
  return done;
}

}  // namespace

MemContent::MemContent(std::shared_ptr<Quota> pages, Descriptors& descriptors)
    : pages_(std::move(pages)), descriptors_(descriptors) {
  times_.access = times_.modification = times_.change = now();
}

MemContent::~MemContent() { pages_->give(sfi::pages_of(size_)); }

uint64_t MemContent::size() const {
  MutexLock lock(mutex_);
  return size_;
}

void MemContent::touch() {
  times_.modification = times_.change = now();
  access_due_.store(true, std::memory_order_relaxed);
}

void MemContent::set_file(CountedFd file) {
  file_ = std::move(file);
  file_on_host_.store(file_.get(), std::memory_order_release);
}

Result<> MemContent::move_to_host() {
  if (on_host()) return {};
  CountedFd file = TRY(descriptors_.open([] { return host::create_memory("rawposix"); }));
  for (size_t done = 0; done < heap_.size();) {
    iovec rest{heap_.data() + done, heap_.size() - done};
    done += TRY(host::write_at(file.get(), {&rest, 1}, static_cast<int64_t>(done)));
  }
  set_file(std::move(file));
  heap_ = {};
  return {};
}

Result<int> MemContent::descriptor() {
  MutexLock lock(mutex_);
  TRY(move_to_host());
  return file_.get();
}

Result<> MemContent::create_on_host(const char* name, unsigned flags) {
  MutexLock lock(mutex_);
  CHECK(size_ == 0 && !on_host());
  CountedFd file = TRY(descriptors_.open([&] { return host::create_memory(name, flags); }));
  set_file(std::move(file));
  return {};
}

// The quota has been asked.
Result<> MemContent::resize(uint64_t size) {
  if (size > kMostInHeap) TRY(move_to_host());
  if (on_host()) {
    TRY(host::truncate(file_.get(), static_cast<int64_t>(size)));
    if (writes_ > 0 && size < size_) cut_meanwhile_ = true;
  } else {
    heap_.resize(size);
    if (heap_.capacity() > 4 * std::max<size_t>(size, 64)) heap_.shrink_to_fit();
  }
  size_ = size;
  return {};
}

Result<uint64_t> MemContent::grow(uint64_t end, uint64_t least_end) {
  if (end <= size_) return end;
  const uint64_t before = sfi::pages_of(size_);
  const uint64_t wanted = sfi::pages_of(end) - before;
  const uint64_t least = sfi::pages_of(std::max(least_end, size_)) - before;
  const uint64_t taken = pages_->take_at_most(wanted, least);
  if (taken < least) return Errno(ENOSPC);
  if (taken < wanted) end = (before + taken) * sfi::kPageSize;
  Result<> resized = resize(end);
  if (resized.ok()) return end;
  pages_->give(taken);
  return resized.error();
}

Result<size_t> MemContent::load(std::span<std::byte> to, uint64_t offset) {
  MutexLock lock(mutex_);
  if (offset >= size_) return size_t{0};
  const auto count = static_cast<size_t>(std::min<uint64_t>(to.size(), size_ - offset));
  if (!on_host()) {
    std::memcpy(to.data(), heap_.data() + offset, count);
    return count;
  }
  iovec buffer{to.data(), count};
  return host::read_at(file_.get(), {&buffer, 1}, static_cast<int64_t>(offset));
}

Result<size_t> MemContent::read(Vectors to, uint64_t offset) {
  const int file = descriptor_if_any();
  if (file >= 0) return host::read_at(file, to, static_cast<int64_t>(offset));
  RAWPOSIX_UNINITIALIZED std::array<std::byte, kBuffer> buffer;
  VectorCursor cursor(to);
  size_t done = 0;
  while (cursor.left() > 0) {
    std::span<std::byte> part = std::span(buffer).first(std::min(cursor.left(), buffer.size()));
    size_t loaded = TRY(load(part, offset + done));
    size_t copied = cursor.fill(part.first(loaded));
    done += copied;
    if (copied < part.size()) break;
  }
  return outcome_of(done, cursor);
}

Result<size_t> MemContent::store(std::span<const std::byte> from, uint64_t offset) {
  MutexLock lock(mutex_);
  uint64_t end = TRY(grow(offset + from.size(), offset + 1));
  const auto count = static_cast<size_t>(std::min<uint64_t>(from.size(), end - offset));
  touch();
  if (!on_host()) {
    std::memcpy(heap_.data() + offset, from.data(), count);
    return count;
  }
  iovec buffer{const_cast<std::byte*>(from.data()), count};
  return host::write_at(file_.get(), {&buffer, 1}, static_cast<int64_t>(offset));
}

Result<size_t> MemContent::write_by_parts(Vectors from, uint64_t offset) {
  RAWPOSIX_UNINITIALIZED std::array<std::byte, kBuffer> buffer;
  VectorCursor cursor(from);
  size_t done = 0;
  while (cursor.left() > 0) {
    size_t taken = cursor.take(buffer);
    if (taken == 0) break;
    Result<size_t> stored = store(std::span(buffer).first(taken), offset + done);
    if (!stored.ok() && done == 0) return stored;
    done += stored.value_or(0);
    if (stored.value_or(0) < taken) return done;
  }
  return outcome_of(done, cursor);
}

Result<size_t> MemContent::write_on_host(Vectors from, uint64_t offset) {
  {
    MutexLock lock(mutex_);
    writes_++;
    touch();
  }
  const int file = descriptor_if_any();
  Result<size_t> written = host::write_at(file, from, static_cast<int64_t>(offset));
  MutexLock lock(mutex_);
  writes_--;
  if (writes_ == 0 && std::exchange(cut_meanwhile_, false)) {
    static_cast<void>(host::truncate(file, static_cast<int64_t>(size_)));
  }
  return written;
}

Result<size_t> MemContent::write(Vectors from, uint64_t offset) {
  const size_t count = VectorCursor(from).left();
  if (count == 0) return size_t{0};
  if (offset > kMostSize - count) return Errno(EFBIG);
  const uint64_t end = offset + count;
  if (descriptor_if_any() < 0 && end <= kMostInHeap) return write_by_parts(from, offset);
  uint64_t reached = 0;
  {
    MutexLock lock(mutex_);
    TRY(move_to_host());
    reached = TRY(grow(end, offset + 1));
  }
  // What doesn't fit is cut off by parts.
  return reached == end ? write_on_host(from, offset) : write_by_parts(from, offset);
}

Result<size_t> MemContent::append(Vectors from, uint64_t& end) {
  const size_t count = VectorCursor(from).left();
  uint64_t start = 0;
  uint64_t reserved = 0;
  bool whole_on_host = false;
  {
    MutexLock lock(mutex_);
    start = end = size_;
    if (count == 0) return size_t{0};
    if (start > kMostSize - count) return Errno(EFBIG);
    reserved = TRY(grow(start + count, start + 1));
    whole_on_host = on_host() && reserved == start + count;
  }
  Result<size_t> written = whole_on_host ? write_on_host(from, start) : write_by_parts(from, start);
  end = start + written.value_or(0);
  if (end < reserved) undo_append(reserved, end);
  return written;
}

// A bad address: takes back what was not written, unless something was put behind it.
void MemContent::undo_append(uint64_t reserved_end, uint64_t end) {
  MutexLock lock(mutex_);
  if (size_ != reserved_end) return;
  if (resize(end).ok()) pages_->give(sfi::pages_of(reserved_end) - sfi::pages_of(end));
}

Result<> MemContent::truncate(uint64_t size) {
  MutexLock lock(mutex_);
  const uint64_t before = size_;
  if (size > before) {
    TRY(grow(size, size));
  } else {
    TRY(resize(size));
    pages_->give(sfi::pages_of(before) - sfi::pages_of(size));
  }
  touch();
  return {};
}

Result<> MemContent::allocate(int mode, uint64_t offset, uint64_t size) {
  constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  MutexLock lock(mutex_);
  if (mode == kPunch) {
    touch();
    if (on_host()) {
      return host::allocate(file_.get(), mode, static_cast<int64_t>(offset),
                            static_cast<int64_t>(size));
    }
    const uint64_t start = std::min(offset, size_);
    std::memset(heap_.data() + start, 0, std::min(offset + size, size_) - start);
    return {};
  }
  if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0) return Errno(EOPNOTSUPP);
  if (offset + size > kMostSize) return Errno(EFBIG);
  // Pages behind the end aren't kept: nobody would count them.
  if ((mode & FALLOC_FL_KEEP_SIZE) == 0) TRY(grow(offset + size, offset + size));
  times_.change = now();
  return {};
}

Result<int64_t> MemContent::seek(int64_t offset, int whence) {
  MutexLock lock(mutex_);
  if (offset < 0 || static_cast<uint64_t>(offset) >= size_) return Errno(ENXIO);
  if (on_host()) return host::seek(file_.get(), offset, whence);
  return whence == SEEK_DATA ? offset : static_cast<int64_t>(size_);
}

MemContent::Times MemContent::times() const {
  MutexLock lock(mutex_);
  return times_;
}

void MemContent::set_times(const timespec times[2]) {
  MutexLock lock(mutex_);
  const timespec current = now();
  set_time(times_.access, times, current);
  set_time(times_.modification, times != nullptr ? times + 1 : nullptr, current);
  times_.change = current;
}

void MemContent::touch_access() {
  if (!access_due_.load(std::memory_order_relaxed)) return;
  MutexLock lock(mutex_);
  times_.access = now();
  access_due_.store(false, std::memory_order_relaxed);
}

}  // namespace rawposix::fs
