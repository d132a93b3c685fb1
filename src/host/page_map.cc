// SPDX-License-Identifier: Apache-2.0
#include "host/page_map.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "host/file.h"

namespace rawposix::host {
namespace {

constexpr uint64_t kPageSize = 4096;

// linux/fs.h, Linux 6.7; older headers lack it.
struct ScanRegion {
  uint64_t start;
  uint64_t end;
  uint64_t categories;
};
struct ScanArgument {
  uint64_t size;
  uint64_t flags;
  uint64_t start;
  uint64_t end;
  uint64_t walk_end;
  uint64_t vec;
  uint64_t vec_len;
  uint64_t max_pages;
  uint64_t category_inverted;
  uint64_t category_mask;
  uint64_t category_anyof_mask;
  uint64_t return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArgument);
constexpr uint64_t kIsFile = 1U << 2;
constexpr uint64_t kIsPresent = 1U << 3;
constexpr uint64_t kIsSwapped = 1U << 4;
constexpr uint64_t kIsZero = 1U << 5;

// Entries of the file itself.
constexpr uint64_t kEntryPresent = uint64_t{1} << 63;
constexpr uint64_t kEntrySwapped = uint64_t{1} << 62;
constexpr uint64_t kEntryFile = uint64_t{1} << 61;

int page_map_fd() {
  static const Result<UniqueFd> file = open_outside("/proc/self/pagemap", O_RDONLY);
  return file.ok() ? file.value().get() : -1;
}

// Collects what lies in the ranges of regions that come in ascending order; joins what touches.
class Collector {
 public:
  explicit Collector(std::span<const PageRange> ranges) : ranges_(ranges) {}
  void add(uint64_t start, uint64_t end) {
    while (!ranges_.empty() && ranges_.front().start < end) {
      add_run(std::max(start, ranges_.front().start), std::min(end, ranges_.front().end));
      if (ranges_.front().end > end) return;
      ranges_ = ranges_.subspan(1);
    }
  }
  std::vector<PageRange> take() { return std::move(runs_); }

 private:
  void add_run(uint64_t start, uint64_t end) {
    if (start >= end) return;
    if (!runs_.empty() && runs_.back().end == start) {
      runs_.back().end = end;
    } else {
      runs_.push_back({start, end});
    }
  }

  std::span<const PageRange> ranges_;
  std::vector<PageRange> runs_;
};

// What regions of a scan are to be, by categories.
struct ScanFilter {
  uint64_t inverted;
  uint64_t all;
  uint64_t any;
  uint64_t told;
};

// Calls `visit` with each region that the filter lets through. ENOTTY from kernels that don't know
// the request.
template <class Visit>
Result<> scan(uint64_t base, const PageRange& range, const ScanFilter& filter, Visit visit) {
  std::array<ScanRegion, 128> regions;
  for (uint64_t start = base + range.start; start < base + range.end;) {
    ScanArgument argument{.size = sizeof argument,
                          .flags = 0,
                          .start = start,
                          .end = base + range.end,
                          .walk_end = 0,
                          .vec = std::bit_cast<uint64_t>(regions.data()),
                          .vec_len = regions.size(),
                          .max_pages = 0,
                          .category_inverted = filter.inverted,
                          .category_mask = filter.all,
                          .category_anyof_mask = filter.any,
                          .return_mask = filter.told};
    int count = static_cast<int>(::syscall(SYS_ioctl, page_map_fd(), kPagemapScan, &argument));
    if (count < 0) return Errno::last();
    for (size_t i = 0; i < static_cast<size_t>(count); i++) visit(regions[i]);
    if (argument.walk_end <= start) return Errno(EIO);
    start = argument.walk_end;
  }
  return {};
}

// Calls `visit` with each page's offset and entry.
template <class Visit>
Result<> read_entries(uint64_t base, const PageRange& range, Visit visit) {
  std::array<uint64_t, 512> entries;
  for (uint64_t start = range.start; start < range.end;) {
    size_t wanted = std::min<uint64_t>(entries.size(), (range.end - start) / kPageSize);
    off_t offset = static_cast<off_t>((base + start) / kPageSize * sizeof(uint64_t));
    ssize_t size = ::pread(page_map_fd(), entries.data(), wanted * sizeof(uint64_t), offset);
    if (size < 0) return Errno::last();
    const size_t count = static_cast<size_t>(size) / sizeof(uint64_t);
    if (count == 0) return Errno(EIO);
    for (size_t i = 0; i < count; i++, start += kPageSize) visit(start, entries[i]);
  }
  return {};
}

Result<> scan_private(uint64_t base, const PageRange& range, PageKinds kinds, Collector& found) {
  const uint64_t left_out = kinds == PageKinds::kAll ? kIsFile : kIsFile | kIsZero;
  return scan(base, range, {left_out, left_out, kIsPresent | kIsSwapped, kIsPresent},
              [&](const ScanRegion& region) { found.add(region.start - base, region.end - base); });
}

Result<> read_private(uint64_t base, const PageRange& range, Collector& found) {
  return read_entries(base, range, [&](uint64_t page, uint64_t entry) {
    const bool holds_something =
        (entry & (kEntryPresent | kEntrySwapped)) != 0 && (entry & kEntryFile) == 0;
    if (holds_something) found.add(page, page + kPageSize);
  });
}

Result<> scan_resident(uint64_t base, const PageRange& range, ResidentPages& found) {
  return scan(base, range, {kIsZero, kIsZero | kIsPresent, 0, kIsFile},
              [&](const ScanRegion& region) {
                const uint64_t pages = (region.end - region.start) / kPageSize;
                ((region.categories & kIsFile) != 0 ? found.file : found.anonymous) += pages;
              });
}

Result<> read_resident(uint64_t base, const PageRange& range, ResidentPages& found) {
  return read_entries(base, range, [&](uint64_t, uint64_t entry) {
    if ((entry & kEntryPresent) == 0) return;
    ((entry & kEntryFile) != 0 ? found.file : found.anonymous)++;
  });
}

}  // namespace

uint64_t total_size(std::span<const PageRange> ranges) {
  uint64_t size = 0;
  for (const PageRange& range : ranges) size += range.end - range.start;
  return size;
}

Result<std::vector<PageRange>> private_runs(const std::byte* base,
                                            std::span<const PageRange> ranges, PageKinds kinds,
                                            PageMapMethod method) {
  if (page_map_fd() < 0) return Errno(ENOSYS);
  if (ranges.empty()) return std::vector<PageRange>();
  const uint64_t address = std::bit_cast<uint64_t>(base);
  Collector found(ranges);
  if (method == PageMapMethod::kBest) {
    Result<> scanned =
        scan_private(address, {ranges.front().start, ranges.back().end}, kinds, found);
    if (scanned.ok()) return found.take();
    if (scanned.error() != Errno(ENOTTY)) return scanned.error();
  }
  for (const PageRange& range : ranges) TRY(read_private(address, range, found));
  return found.take();
}

Result<ResidentPages> resident_pages(const std::byte* base, std::span<const PageRange> ranges,
                                     PageMapMethod method) {
  if (page_map_fd() < 0) return Errno(ENOSYS);
  const uint64_t address = std::bit_cast<uint64_t>(base);
  ResidentPages found;
  for (const PageRange& range : ranges) {
    Result<> counted = Errno(ENOTTY);
    if (method == PageMapMethod::kBest) counted = scan_resident(address, range, found);
    if (!counted.ok() && counted.error() == Errno(ENOTTY)) {
      counted = read_resident(address, range, found);
    }
    if (!counted.ok()) return counted.error();
  }
  return found;
}

}  // namespace rawposix::host
