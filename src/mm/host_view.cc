// SPDX-License-Identifier: Apache-2.0
#include "mm/host_view.h"

#include <algorithm>

#include "sfi/layout.h"
#include "support/check.h"

namespace rawposix::mm {
namespace {

// Of two views of one range.
bool same_view(const Vma& a, const Vma& b) {
  return a.protection == b.protection && a.flags == b.flags && a.file == b.file &&
         a.file_offset == b.file_offset;
}

Result<> map_view(SlotPages& pages, std::byte* sharer, const Vma& view) {
  const int fd = view.file != nullptr ? view.file->host_fd : -1;
  if (view.has(kVmaShared) && fd < 0) {
    CHECK(sharer != nullptr);
    return pages.share(sharer + view.start, view.size(), view.start, view.protection);
  }
  int flags = (view.has(kVmaShared) ? MAP_SHARED : MAP_PRIVATE) |
              (view.has(kVmaNoReserve) ? MAP_NORESERVE : 0);
  auto mapped = pages.map(view.start, view.size(), view.protection, flags, fd, view.file_offset);
  if (!mapped.ok()) return mapped.error().error;
  if (view.has(kVmaHugePages))
    return pages.prefer_page_size(view.start, view.size(), MADV_HUGEPAGE);
  if (view.has(kVmaNoHugePages)) {
    return pages.prefer_page_size(view.start, view.size(), MADV_NOHUGEPAGE);
  }
  return {};
}

}  // namespace

Vma host_view(const Vma& vma) {
  Vma view;
  view.start = vma.start;
  view.end = vma.end;
  view.protection = vma.protection;
  view.flags = vma.flags & (kVmaNoReserve | kVmaShared | kVmaText);
  if (vma.private_anonymous()) view.flags |= vma.flags & (kVmaHugePages | kVmaNoHugePages);
  if (!vma.anonymous_on_host()) {
    view.file = vma.file;
    view.file_offset = vma.file_offset;
  }
  return view;
}

Result<> take_over(SlotPages& pages, VmaSet& left, std::byte* sharer, const Vma& view) {
  uint64_t missing = view.start;  // from here up to `at`
  for (uint64_t at = view.start; at < view.end;) {
    auto next = left.first_after(at);
    if (next == left.end() || next->second.start >= view.end) break;
    Vma part = clip(next->second, std::max(at, next->second.start), view.end);
    if (same_view(part, clip(view, part.start, part.end))) {
      if (missing < part.start) {
        TRY(map_view(pages, sharer, clip(view, missing, part.start)));
      }
      missing = part.end;
    }
    at = part.end;
  }
  if (missing < view.end) TRY(map_view(pages, sharer, clip(view, missing, view.end)));
  left.remove(view.start, view.end);
  return {};
}

Result<> release_left(SlotPages& pages, VmaSet& left, const VmaSet& books) {
  while (!left.empty()) {
    // As much as lies between two mappings, at once.
    uint64_t start = left.begin()->first;
    auto next = books.first_after(start);
    uint64_t limit = next == books.end() ? sfi::kGuestEnd : next->second.start;
    uint64_t end = start;
    left.for_each_in(start, limit, [&end](const Vma& part) { end = part.end; });
    TRY(pages.release(start, end - start));
    left.remove(start, end);
  }
  return {};
}

}  // namespace rawposix::mm
