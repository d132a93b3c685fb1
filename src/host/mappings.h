// SPDX-License-Identifier: Apache-2.0
// How many mappings this process has. Linux bounds them (vm.max_map_count, 65530 by default) for
// the process as a whole: at the bound mmap(2), munmap(2) and mprotect(2) fail for everybody in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/budget.h"
#include "support/result.h"

namespace rawposix::host {

// What cages may have of them; the rest is for whatever else runs in this process. One for the
// process, as the bound is.
Budget& mapping_budget();

// The offsets in (0, size) at which one mapping ends and the next begins, ascending; nothing in the
// range is unmapped. Takes time in proportion to the mappings of the whole process.
Result<std::vector<uint64_t>> mapping_edges(const std::byte* start, uint64_t size);

// Gives up one of a few mappings that are kept for it, so that another can be made where that must
// not fail. False if there are none left.
bool give_up_spare_mapping();

}  // namespace rawposix::host
