// SPDX-License-Identifier: Apache-2.0
// Host descriptors that are open for as long as a guest likes. The process has only RLIMIT_NOFILE
// of them, and a guest can hold more than there are numbers in its tables (a mapping keeps its file
// open), so each is counted against its world's share. Those that a call closes before it returns
// are not.
#pragma once

#include <utility>

#include "support/budget.h"
#include "support/result.h"
#include "support/unique_fd.h"

namespace rawposix::fs {

class Descriptors;

// An open host descriptor that is counted. Its world outlives it.
class CountedFd {
 public:
  CountedFd() = default;
  CountedFd(CountedFd&& other) noexcept
      : fd_(std::move(other.fd_)), share_(std::exchange(other.share_, nullptr)) {}
  CountedFd& operator=(CountedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(share_, other.share_);
    return *this;
  }
  ~CountedFd() {
    fd_.reset();
    if (share_ != nullptr) share_->give(1);
  }

  int get() const { return fd_.get(); }
  bool valid() const { return fd_.valid(); }

 private:
  friend class Descriptors;
  CountedFd(UniqueFd fd, Budget::Share& share) : fd_(std::move(fd)), share_(&share) {}

  UniqueFd fd_;
  Budget::Share* share_ = nullptr;
};

// The descriptors of one world. Thread-safe.
class Descriptors {
 public:
  explicit Descriptors(Budget& budget) : share_(budget) {}

  // Calls `open` for a descriptor. ENFILE, without calling it, if the world has its share already.
  template <class Open>
  Result<CountedFd> open(Open open) {
    if (!share_.take(1)) return Errno(ENFILE);
    Result<UniqueFd> fd = open();
    if (fd.ok()) return CountedFd(std::move(fd).value(), share_);
    share_.give(1);
    return fd.error();
  }
  // The same for one that is open already; closed with ENFILE.
  Result<CountedFd> count(UniqueFd fd) {
    if (!share_.take(1)) return Errno(ENFILE);
    return CountedFd(std::move(fd), share_);
  }
  uint64_t used() const { return share_.used(); }

 private:
  Budget::Share share_;
};

}  // namespace rawposix::fs
