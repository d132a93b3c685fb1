// SPDX-License-Identifier: Apache-2.0
// A count of something that the whole process has only so much of, shared out so that nobody who
// takes all he can get keeps the others from what they need:
//   - Whatever others use, everybody gets a small share as long as there is any left at all; a
//     quarter of the whole is for nothing else.
//   - Of the rest, nobody may have more than he leaves free for all others together.
// What somebody has is never taken away. Thread-safe, without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace rawposix {

class Budget {
 public:
  Budget(uint64_t total, uint64_t small_share) : small_share_(small_share), total_(total) {}
  // A total that is found out when somebody is about to take the process above the small share,
  // maybe more than once; there is at least that much.
  struct FoundLate {
    uint64_t (*find)();
  };
  Budget(FoundLate total, uint64_t small_share)
      : find_total_(total.find), small_share_(small_share) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  uint64_t total() const;
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

  // What one user has of it; given back at the end. The budget must outlive it.
  class Share {
   public:
    Share() = default;
    explicit Share(Budget& budget) : budget_(&budget) {}
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), used_(other.used_.exchange(0)) {}
    Share& operator=(Share&& other) noexcept {
      if (this != &other) {
        give(used());
        budget_ = std::exchange(other.budget_, nullptr);
        used_.store(other.used_.exchange(0));
      }
      return *this;
    }
    ~Share() { give(used()); }

    uint64_t used() const { return used_.load(std::memory_order_relaxed); }
    // False if that much can't be had.
    [[nodiscard]] bool take(uint64_t count);
    void give(uint64_t count);

   private:
    Budget* budget_ = nullptr;
    std::atomic<uint64_t> used_{0};
  };

 private:
  // Whether a user who then has `own` may have `more` when `used` are used already.
  bool allows(uint64_t used, uint64_t own, uint64_t more) const;

  uint64_t (*const find_total_)() = nullptr;
  const uint64_t small_share_;
  mutable std::atomic<uint64_t> total_{0};  // 0: not known yet
  std::atomic<uint64_t> used_{0};
};

}  // namespace rawposix
