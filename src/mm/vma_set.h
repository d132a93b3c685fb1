// SPDX-License-Identifier: Apache-2.0
// The mappings of an address space: ordered, not overlapping, and as few as can be (neighbours that
// are alike are one, as on Linux). A value: copies are independent. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "mm/vma.h"

namespace rawposix::mm {

class VmaSet {
 public:
  using Map = std::map<uint64_t, Vma>;  // by start
  using Iterator = Map::const_iterator;

  // Pages, for the resource limits.
  struct Totals {
    uint64_t all = 0;
    uint64_t data = 0;
    uint64_t stack = 0;
    uint64_t locked = 0;
  };

  // Adds a mapping to a free range and merges it with its neighbours.
  void insert(Vma vma);
  // Frees a range, cutting mappings that reach out of it.
  void remove(uint64_t start, uint64_t end);
  // Changes every mapping inside the range, cutting at its ends first and merging afterwards.
  // `change` may touch protection, flags and nothing else.
  void update(uint64_t start, uint64_t end, const std::function<void(Vma&)>& change);

  // The first mapping that ends after `address`; it may begin after it, too.
  Iterator first_after(uint64_t address) const;
  // The mapping that contains `address`, or null.
  const Vma* at(uint64_t address) const;
  // The mapping that contains all of the range, or null.
  const Vma* containing(uint64_t start, uint64_t end) const;
  bool overlaps(uint64_t start, uint64_t end) const;
  // Whether no address of the range is unmapped.
  bool covers(uint64_t start, uint64_t end) const;
  // The part of each mapping that lies in the range, in order.
  void for_each_in(uint64_t start, uint64_t end,
                   const std::function<void(const Vma&)>& visit) const;
  // Totals of the parts of mappings in the range.
  Totals totals_in(uint64_t start, uint64_t end) const;
  // How many mappings more there would be after cutting at both addresses.
  size_t cuts(uint64_t start, uint64_t end) const;

  // The highest or lowest place for `size` bytes inside [low, high).
  std::optional<uint64_t> highest_gap(uint64_t size, uint64_t low, uint64_t high) const;
  std::optional<uint64_t> lowest_gap(uint64_t size, uint64_t low, uint64_t high) const;

  Iterator begin() const { return map_.begin(); }
  Iterator end() const { return map_.end(); }
  size_t size() const { return map_.size(); }
  bool empty() const { return map_.empty(); }
  const Totals& totals() const { return totals_; }

 private:
  void cut(uint64_t address);
  Map::iterator erase(Map::iterator it);
  Map::iterator place(Vma vma);
  // Merges the mapping with the one before it, if they are alike.
  Map::iterator merge_left(Map::iterator it);

  Map map_;
  Totals totals_;
};

// The part of `vma` inside the range, which overlaps it.
Vma clip(const Vma& vma, uint64_t start, uint64_t end);

}  // namespace rawposix::mm
