// SPDX-License-Identifier: Apache-2.0
// Where mappings of the host may begin and end in one slot. Linux counts them against a bound for
// the whole process, and they are more than the cage's own: Linux never makes two one again whose
// pages have different histories (moved, protected meanwhile, written before they were neighbours).
//
// So this is an upper bound: every edge that the host has is in here, and others that it may have.
// Only what Linux is certain to join is joined: reserved ranges, and a new private anonymous
// mapping with one beside it that is like it and has never been anything else (can_vma_merge_*() of
// mm/vma.c). The rest waits until retain() is told the truth. Not thread-safe.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

namespace rawposix::mm {

// What tells whether neighbours are one mapping of the host's.
struct HostPiece {
  enum class Origin : uint8_t {
    kReserved,  // private, PROT_NONE, MAP_NORESERVE, without pages
    kFresh,     // private anonymous memory as mmap() made it
    kUsed,      // the same, but moved or changed since
    kFile,      // of a file, or shared
    kUnknown,
  };
  Origin origin = Origin::kUnknown;
  int protection = PROT_NONE;
  bool reserves_memory = true;

  static constexpr HostPiece reserved() { return {Origin::kReserved, PROT_NONE, false}; }

  bool looks_like(const HostPiece& other) const {
    return protection == other.protection && reserves_memory == other.reserves_memory;
  }
  // Whether Linux joins them for certain, if at least one is new.
  bool joins(const HostPiece& other) const {
    return origin == other.origin && (origin == Origin::kReserved || origin == Origin::kFresh) &&
           looks_like(other);
  }
  // Whether it may.
  bool may_join(const HostPiece& other) const {
    if (origin == Origin::kUnknown || other.origin == Origin::kUnknown) return true;
    return (origin == Origin::kFile) == (other.origin == Origin::kFile) && looks_like(other);
  }
  HostPiece used() const {
    bool private_memory = origin != Origin::kFile && origin != Origin::kUnknown;
    return {private_memory ? Origin::kUsed : origin, protection, reserves_memory};
  }
};

class HostMap {
 public:
  HostMap() : pieces_{{0, HostPiece::reserved()}} {}

  // Each makes one mapping two.
  size_t edges() const { return pieces_.size() - 1; }
  // How many were added since retain().
  uint64_t added() const { return added_; }

  // One new mapping over whatever was there.
  void replace(uint64_t start, uint64_t end, HostPiece piece);
  // The range gets other attributes than what is around it.
  void divide(uint64_t start, uint64_t end);
  void protect(uint64_t start, uint64_t end, int protection);
  // Nobody knows what is in the range now. Its edges may still be there.
  void forget(uint64_t start, uint64_t end);
  // The pages of one range go to another; the first stays mapped.
  void move(uint64_t from, uint64_t size, uint64_t to);
  // How many edges more there are afterwards, at most.
  int64_t growth_by_replacing(uint64_t start, uint64_t end) const;
  int64_t growth_by_dividing(uint64_t start, uint64_t end) const;
  int64_t growth_by_moving(uint64_t from, uint64_t size, uint64_t to) const;

  // `edges` are the host's own, ascending.
  void retain(std::span<const uint64_t> edges);

  // Calls `visit` with start and end of each part of the range that is one mapping of the host's.
  template <class Visit>
  void for_each_part(uint64_t start, uint64_t end, Visit visit) const {
    while (start < end) {
      auto next = pieces_.upper_bound(start);
      uint64_t part_end = next == pieces_.end() || next->first > end ? end : next->first;
      if (!visit(start, part_end)) return;
      start = part_end;
    }
  }

 private:
  using Pieces = std::map<uint64_t, HostPiece>;  // by start; each ends where the next begins

  bool has_edge(uint64_t at) const { return pieces_.contains(at); }
  int64_t edges_inside(uint64_t start, uint64_t end) const;
  Pieces::iterator cut(uint64_t at);
  void join_left(Pieces::iterator it);
  static HostPiece joined(const HostPiece& left, const HostPiece& right);

  Pieces pieces_;
  uint64_t added_ = 0;
};

}  // namespace rawposix::mm
