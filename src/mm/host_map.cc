// SPDX-License-Identifier: Apache-2.0
#include "mm/host_map.h"

#include <iterator>

namespace rawposix::mm {

// Makes an edge, if there is none, and returns the piece that begins there.
HostMap::Pieces::iterator HostMap::cut(uint64_t at) {
  auto after = pieces_.lower_bound(at);
  if (after != pieces_.end() && after->first == at) return after;
  ++added_;
  return pieces_.emplace_hint(after, at, std::prev(after)->second);
}

int64_t HostMap::edges_inside(uint64_t start, uint64_t end) const {
  if (start >= end) return 0;
  return std::distance(pieces_.upper_bound(start), pieces_.lower_bound(end));
}

int64_t HostMap::growth_by_dividing(uint64_t start, uint64_t end) const {
  return (has_edge(start) ? 0 : 1) + (has_edge(end) ? 0 : 1);
}

int64_t HostMap::growth_by_replacing(uint64_t start, uint64_t end) const {
  return growth_by_dividing(start, end) - edges_inside(start, end);
}

int64_t HostMap::growth_by_moving(uint64_t from, uint64_t size, uint64_t to) const {
  return growth_by_dividing(from, from + size) + growth_by_replacing(to, to + size) +
         edges_inside(from, from + size);
}

void HostMap::join_left(Pieces::iterator it) {
  if (it == pieces_.begin() || it == pieces_.end()) return;
  if (std::prev(it)->second.joins(it->second)) pieces_.erase(it);
}

void HostMap::replace(uint64_t start, uint64_t end, HostPiece piece) {
  auto behind = cut(end);
  auto first = cut(start);
  pieces_.erase(std::next(first), behind);
  first->second = piece;
  auto before = std::prev(first);
  // With mappings on both sides that it could join Linux joins all three only if their pages have a
  // history in common, and else one of the two; which, depends on the kernel.
  const bool may_join_both = before->second.may_join(piece) && piece.may_join(behind->second);
  const bool all_reserved = before->second.joins(piece) && piece.joins(behind->second) &&
                            piece.origin == HostPiece::Origin::kReserved;
  if (may_join_both && !all_reserved) return;
  join_left(behind);
  join_left(first);
}

void HostMap::divide(uint64_t start, uint64_t end) {
  auto behind = cut(end);
  for (auto it = cut(start); it != behind; ++it) it->second = it->second.used();
}

void HostMap::protect(uint64_t start, uint64_t end, int protection) {
  divide(start, end);
  auto behind = pieces_.find(end);
  for (auto it = pieces_.find(start); it != behind; ++it) it->second.protection = protection;
}

void HostMap::forget(uint64_t start, uint64_t end) {
  auto behind = cut(end);
  for (auto it = cut(start); it != behind; ++it) it->second = HostPiece{};
}

void HostMap::move(uint64_t from, uint64_t size, uint64_t to) {
  divide(from, from + size);
  const Pieces moved(pieces_.find(from), pieces_.find(from + size));
  replace(to, to + size, HostPiece{});
  for (const auto& [start, piece] : moved) cut(start - from + to)->second = piece;
}

HostPiece HostMap::joined(const HostPiece& left, const HostPiece& right) {
  if (left.joins(right)) return left;
  if (left.looks_like(right) && left.may_join(right)) return left.used();
  return HostPiece{};
}

void HostMap::retain(std::span<const uint64_t> edges) {
  auto real = edges.begin();
  for (auto it = std::next(pieces_.begin()); it != pieces_.end();) {
    // None is missing unless Linux has another idea of what joins; then it is learnt here.
    for (; real != edges.end() && *real < it->first; ++real) cut(*real)->second = HostPiece{};
    if (real != edges.end() && *real == it->first) {
      ++real;
      ++it;
      continue;
    }
    auto before = std::prev(it);
    // A mapping of the cage that looks like a reserved range stays apart from it.
    using enum HostPiece::Origin;
    if ((before->second.origin == kReserved) != (it->second.origin == kReserved)) {
      ++it;
      continue;
    }
    before->second = joined(before->second, it->second);
    it = pieces_.erase(it);
  }
  for (; real != edges.end(); ++real) cut(*real)->second = HostPiece{};
  added_ = 0;
}

}  // namespace rawposix::mm
