// SPDX-License-Identifier: Apache-2.0
#include "mm/vma_set.h"

#include <algorithm>
#include <utility>

#include "sfi/layout.h"
#include "support/check.h"

namespace rawposix::mm {
namespace {

void count(VmaSet::Totals& totals, const Vma& vma, int64_t sign) {
  uint64_t pages = vma.size() / sfi::kPageSize * static_cast<uint64_t>(sign);
  totals.all += pages;
  if (vma.is_data()) totals.data += pages;
  if (vma.has(kVmaStack)) totals.stack += pages;
  if (vma.has(kVmaLocked)) totals.locked += pages;
}

}  // namespace

Vma clip(const Vma& vma, uint64_t start, uint64_t end) {
  Vma part = vma;
  part.start = std::max(vma.start, start);
  part.end = std::min(vma.end, end);
  if (vma.file != nullptr) part.file_offset += part.start - vma.start;
  return part;
}

VmaSet::Map::iterator VmaSet::erase(Map::iterator it) {
  count(totals_, it->second, -1);
  return map_.erase(it);
}

VmaSet::Map::iterator VmaSet::place(Vma vma) {
  count(totals_, vma, 1);
  uint64_t start = vma.start;
  auto [it, inserted] = map_.emplace(start, std::move(vma));
  CHECK(inserted);
  return it;
}

VmaSet::Map::iterator VmaSet::merge_left(Map::iterator it) {
  if (it == map_.begin() || it == map_.end()) return it;
  auto before = std::prev(it);
  if (!before->second.continues_in(it->second)) return it;
  before->second.end = it->second.end;  // totals stay: both counted alike
  map_.erase(it);
  return before;
}

void VmaSet::insert(Vma vma) {
  DCHECK(vma.start < vma.end && !overlaps(vma.start, vma.end));
  auto it = merge_left(place(std::move(vma)));
  merge_left(std::next(it));
}

void VmaSet::cut(uint64_t address) {
  auto after = map_.upper_bound(address);
  if (after == map_.begin()) return;
  auto it = std::prev(after);
  if (it->second.start == address || it->second.end <= address) return;
  Vma right = clip(it->second, address, it->second.end);
  it->second.end = address;
  map_.emplace_hint(after, address, std::move(right));
}

void VmaSet::remove(uint64_t start, uint64_t end) {
  cut(start);
  cut(end);
  auto it = map_.lower_bound(start);
  while (it != map_.end() && it->first < end) it = erase(it);
}

void VmaSet::update(uint64_t start, uint64_t end, const std::function<void(Vma&)>& change) {
  cut(start);
  cut(end);
  auto it = map_.lower_bound(start);
  while (it != map_.end() && it->first < end) {
    count(totals_, it->second, -1);
    change(it->second);
    count(totals_, it->second, 1);
    it = std::next(merge_left(it));
  }
  merge_left(it);
}

VmaSet::Iterator VmaSet::first_after(uint64_t address) const {
  auto it = map_.upper_bound(address);
  if (it != map_.begin() && std::prev(it)->second.end > address) return std::prev(it);
  return it;
}

const Vma* VmaSet::at(uint64_t address) const {
  auto it = first_after(address);
  if (it == map_.end() || it->second.start > address) return nullptr;
  return &it->second;
}

const Vma* VmaSet::containing(uint64_t start, uint64_t end) const {
  const Vma* vma = at(start);
  return vma != nullptr && end <= vma->end ? vma : nullptr;
}

bool VmaSet::overlaps(uint64_t start, uint64_t end) const {
  auto it = first_after(start);
  return it != map_.end() && it->second.start < end;
}

bool VmaSet::covers(uint64_t start, uint64_t end) const {
  auto it = first_after(start);
  for (uint64_t next = start; next < end; next = it->second.end, ++it) {
    if (it == map_.end() || it->second.start > next) return false;
    if (it->second.end >= end) return true;
  }
  return true;
}

void VmaSet::for_each_in(uint64_t start, uint64_t end,
                         const std::function<void(const Vma&)>& visit) const {
  for (auto it = first_after(start); it != map_.end() && it->second.start < end; ++it) {
    if (it->second.start >= start && it->second.end <= end) {
      visit(it->second);
    } else {
      visit(clip(it->second, start, end));
    }
  }
}

VmaSet::Totals VmaSet::totals_in(uint64_t start, uint64_t end) const {
  Totals totals;
  for_each_in(start, end, [&](const Vma& vma) { count(totals, vma, 1); });
  return totals;
}

size_t VmaSet::cuts(uint64_t start, uint64_t end) const {
  auto inside = [this](uint64_t address) {
    const Vma* vma = at(address);
    return vma != nullptr && vma->start < address;
  };
  return (inside(start) ? 1U : 0U) + (inside(end) ? 1U : 0U);
}

std::optional<uint64_t> VmaSet::highest_gap(uint64_t size, uint64_t low, uint64_t high) const {
  uint64_t top = high;
  // Downwards from the last mapping that begins below `high`.
  for (auto it = map_.lower_bound(high); top >= low && top - low >= size;) {
    if (it == map_.begin()) return top - size;
    --it;
    if (it->second.end <= top && top - std::max(it->second.end, low) >= size) return top - size;
    top = std::min(top, it->second.start);
  }
  return std::nullopt;
}

std::optional<uint64_t> VmaSet::lowest_gap(uint64_t size, uint64_t low, uint64_t high) const {
  uint64_t bottom = low;
  for (auto it = first_after(low); bottom <= high && high - bottom >= size; ++it) {
    if (it == map_.end()) return bottom;
    if (it->second.start >= bottom && it->second.start - bottom >= size) return bottom;
    bottom = std::max(bottom, it->second.end);
  }
  return std::nullopt;
}

}  // namespace rawposix::mm
