// SPDX-License-Identifier: Apache-2.0
// poll(2), select(2)
#include <poll.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "host/clock.h"
#include "host/file.h"
#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

// What a wait for several files needs: those that Linux watches, and the answers for the others.
class Waiter {
 public:
  explicit Waiter(size_t count) : events_(count) {}

  // False if the number refers to nothing.
  bool add(Task& task, size_t index, FdNum fd, int16_t events) {
    Result<fs::FdTable::Borrowed> borrowed = data_file(task, fd);
    if (!borrowed.ok()) return false;
    fs::FileRef file = borrowed.value().share();
    if (file->host_fd() < 0) {
      events_[index] = file->ready(events);
      ready_at_once_ |= events_[index] != 0;
      return true;
    }
    watched_.push_back({file->host_fd(), events, 0});
    indices_.push_back(index);
    files_.push_back(std::move(file));
    return true;
  }
  void set(size_t index, int16_t events) {
    events_[index] = events;
    ready_at_once_ |= events != 0;
  }

  Result<> wait(const timespec* timeout) {
    constexpr timespec kNow{0, 0};
    TRY(host::wait_ready(watched_, ready_at_once_ ? &kNow : timeout));
    for (size_t i = 0; i < watched_.size(); i++) events_[indices_[i]] = watched_[i].revents;
    return {};
  }
  int16_t events(size_t index) const { return events_[index]; }

 private:
  std::vector<pollfd> watched_;
  std::vector<size_t> indices_;     // of watched_
  std::vector<fs::FileRef> files_;  // kept open meanwhile
  std::vector<int16_t> events_;
  bool ready_at_once_ = false;
};

// A timeout and what is left of it, which ppoll() and select() report.
class Timeout {
 public:
  static Result<Timeout> after(std::optional<timespec> time) {
    Timeout timeout;
    if (!time) return timeout;
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= kNanosecondsPerSecond) {
      return Errno(EINVAL);
    }
    timeout.time_ = time;
    timeout.started_ = host::now(CLOCK_MONOTONIC).value_or(timespec{});
    return timeout;
  }
  const timespec* get() const { return time_ ? &*time_ : nullptr; }
  bool is_set() const { return time_.has_value(); }
  timespec left() const {
    timespec now = host::now(CLOCK_MONOTONIC).value_or(timespec{});
    timespec left{time_->tv_sec - (now.tv_sec - started_.tv_sec),
                  time_->tv_nsec - (now.tv_nsec - started_.tv_nsec)};
    while (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + kNanosecondsPerSecond};
    if (left.tv_nsec >= kNanosecondsPerSecond) {
      left = {left.tv_sec + 1, left.tv_nsec - kNanosecondsPerSecond};
    }
    if (left.tv_sec < 0) return timespec{};
    return left;
  }

 private:
  std::optional<timespec> time_;
  timespec started_{};
};

Result<int64_t> poll_files(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                           const Timeout& timeout) {
  if (count > fd_limit(task)) return Errno(EINVAL);
  std::vector<abi::Pollfd> wanted(count);
  TRY(task.memory().copy_in(wanted.data(), files.addr(), count * sizeof(abi::Pollfd)));
  Waiter waiter(count);
  for (uint32_t i = 0; i < count; i++) {
    if (wanted[i].fd < 0) continue;
    auto events = static_cast<int16_t>(wanted[i].events | POLLERR | POLLHUP);
    if (!waiter.add(task, i, FdNum{wanted[i].fd}, events)) waiter.set(i, POLLNVAL);
  }
  TRY(waiter.wait(timeout.get()));
  int64_t ready = 0;
  for (uint32_t i = 0; i < count; i++) {
    int16_t events = waiter.events(i);
    ready += events != 0 ? 1 : 0;
    GuestAddr place = files.element(i).addr().plus(offsetof(abi::Pollfd, revents));
    TRY(task.memory().write(UserOut<int16_t>(place), events));
  }
  return ready;
}

// The signal mask has no effect: cages have no signals yet.
Result<> check_mask(bool given, uint64_t size) {
  if (given && size != sizeof(uint64_t)) return Errno(EINVAL);
  return {};
}

// One of select()'s three sets.
class FdSet {
 public:
  static Result<FdSet> read(Task& task, GuestAddr address, uint32_t count) {
    FdSet set;
    set.address_ = address;
    if (address.is_null()) return set;
    set.words_.resize((count + abi::kFdSetWordBits - 1) / abi::kFdSetWordBits);
    TRY(task.memory().copy_in(set.words_.data(), address, set.size_bytes()));
    return set;
  }
  bool has(uint32_t fd) const {
    if (words_.empty()) return false;
    return (words_[fd / abi::kFdSetWordBits] >> (fd % abi::kFdSetWordBits) & 1) != 0;
  }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }
  void add(uint32_t fd) {
    words_[fd / abi::kFdSetWordBits] |= uint64_t{1} << (fd % abi::kFdSetWordBits);
  }
  Result<> write(Task& task) const {
    if (address_.is_null()) return {};
    return task.memory().copy_out(address_, words_.data(), size_bytes());
  }

 private:
  size_t size_bytes() const { return words_.size() * sizeof(abi::FdSetWord); }
  GuestAddr address_;
  std::vector<abi::FdSetWord> words_;
};

