// SPDX-License-Identifier: Apache-2.0
#include "host/page_map.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "support/unique_fd.h"

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
  static const UniqueFd file(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  return file.get();
}

uint64_t address_of(const std::byte* pointer) { return std::bit_cast<uint64_t>(pointer); }
PageRange range_of(uint64_t start, uint64_t end) {
  return {std::bit_cast<std::byte*>(start), std::bit_cast<std::byte*>(end)};
}

// ENOTTY from kernels that don't know the request.
Result<> scan(uint64_t start, uint64_t end,
              const std::function<Result<>(const PageRange&)>& visit) {
  std::array<ScanRegion, 128> regions;
  while (start < end) {
    ScanArgument argument{.size = sizeof argument,
                          .flags = 0,
                          .start = start,
                          .end = end,
                          .walk_end = 0,
                          .vec = std::bit_cast<uint64_t>(regions.data()),
                          .vec_len = regions.size(),
                          .max_pages = 0,
                          .category_inverted = kIsFile | kIsZero,
                          .category_mask = kIsFile | kIsZero,
                          .category_anyof_mask = kIsPresent | kIsSwapped,
                          .return_mask = kIsPresent};
    int count = ::ioctl(page_map_fd(), kPagemapScan, &argument);
    if (count < 0) return Errno::last();
    for (int i = 0; i < count; i++) {
      TRY(visit(
          range_of(regions[static_cast<size_t>(i)].start, regions[static_cast<size_t>(i)].end)));
    }
    if (argument.walk_end <= start) break;
    start = argument.walk_end;
  }
  return {};
}

Result<> read_entries(uint64_t start, uint64_t end,
                      const std::function<Result<>(const PageRange&)>& visit) {
  std::array<uint64_t, 512> entries;
  uint64_t run = 0;  // where the current run began; 0: none
  while (start < end) {
    size_t wanted = std::min<uint64_t>(entries.size(), (end - start) / kPageSize);
    off_t offset = static_cast<off_t>(start / kPageSize * sizeof(uint64_t));
    ssize_t count = ::pread(page_map_fd(), entries.data(), wanted * sizeof(uint64_t), offset);
    if (count <= 0) return count < 0 ? Errno::last() : Errno(EIO);
    for (size_t i = 0; i < static_cast<size_t>(count) / sizeof(uint64_t); i++, start += kPageSize) {
      const bool has =
          (entries[i] & (kEntryPresent | kEntrySwapped)) != 0 && (entries[i] & kEntryFile) == 0;
      if (has && run == 0) run = start;
      if (!has && run != 0) {
        TRY(visit(range_of(run, start)));
        run = 0;
      }
    }
  }
  if (run != 0) return visit(range_of(run, end));
  return {};
}

}  // namespace

Result<> for_each_private_run(std::byte* start, std::byte* end,
                              const std::function<Result<>(const PageRange&)>& visit,
                              PageMapMethod method) {
  if (page_map_fd() < 0) return Errno(ENOSYS);
  if (method == PageMapMethod::kBest) {
    Result<> scanned = scan(address_of(start), address_of(end), visit);
    if (scanned.ok() || scanned.error() != Errno(ENOTTY)) return scanned;
  }
  return read_entries(address_of(start), address_of(end), visit);
}

}  // namespace rawposix::host
