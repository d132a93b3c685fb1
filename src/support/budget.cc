// SPDX-License-Identifier: Apache-2.0
#include "support/budget.h"

#include "support/check.h"

namespace rawposix {

uint64_t Budget::total() const {
  uint64_t total = total_.load(std::memory_order_relaxed);
  if (total == 0 && find_total_ != nullptr) {
    total = find_total_();
    total_.store(total, std::memory_order_relaxed);
  }
  return total;
}

bool Budget::allows(uint64_t used, uint64_t own, uint64_t more) const {
  if (find_total_ != nullptr && used + more <= small_share_) return true;
  if (own <= small_share_) return used + more <= total();
  const uint64_t common = total() - total() / 4;
  return used + more <= common && own <= common - used - more;
}

bool Budget::Share::take(uint64_t count) {
  if (budget_ == nullptr || (count > budget_->small_share_ && count > budget_->total())) {
    return false;
  }
  // Counted first, so that two tasks that take at once don't both get the same last of it.
  uint64_t own = used_.fetch_add(count, std::memory_order_relaxed) + count;
  uint64_t used = budget_->used();
  while (budget_->allows(used, own, count)) {
    if (budget_->used_.compare_exchange_weak(used, used + count, std::memory_order_relaxed)) {
      return true;
    }
  }
  used_.fetch_sub(count, std::memory_order_relaxed);
  return false;
}

void Budget::Share::give(uint64_t count) {
  if (count == 0) return;
  DCHECK(budget_ != nullptr && count <= used());
  used_.fetch_sub(count, std::memory_order_relaxed);
  budget_->used_.fetch_sub(count, std::memory_order_relaxed);
}

}  // namespace rawposix
