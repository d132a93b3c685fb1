// SPDX-License-Identifier: Apache-2.0
// Which pages of this process's private memory hold something: those that were written since they
// were mapped. Linux tells by /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "support/result.h"

namespace rawposix::host {

struct PageRange {
  std::byte* start;
  std::byte* end;
};

enum class PageMapMethod : uint8_t {
  kBest,  // PAGEMAP_SCAN where there is one (Linux 6.7)
  kRead,  // entries one by one
};

// Calls `visit` with every run of private pages in [start, end), in order, that have content of
// their own. Pages of files and the page of zeroes are left out.
Result<> for_each_private_run(std::byte* start, std::byte* end,
                              const std::function<Result<>(const PageRange&)>& visit,
                              PageMapMethod method = PageMapMethod::kBest);

}  // namespace rawposix::host
