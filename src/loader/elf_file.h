// SPDX-License-Identifier: Apache-2.0
// Reads the headers of a cage program (docs/sfi.md section 7). The file is hostile until proved
// otherwise: every number is checked against the file's size and the slot's layout before it is
// used, and each header is read once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loader/load_error.h"

namespace rawposix::loader {

// Where the bytes come from. The content may change while it is read.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;
  // Fills all of `to`. EIO if the file ends before, whatever size() said.
  virtual Result<> read(uint64_t offset, std::span<std::byte> to) = 0;
};

// An open file of the host's; the descriptor stays the caller's.
class HostFileSource final : public ByteSource {
 public:
  HostFileSource(int fd, uint64_t size) : fd_(fd), size_(size) {}
  uint64_t size() const override { return size_; }
  Result<> read(uint64_t offset, std::span<std::byte> to) override;

 private:
  Result<> read_file(uint64_t offset, std::span<std::byte> to) const;

  int fd_;
  uint64_t size_;
  // The file's first bytes, where all headers usually are: one read serves them.
  std::vector<std::byte> head_;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<> read(uint64_t offset, std::span<std::byte> to) override;

 private:
  std::span<const std::byte> bytes_;
};

struct ElfSegment {
  uint64_t address = 0;
  uint64_t file_offset = 0;
  uint64_t file_size = 0;
  uint64_t memory_size = 0;  // >= file_size, > 0
  int protection = 0;        // PROT_*; never both writable and executable

  bool executable() const;
  bool writable() const;
  uint64_t start_page() const;
  uint64_t end_page() const;
};

struct ElfFile {
  uint64_t entry = 0;
  // The program headers in the image's own memory.
  uint64_t headers_address = 0;
  uint64_t header_count = 0;
  // By address. No two share a page; all lie between kImageStart and kImageEnd.
  std::vector<ElfSegment> segments;
  size_t text = 0;  // which of them is executable
};

inline constexpr uint32_t kAbiVersion = 1;
inline constexpr size_t kProgramHeaderSize = 56;

LoadResult<ElfFile> read_elf(ByteSource& source);

}  // namespace rawposix::loader
