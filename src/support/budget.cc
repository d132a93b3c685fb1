// SPDX-License-Identifier: Apache-2.0
#include "support/budget.h"

#include "support/check.h"

namespace rawposix {

bool Budget::allows(uint64_t used, uint64_t own, uint64_t more) const {
  if (own <= small_share_) return used + more <= total_;
  const uint64_t common = total_ - total_ / 4;
  return used + more <= common && own <= common - used - more;
}

bool Budget::Share::take(uint64_t count) {
  if (budget_ == nullptr || count > budget_->total_) return false;
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
