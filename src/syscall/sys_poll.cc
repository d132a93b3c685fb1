// SPDX-License-Identifier: Apache-2.0
// poll(2), select(2)
#include <poll.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "host/clock.h"
#include "host/file.h"
#include "sync/wait_queue.h"
#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

// What a wait for several files needs: those that Linux watches, and those that are served here.
class PollSet {
 public:
  explicit PollSet(Task& task) : task_(task) {}

  // One that is not waited for.
  void skip() { events_.push_back(0); }
  // The next one. False if the number refers to nothing.
  bool add(FdNum fd, int16_t events) {
    const size_t index = events_.size();
    skip();
    Result<fs::FdTable::Borrowed> borrowed = data_file(task_, fd);
    if (!borrowed.ok()) return false;
    fs::FileRef file = borrowed.value().share();
    if (file->host_fd() < 0) {
      if (sync::WaitQueue* queue = file->readiness(task_.waiter()); queue != nullptr) {
        entries_.emplace_back(*queue, task_.waiter());
      }
      own_.push_back({index, events, std::move(file)});
      return true;
    }
    watched_.push_back({file->host_fd(), events, 0});
    indices_.push_back(index);
    files_.push_back(std::move(file));
    return true;
  }
  // The one added last has these events at once.
  void set(int16_t events) {
    events_.back() = events;
    ready_at_once_ |= events != 0;
  }

  Result<> wait(const sync::Deadline& deadline) {
    do {
      task_.waiter().clear_wake();
      look_at_own();
    } while (!ready_at_once_ && TRY(is_woken(deadline)));
    // The answers of Linux's are wanted all the same.
    if (ready_at_once_) static_cast<void>(watch(timespec{}));
    for (size_t i = 0; i < watched_.size(); i++) events_[indices_[i]] = watched_[i].revents;
    return {};
  }
  int16_t events(size_t index) const { return events_[index]; }

 private:
  struct Own {
    size_t index;
    int16_t wanted;
    fs::FileRef file;
  };

  void look_at_own() {
    for (const Own& own : own_) {
      events_[own.index] = own.file->ready(task_.waiter(), own.wanted);
      ready_at_once_ |= events_[own.index] != 0;
    }
  }

  // Waits. False: until one of Linux's is ready or for as long as it may take; true: what is served
  // here may have changed.
  Result<bool> is_woken(const sync::Deadline& deadline) {
    const Result<> waited =
        watched_.empty() ? task_.waiter().park(deadline)
                         : watch(deadline.is_set() ? std::optional(deadline.left()) : std::nullopt);
    if (waited.ok()) return watched_.empty();
    if (waited.error() == Errno(ETIMEDOUT)) return false;
    if (waited.error() == Errno(EINTR)) return true;
    return waited.error();
  }

  // Has Linux watch its files for at most `time`. EINTR: woken.
  Result<> watch(std::optional<timespec> time) {
    if (watched_.empty()) return {};
    TRY(task_.waiter().host_call_or_wake([&](const host::StopWord& stop) {
      return host::wait_ready(watched_, time ? &*time : nullptr, stop);
    }));
    return {};
  }

  Task& task_;
  std::vector<pollfd> watched_;
  std::vector<size_t> indices_;     // of watched_
  std::vector<fs::FileRef> files_;  // of watched_, kept open meanwhile
  std::vector<Own> own_;
  std::deque<sync::WaitQueue::Entry> entries_;  // of own_
  std::vector<int16_t> events_;
  bool ready_at_once_ = false;
};

// When a wait of `time` from now ends. EINVAL.
Result<sync::Deadline> deadline_after(std::optional<timespec> time) {
  if (!time) return sync::Deadline();
  if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= sync::kNanosecondsPerSecond) {
    return Errno(EINVAL);
  }
  return sync::Deadline::after(*time);
}

// ppoll() and select() report what was left, and start again with that unless a handler ran.
Result<int64_t> until_handled(const Result<int64_t>& ready) {
  if (!ready.ok() && ready.error() == sync::kRestart) return sync::kRestartUnlessHandled;
  return ready;
}

// Reads a few at a time, so that a count alone, without memory of that size, takes nothing.
Result<> add_polled(Task& task, PollSet& waiter, UserInOut<abi::Pollfd> files, uint32_t count) {
  std::array<abi::Pollfd, 64> some;
  for (uint32_t done = 0; done < count;) {
    std::span<abi::Pollfd> wanted =
        std::span(some).first(std::min<size_t>(count - done, some.size()));
    TRY(task.memory().copy_in(wanted.data(), files.element(done).addr(), wanted.size_bytes()));
    for (const abi::Pollfd& file : wanted) {
      if (file.fd < 0) {
        waiter.skip();
        continue;
      }
      auto events = static_cast<int16_t>(file.events | POLLERR | POLLHUP);
      if (!waiter.add(FdNum{file.fd}, events)) waiter.set(POLLNVAL);
    }
    done += static_cast<uint32_t>(wanted.size());
  }
  return {};
}

