// SPDX-License-Identifier: Apache-2.0
// Host address space and memory files: thin wrappers of the Linux calls that return Result. They
// know nothing of slots; whoever calls them answers for the range.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "support/result.h"
#include "support/unique_fd.h"

namespace rawposix::host {

// What a new mapping shows: anonymous zeroes, or a file from an offset on.
struct MapSource {
  int fd = -1;
  uint64_t offset = 0;
};

// `flags` are Linux's MAP_*; MAP_ANONYMOUS is added when the source has no descriptor.
Result<std::byte*> map(void* address, size_t size, int protection, int flags,
                       MapSource source = {});
Result<> unmap(void* address, size_t size);
Result<> protect(void* address, size_t size, int protection);
Result<> advise(void* address, size_t size, int advice);
Result<> sync(void* address, size_t size, int flags);
Result<> resident(void* address, size_t size, unsigned char* pages);

// mremap(2) to a fixed place that leaves the old range mapped and empty (MREMAP_DONTUNMAP), so
// that no hole opens which another thread's mmap could fill.
Result<> move_pages(void* from, size_t size, void* to);
// A second mapping of the same shared pages (mremap(2) with an old size of 0).
Result<> duplicate_shared(void* from, size_t size, void* to);

// Copies by Linux, which reaches the pages by mappings of its own: worth its while for many pages
// that nobody has touched yet. EFAULT where either side can't be reached; part of it may be copied.
Result<> copy_memory(void* to, const void* from, size_t size);

// A sealable memory file of `size_bytes` zeroes.
Result<UniqueFd> create_memory_file(const char* name, uint64_t size_bytes);
// Fixes size and content for good: nobody can write, grow or shrink it, or take the seals off.
Result<> seal_content(int fd);

}  // namespace rawposix::host
