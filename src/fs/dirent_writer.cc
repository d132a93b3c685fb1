// SPDX-License-Identifier: Apache-2.0
#include "fs/dirent_writer.h"

#include <sys/stat.h>

#include <cstring>

#include "abi/dirent.h"
#include "sfi/safe_copy.h"

namespace rawposix::fs {

bool DirentWriter::add(std::string_view name, uint64_t inode, int64_t next_offset, mode_t kind) {
  const size_t record_size = abi::dirent_size(name.size());
  if (record_size > records_.size() - size_) return false;
  std::byte* record = &records_[size_];
  std::memset(record, 0, record_size);
  abi::DirentHeader header{};
  header.inode = inode;
  header.next_offset = next_offset;
  header.record_size = static_cast<uint16_t>(record_size);
  header.type = static_cast<uint8_t>((kind & S_IFMT) >> 12);  // IFTODT
  std::memcpy(record, &header, sizeof header);
  std::memcpy(record + abi::kDirentNameOffset, name.data(), name.size());
  size_ += record_size;
  return true;
}

Result<> copy_records(const iovec& to, std::span<const std::byte> records) {
  // SAFETY: the caller's range; a fault makes the copy return early.
  if (sfi_safe_copy(to.iov_base, records.data(), records.size()) != 0) return Errno(EFAULT);
  return {};
}

}  // namespace rawposix::fs
