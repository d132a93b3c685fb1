// SPDX-License-Identifier: Apache-2.0
// Which pages of this process's private memory hold something: those that were written since they
// were mapped. Linux tells by /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "support/result.h"

namespace rawposix::host {

// Offsets from a base, page-aligned.
struct PageRange {
  uint64_t start;
  uint64_t end;

  bool operator==(const PageRange&) const = default;
};

// In bytes.
uint64_t total_size(std::span<const PageRange> ranges);

enum class PageMapMethod : uint8_t {
  kBest,  // PAGEMAP_SCAN where there is one (Linux 6.7): one call, whatever lies between the ranges
  kRead,  // entry by entry of the ranges
};

enum class PageKinds : uint8_t {
  kWithContent,  // of their own
  kAll,          // the page of zeroes, too, where something has been read but never written
};

// The runs of private pages that are in memory (or swapped out) in `ranges`, which are ascending
// and don't overlap. Pages of files are left out; so is the page of zeroes, unless `kinds` asks for
// it or `method` can't tell. ENOSYS without /proc.
Result<std::vector<PageRange>> private_runs(const std::byte* base,
                                            std::span<const PageRange> ranges, PageKinds kinds,
                                            PageMapMethod method = PageMapMethod::kBest);

// How many pages of the ranges are in memory, the page of zeroes left out.
struct ResidentPages {
  uint64_t anonymous = 0;
  uint64_t file = 0;  // of files and shared memory
};
Result<ResidentPages> resident_pages(const std::byte* base, std::span<const PageRange> ranges,
                                     PageMapMethod method = PageMapMethod::kBest);

}  // namespace rawposix::host
