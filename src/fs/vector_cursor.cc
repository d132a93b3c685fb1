// SPDX-License-Identifier: Apache-2.0
#include "fs/vector_cursor.h"

#include "sfi/safe_copy.h"

namespace rawposix::fs {

size_t VectorCursor::copy(std::byte* to, const std::byte* from, size_t size) {
  if (size == 0) return 0;
  // SAFETY: one side is the host's own; a fault on the other makes the copy return early.
  return size - sfi_safe_copy(to, from, size);
}

}  // namespace rawposix::fs
