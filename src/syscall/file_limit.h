// SPDX-License-Identifier: Apache-2.0
// RLIMIT_FSIZE: how far a cage may extend regular files (mm/filemap.c,
// generic_write_check_limits()).
#pragma once

#include "syscall/files.h"

namespace rawposix::syscall {

// The rest of those below, for a cage that has a limit.
Result<uint64_t> limited_write(Task& task, fs::File& file, const int64_t* offset, uint64_t size);
Result<> limited_size(Task& task, const abi::Stat& file, int64_t size);

// How many of `size` bytes may be written at `offset`, or where the file's own offset is. EFBIG,
// and SIGXFSZ for the task.
inline Result<uint64_t> may_write(Task& task, fs::File& file, const int64_t* offset,
                                  uint64_t size) {
  if (task.cage().file_size_limit() == RLIM_INFINITY) [[likely]]
    return size;
  return limited_write(task, file, offset, size);
}

// The same for buffers, which are cut to what may be written.
inline Result<> cut_to_limit(Task& task, fs::File& file, const int64_t* offset,
                             TransferVectors& from) {
  if (task.cage().file_size_limit() == RLIM_INFINITY) [[likely]]
    return {};
  from.cut(TRY(limited_write(task, file, offset, from.size())));
  return {};
}

// Before a file, or what `status()` tells of it, becomes `size` bytes long.
template <class Place>
Result<> may_resize(Task& task, Place& file, int64_t size) {
  if (task.cage().file_size_limit() == RLIM_INFINITY) [[likely]]
    return {};
  return limited_size(task, TRY(file.status()), size);
}

}  // namespace rawposix::syscall
