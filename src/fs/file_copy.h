// SPDX-License-Identifier: Apache-2.0
// sendfile(2) and copy_file_range(2): Linux's own between files of Linux's, else by reading and
// writing. A null offset means the description's own.
#pragma once

#include "fs/file.h"

namespace rawposix::fs {

Result<size_t> send_file(sync::Waiter& waiter, File& to, File& from, int64_t* offset,
                         uint64_t size);
Result<size_t> copy_range(sync::Waiter& waiter, File& from, int64_t* from_offset, File& to,
                          int64_t* to_offset, uint64_t size);

// splice(2), between files of Linux's alone. EINVAL for others, upon which programs copy.
Result<size_t> splice(sync::Waiter& waiter, File& from, int64_t* from_offset, File& to,
                      int64_t* to_offset, uint64_t size, uint32_t flags);

}  // namespace rawposix::fs
