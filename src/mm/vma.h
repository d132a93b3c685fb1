// SPDX-License-Identifier: Apache-2.0
// One mapping of a cage, as a line of /proc/PID/maps shows it.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rawposix::mm {

// What a mapping other than private anonymous memory shows. Mappings belong to the same file if
// they have the same MappedFile, so an open file keeps one for all that is mapped through it.
struct MappedFile {
  int host_fd = -1;  // -1: memory shared between cages that no file stands for
  uint64_t device = 0;
  uint64_t inode = 0;
  std::string name;
  // Or where it is now; may ask Linux.
  std::function<std::string()> find_name;
  // Keeps host_fd open.
  std::shared_ptr<const void> owner;
};

enum VmaFlag : uint32_t {
  kVmaShared = 1U << 0,
  kVmaStack = 1U << 1,
  kVmaNoReserve = 1U << 2,
  kVmaLocked = 1U << 3,
  kVmaDontFork = 1U << 4,
  kVmaWipeOnFork = 1U << 5,
  kVmaDontDump = 1U << 6,
  kVmaSequential = 1U << 7,
  kVmaRandom = 1U << 8,
  kVmaHugePages = 1U << 9,
  kVmaNoHugePages = 1U << 10,
  // Verified code: the host maps it shared from a sealed file. It may be unmapped or made less
  // accessible, but neither moved nor written.
  kVmaText = 1U << 11,
  // Initialised data of the image: private pages that the loader filled, of which the host knows
  // no file. Dropped pages are to show the image's content again.
  kVmaImageData = 1U << 12,
  // Read-only content of the image that was never made writable: all its pages are the file's.
  kVmaUnwritten = 1U << 13,
};

struct Vma {
  uint64_t start = 0;
  uint64_t end = 0;
  int protection = PROT_NONE;
  int max_protection = PROT_READ | PROT_WRITE;
  uint32_t flags = 0;
  uint64_t file_offset = 0;  // of `start`
  std::shared_ptr<const MappedFile> file;

  uint64_t size() const { return end - start; }
  bool has(VmaFlag flag) const { return (flags & flag) != 0; }
  bool writable() const { return (protection & PROT_WRITE) != 0; }
  bool private_anonymous() const { return file == nullptr; }
  // Whether the host has private anonymous memory there.
  bool anonymous_on_host() const { return file == nullptr || has(kVmaImageData); }
  // Counted against RLIMIT_DATA (Linux: is_data_mapping()).
  bool is_data() const { return writable() && !has(kVmaShared) && !has(kVmaStack); }

  // Whether `next`, which begins where this ends, is the same mapping going on.
  bool continues_in(const Vma& next) const {
    return end == next.start && protection == next.protection &&
           max_protection == next.max_protection && flags == next.flags && file == next.file &&
           (file == nullptr || file_offset + size() == next.file_offset);
  }
};

}  // namespace rawposix::mm