Result<int64_t> poll_files(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                           const sync::Deadline& deadline) {
  if (count > fd_limit(task)) return Errno(EINVAL);
  PollSet waiter(task);
  TRY(add_polled(task, waiter, files, count));
  TRY(waiter.wait(deadline));
  int64_t ready = 0;
  for (uint32_t i = 0; i < count; i++) {
    int16_t events = waiter.events(i);
    ready += events != 0 ? 1 : 0;
    GuestAddr place = files.element(i).addr().plus(offsetof(abi::Pollfd, revents));
    TRY(task.memory().write(UserOut<int16_t>(place), events));
  }
  return ready;
}

// The signal mask of ppoll() and pselect(), for the time of the call.
Result<std::optional<signal::SignalSet>> read_mask(Task& task, GuestAddr mask, uint64_t size) {
  if (mask.is_null()) return std::optional<signal::SignalSet>();
  if (size != sizeof(abi::Sigset)) return Errno(EINVAL);
  abi::Sigset raw = TRY(task.memory().read(UserIn<abi::Sigset>(mask)));
  return std::optional(signal::SignalSet::from_raw(raw));
}

template <class Wait>
Result<int64_t> with_mask(Task& task, const std::optional<signal::SignalSet>& mask, Wait wait) {
  cage::Signals& signals = task.cage().signals();
  if (mask) signals.set_temporary_mask(task, *mask);
  Result<int64_t> ready = until_handled(wait());
  // An interruption is seen to with this mask, which ends after that.
  if (ready.ok() || !sync::is_restart(ready.error())) signals.restore_mask(task);
  return ready;
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

int64_t answer(FdSet& set, const PollSet& waiter, uint32_t count, int16_t events) {
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
                             GuestAddr except, const sync::Deadline& deadline) {
  if (wanted_count < 0) return Errno(EINVAL);
  // Numbers that no table can hold are not looked at, as on Linux.
  auto count = static_cast<uint32_t>(std::min<uint64_t>(wanted_count, fd_limit(task)));
  Selection sets;
  sets.read = TRY(FdSet::read(task, read, count));
  sets.write = TRY(FdSet::read(task, write, count));
  sets.except = TRY(FdSet::read(task, except, count));
  PollSet waiter(task);
  for (uint32_t fd = 0; fd < count; fd++) {
    int16_t events = sets.events(fd);
    if (events == 0) {
      waiter.skip();
    } else if (!waiter.add(FdNum{static_cast<int32_t>(fd)}, events)) {
      return Errno(EBADF);
    }
  }
  TRY(waiter.wait(deadline));
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
  sync::Deadline deadline = TRY(deadline_after(time));
  if (task.restart_deadline) deadline = *task.restart_deadline;
  Result<int64_t> ready = poll_files(task, files, count, deadline);
  if (ready.ok() || ready.error() != sync::kRestart) return ready;
  task.restart_deadline = deadline;
  return sync::kRestartWithDeadline;
}

Result<int64_t> sys_ppoll(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                          UserInOut<timespec> timeout, UserIn<uint64_t> mask, uint64_t mask_size) {
  std::optional<timespec> time;
  if (!timeout.is_null()) time = TRY(task.memory().read(timeout));
  sync::Deadline deadline = TRY(deadline_after(time));
  std::optional<signal::SignalSet> set = TRY(read_mask(task, mask.addr(), mask_size));
  Result<int64_t> ready =
      with_mask(task, set, [&] { return poll_files(task, files, count, deadline); });
  // A timeout that can't be written is not an error (fs/select.c, poll_select_finish).
  if (deadline.is_set()) static_cast<void>(task.memory().write(timeout, deadline.left()));
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
  sync::Deadline deadline = TRY(deadline_after(time));
  Result<int64_t> ready = until_handled(select_files(task, count, read, write, except, deadline));
  if (deadline.is_set()) {
    timespec left = deadline.left();
    static_cast<void>(task.memory().write(timeout, timeval{left.tv_sec, left.tv_nsec / 1000}));
  }
  return ready;
}

Result<int64_t> sys_pselect6(Task& task, int32_t count, GuestAddr read, GuestAddr write,
                             GuestAddr except, UserInOut<timespec> timeout,
                             UserIn<abi::SigsetArgument> mask) {
  std::optional<signal::SignalSet> set;
  if (!mask.is_null()) {
    abi::SigsetArgument given = TRY(task.memory().read(mask));
    set = TRY(read_mask(task, GuestAddr{given.address}, given.size));
  }
  std::optional<timespec> time;
  if (!timeout.is_null()) time = TRY(task.memory().read(timeout));
  sync::Deadline deadline = TRY(deadline_after(time));
  Result<int64_t> ready = with_mask(
      task, set, [&] { return select_files(task, count, read, write, except, deadline); });
  if (deadline.is_set()) static_cast<void>(task.memory().write(timeout, deadline.left()));
  return ready;
}

}  // namespace rawposix::syscall
