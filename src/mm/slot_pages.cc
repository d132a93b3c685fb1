// SPDX-License-Identifier: Apache-2.0
#include "mm/slot_pages.h"

#include <sys/mman.h>

#include <ctime>

#include "host/mappings.h"
#include "host/memory.h"

namespace rawposix::mm {
namespace {

constexpr int kReserveFlags = MAP_PRIVATE | MAP_NORESERVE;
constexpr HostPiece kReserved = HostPiece::reserved();

// So many edges must have been added before the host is asked again: asking takes milliseconds when
// the process has tens of thousands of mappings.
constexpr uint64_t kWorthRecounting = 512;
// Mappings that are kept at hand, so that a slot whose use goes up and down leaves the budget
// alone.
constexpr uint64_t kAtHand = 4;

HostPiece piece_of(int protection, int flags, int fd) {
  const bool file = fd >= 0 || (flags & MAP_SHARED) != 0;
  return {file ? HostPiece::Origin::kFile : HostPiece::Origin::kFresh, protection,
          (flags & MAP_NORESERVE) == 0};
}

}  // namespace

template <class Growth>
Result<> SlotPages::make_room(Growth growth) {
  for (bool recounted = false;; recounted = true) {
    int64_t needed = static_cast<int64_t>(map_.edges()) + growth();
    int64_t more = needed - static_cast<int64_t>(share_.used());
    if (more <= 0 || share_.take(static_cast<uint64_t>(more))) return {};
    if (recounted || !recount()) return Errno(ENOMEM);
  }
}

void SlotPages::settle() {
  if (share_.used() > map_.edges() + kAtHand) share_.give(share_.used() - map_.edges());
}

bool SlotPages::recount() {
  if (map_.added() < kWorthRecounting) return false;
  auto edges = host::mapping_edges(base(), sfi::kSlotSize);
  if (!edges.ok()) return false;
  map_.retain(edges.value());
  settle();
  return true;
}

SlotPages::Remains SlotPages::close_hole(uint64_t start, uint64_t size) const {
  // ENOMEM if anything in the range is not mapped (man 2 msync), and nothing happens.
  if (host::sync(host(start), size, MS_ASYNC).ok()) return Remains::kUntouched;
  constexpr int kTries = 2000;
  constexpr timespec kPause{0, 1'000'000};
  for (int tries = 0;; ++tries) {
    auto filled = host::map(host(start), size, PROT_NONE, kReserveFlags | MAP_FIXED);
    if (filled.ok()) return Remains::kGone;
    // The process itself has used up its mappings, cages have had no part in that. What is kept for
    // this case is given up; failing that there is hope that some become free. In the end, a hole
    // would be a way for the guest to the host's memory.
    CHECK(tries < kTries);
    if (!host::give_up_spare_mapping()) nanosleep(&kPause, nullptr);
  }
}

SlotPages::Remains SlotPages::clean_up(uint64_t start, uint64_t size) {
  Remains remains = close_hole(start, size);
  if (remains == Remains::kGone) {
    map_.replace(start, start + size, kReserved);
  } else {
    map_.divide(start, start + size);
  }
  settle();
  return remains;
}

Result<void, SlotPages::Failure> SlotPages::map(uint64_t start, uint64_t size, int protection,
                                                int flags, int fd, uint64_t file_offset) {
  const uint64_t end = start + size;
  auto room = make_room([&] { return map_.growth_by_replacing(start, end); });
  if (!room.ok()) return Failure{room.error(), Remains::kUntouched};
  auto mapped =
      host::map(host(start), size, protection, flags | MAP_FIXED, host::MapSource{fd, file_offset});
  // Linux may have unmapped the range before it asked the file, or whether there is memory.
  if (!mapped.ok()) return Failure{mapped.error(), clean_up(start, size)};
  map_.replace(start, end, piece_of(protection, flags, fd));
  settle();
  return {};
}

Result<> SlotPages::release(uint64_t start, uint64_t size) {
  const uint64_t end = start + size;
  Result<> outcome = make_room([&] { return map_.growth_by_replacing(start, end); });
  if (outcome.ok()) {
    auto reserved = host::map(host(start), size, PROT_NONE, kReserveFlags | MAP_FIXED);
    if (reserved.ok()) {
      map_.replace(start, end, kReserved);
      settle();
    } else if (clean_up(start, size) == Remains::kUntouched) {
      outcome = reserved.error();
    }
  }
  unsure_ = unsure_ || !outcome.ok();
  return outcome;
}

Result<> SlotPages::protect(uint64_t start, uint64_t size, int protection) {
  const uint64_t end = start + size;
  TRY(make_room([&] { return map_.growth_by_dividing(start, end); }));
  auto changed = host::protect(host(start), size, protection);
  if (changed.ok()) {
    map_.protect(start, end, protection);
  } else {
    // It may have got half way.
    map_.forget(start, end);
    unsure_ = true;
  }
  return changed;
}

Result<> SlotPages::prefer_page_size(uint64_t start, uint64_t size, int advice) {
  const uint64_t end = start + size;
  TRY(make_room([&] { return map_.growth_by_dividing(start, end); }));
  map_.divide(start, end);
  return host::advise(host(start), size, advice);
}

Result<> SlotPages::advise(uint64_t start, uint64_t size, int advice) const {
  return host::advise(host(start), size, advice);
}

Result<> SlotPages::sync(uint64_t start, uint64_t size, int flags) const {
  return host::sync(host(start), size, flags);
}

Result<> SlotPages::resident(uint64_t start, uint64_t size, unsigned char* pages) const {
  return host::resident(host(start), size, pages);
}

Result<> SlotPages::move(uint64_t from, uint64_t size, uint64_t to) {
  TRY(make_room([&] { return map_.growth_by_moving(from, size, to); }));
  auto moved = host::move_pages(host(from), size, host(to));
  if (!moved.ok()) {
    close_hole(to, size);
    // One mapping of the cage can be several of the host's, which mremap(2) won't move together.
    if (moved.error() == Errno(EFAULT)) moved = move_parts(from, size, to);
  }
  // Either way: if it failed in the middle, pages may be at both places.
  map_.move(from, size, to);
  if (!moved.ok()) {
    map_.forget(to, to + size);
    unsure_ = true;
    static_cast<void>(release(to, size));
  }
  settle();
  return moved;
}

Result<> SlotPages::move_parts(uint64_t from, uint64_t size, uint64_t to) {
  uint64_t done = 0;
  Result<> outcome;
  map_.for_each_part(from, from + size, [&](uint64_t start, uint64_t end) {
    outcome = host::move_pages(host(start), end - start, host(to + done));
    if (outcome.ok()) done += end - start;
    return outcome.ok();
  });
  if (outcome.ok()) return {};
  // Back again: the old mappings are still there, only empty. With the host so short of memory that
  // even this fails, the guest's pages are lost, as they are when Linux runs out in move_vma().
  uint64_t back = 0;
  map_.for_each_part(from, from + done, [&](uint64_t start, uint64_t end) {
    if (!host::move_pages(host(to + back), end - start, host(start)).ok()) {
      close_hole(start, end - start);
    }
    back += end - start;
    return true;
  });
  close_hole(to + done, size - done);
  return outcome;
}

Result<> SlotPages::place(std::byte* from, uint64_t size, uint64_t to) {
  TRY(make_room([&] { return map_.growth_by_replacing(to, to + size); }));
  auto moved = host::move_pages(from, size, host(to));
  if (!moved.ok()) {
    clean_up(to, size);
    return moved;
  }
  map_.replace(to, to + size, HostPiece{});
  settle();
  return {};
}

Result<> SlotPages::duplicate_shared(uint64_t from, uint64_t size, uint64_t to) {
  TRY(make_room([&] { return map_.growth_by_replacing(to, to + size); }));
  auto duplicated = host::duplicate_shared(host(from), size, host(to));
  if (!duplicated.ok()) {
    clean_up(to, size);
    return duplicated;
  }
  map_.replace(to, to + size, HostPiece{});
  settle();
  return {};
}

Result<> SlotPages::share(std::byte* from, uint64_t size, uint64_t to, int protection) {
  TRY(make_room([&] { return map_.growth_by_replacing(to, to + size); }));
  auto duplicated = host::duplicate_shared(from, size, host(to));
  if (!duplicated.ok()) {
    clean_up(to, size);
    return duplicated;
  }
  map_.replace(to, to + size, HostPiece{});
  settle();
  return protect(to, size, protection);
}

}  // namespace rawposix::mm
