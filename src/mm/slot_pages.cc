// SPDX-License-Identifier: Apache-2.0
#include "mm/slot_pages.h"

#include <sys/mman.h>

#include "host/memory.h"

namespace rawposix::mm {
namespace {

constexpr int kReserveFlags = MAP_PRIVATE | MAP_NORESERVE;

}  // namespace

SlotPages::Remains SlotPages::reserve_if_unmapped(uint64_t start, uint64_t size) {
  auto filled = host::map(host(start), size, PROT_NONE, kReserveFlags | MAP_FIXED_NOREPLACE);
  if (filled.ok()) return Remains::kGone;
  // EEXIST: the old pages are still there. Anything else would leave a hole, and with it a way for
  // the guest to the host's memory.
  CHECK(filled.error() == Errno(EEXIST));
  return Remains::kUntouched;
}

Result<void, SlotPages::Failure> SlotPages::map(uint64_t start, uint64_t size, int protection,
                                                int flags, int fd, uint64_t file_offset) {
  auto mapped =
      host::map(host(start), size, protection, flags | MAP_FIXED, host::MapSource{fd, file_offset});
  if (mapped.ok()) return {};
  // Linux before 6.12 unmaps the range before it asks the file.
  return Failure{mapped.error(), reserve_if_unmapped(start, size)};
}

Result<> SlotPages::release(uint64_t start, uint64_t size) {
  TRY(host::map(host(start), size, PROT_NONE, kReserveFlags | MAP_FIXED));
  return {};
}

Result<> SlotPages::protect(uint64_t start, uint64_t size, int protection) {
  return host::protect(host(start), size, protection);
}

Result<> SlotPages::advise(uint64_t start, uint64_t size, int advice) {
  return host::advise(host(start), size, advice);
}

Result<> SlotPages::sync(uint64_t start, uint64_t size, int flags) {
  return host::sync(host(start), size, flags);
}

Result<> SlotPages::resident(uint64_t start, uint64_t size, unsigned char* pages) {
  return host::resident(host(start), size, pages);
}

Result<> SlotPages::move(uint64_t from, uint64_t size, uint64_t to) {
  auto moved = host::move_pages(host(from), size, host(to));
  if (moved.ok()) return {};
  reserve_if_unmapped(to, size);
  // One mapping of the cage can be several of the host's, which mremap(2) won't move together
  // (it never merges those with pages of different origin): move it in parts.
  if (moved.error() != Errno(EFAULT) || size <= sfi::kPageSize) return moved;
  uint64_t half = sfi::page_up(size / 2);
  TRY(move(from, half, to));
  auto rest = move(from + half, size - half, to + half);
  if (rest.ok()) return {};
  // Back again: the old mapping is still there, only empty. With the host so short of memory that
  // even this fails, the guest's pages are lost, as they are when Linux runs out in move_vma().
  if (host::move_pages(host(to), half, host(from)).ok()) TRY(release(to, half));
  return rest;
}

Result<> SlotPages::place(std::byte* from, uint64_t size, uint64_t to) {
  auto moved = host::move_pages(from, size, host(to));
  if (!moved.ok()) reserve_if_unmapped(to, size);
  return moved;
}

Result<> SlotPages::duplicate_shared(uint64_t from, uint64_t size, uint64_t to) {
  auto duplicated = host::duplicate_shared(host(from), size, host(to));
  if (!duplicated.ok()) reserve_if_unmapped(to, size);
  return duplicated;
}

Result<> SlotPages::share(std::byte* from, uint64_t size, uint64_t to, int protection) {
  auto duplicated = host::duplicate_shared(from, size, host(to));
  if (!duplicated.ok()) {
    reserve_if_unmapped(to, size);
    return duplicated;
  }
  return protect(to, size, protection);
}

}  // namespace rawposix::mm