// fs/select.c: what makes a file count for each of the three sets.
constexpr int16_t kReadEvents = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
constexpr int16_t kWriteEvents = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
constexpr int16_t kExceptEvents = POLLPRI;

struct Selection {
  FdSet read;
  FdSet write;
  FdSet except;

  int16_t events(uint32_t fd) const {
    int events = 0;
    if (read.has(fd)) events |= kReadEvents;
    if (write.has(fd)) events |= kWriteEvents;
    if (except.has(fd)) events |= kExceptEvents;
    return static_cast<int16_t>(events);
  }
};

int64_t answer(FdSet& set, const Waiter& waiter, uint32_t count, int16_t events) {
  FdSet wanted = set;
  set.clear();
  int64_t ready = 0;
  for (uint32_t fd = 0; fd < count; fd++) {
    if (!wanted.has(fd) || (waiter.events(fd) & events) == 0) continue;
    set.add(fd);
    ready++;
  }
  return ready;
}

Result<int64_t> select_files(Task& task, int32_t wanted_count, GuestAddr read, GuestAddr write,
                             GuestAddr except, const Timeout& timeout) {
  if (wanted_count < 0) return Errno(EINVAL);
  // Numbers that no table can hold are not looked at, as on Linux.
  auto count = static_cast<uint32_t>(std::min<uint64_t>(wanted_count, fd_limit(task)));
  Selection sets;
  sets.read = TRY(FdSet::read(task, read, count));
  sets.write = TRY(FdSet::read(task, write, count));
  sets.except = TRY(FdSet::read(task, except, count));
  Waiter waiter(count);
  for (uint32_t fd = 0; fd < count; fd++) {
    int16_t events = sets.events(fd);
    if (events == 0) continue;
    if (!waiter.add(task, fd, FdNum{static_cast<int32_t>(fd)}, events)) return Errno(EBADF);
  }
  TRY(waiter.wait(timeout.get()));
  int64_t ready = answer(sets.read, waiter, count, kReadEvents);
  ready += answer(sets.write, waiter, count, kWriteEvents);
  ready += answer(sets.except, waiter, count, kExceptEvents);
  TRY(sets.read.write(task));
  TRY(sets.write.write(task));
  TRY(sets.except.write(task));
  return ready;
}

}  // namespace

Result<int64_t> sys_poll(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                         int32_t timeout_ms) {
  std::optional<timespec> time;
  if (timeout_ms >= 0) time = timespec{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000};
  Timeout timeout = TRY(Timeout::after(time));
  return poll_files(task, files, count, timeout);
}

Result<int64_t> sys_ppoll(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                          UserInOut<timespec> timeout, UserIn<uint64_t> mask, uint64_t mask_size) {
  std::optional<timespec> time;
  if (!timeout.is_null()) time = TRY(task.memory().read(timeout));
  Timeout wait = TRY(Timeout::after(time));
  TRY(check_mask(!mask.is_null(), mask_size));
  Result<int64_t> ready = poll_files(task, files, count, wait);
  // A timeout that can't be written is not an error (fs/select.c, poll_select_finish).
  if (wait.is_set()) static_cast<void>(task.memory().write(timeout, wait.left()));
  return ready;
}

Result<int64_t> sys_select(Task& task, int32_t count, GuestAddr read, GuestAddr write,
                           GuestAddr except, UserInOut<timeval> timeout) {
  std::optional<timespec> time;
  if (!timeout.is_null()) {
    timeval coarse = TRY(task.memory().read(timeout));
    // More microseconds than a second has are carried over.
    time = timespec{coarse.tv_sec + coarse.tv_usec / 1'000'000, coarse.tv_usec % 1'000'000 * 1000};
  }
  Timeout wait = TRY(Timeout::after(time));
  Result<int64_t> ready = select_files(task, count, read, write, except, wait);
  if (wait.is_set()) {
    timespec left = wait.left();
    static_cast<void>(task.memory().write(timeout, timeval{left.tv_sec, left.tv_nsec / 1000}));
  }
  return ready;
}

Result<int64_t> sys_pselect6(Task& task, int32_t count, GuestAddr read, GuestAddr write,
                             GuestAddr except, UserInOut<timespec> timeout,
                             UserIn<abi::SigsetArgument> mask) {
  if (!mask.is_null()) {
    abi::SigsetArgument given = TRY(task.memory().read(mask));
    TRY(check_mask(given.address != 0, given.size));
  }
  std::optional<timespec> time;
  if (!timeout.is_null()) time = TRY(task.memory().read(timeout));
  Timeout wait = TRY(Timeout::after(time));
  Result<int64_t> ready = select_files(task, count, read, write, except, wait);
  if (wait.is_set()) static_cast<void>(task.memory().write(timeout, wait.left()));
  return ready;
}

}  // namespace rawposix::syscall
