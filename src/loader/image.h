// SPDX-License-Identifier: Apache-2.0
// A program ready to run: its content in a sealed memory file, laid out as it will be in a slot,
// and verified. Immutable, so that any number of cages share it.
//
// The file that it came from is read once, into the memory file; only what was sealed is verified,
// mapped and run. Nothing that happens to the original afterwards matters.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/memory.h"
#include "loader/elf_file.h"
#include "loader/load_error.h"
#include "loader/stack_builder.h"
#include "mm/address_space.h"
#include "sfi/context.h"
#include "verify/safe_points.h"

namespace rawposix::loader {

// A read-only host mapping, unmapped at the end.
class HostMapping {
 public:
  HostMapping() = default;
  HostMapping(std::byte* start, size_t size) : start_(start), size_(size) {}
  HostMapping(const HostMapping&) = delete;
  HostMapping& operator=(const HostMapping&) = delete;
  ~HostMapping();
  void adopt(std::byte* start, size_t size);
  std::span<const std::byte> bytes() const { return {start_, size_}; }

 private:
  std::byte* start_ = nullptr;
  size_t size_ = 0;
};

class Image {
 public:
  // Finds an image of the same content that was verified before, or null. It may look at nothing
  // but the content of what it is given, which is not verified yet.
  using FindSame = std::function<std::shared_ptr<const Image>(const Image& unverified)>;

  // `name` is what /proc/PID/maps will show.
  static LoadResult<std::shared_ptr<const Image>> load(ByteSource& source, const std::string& name,
                                                       const FindSame& find_same = nullptr);

  const ImageInfo& info() const { return info_; }
  // What maps it; in ascending order.
  std::span<const mm::ImageSegment> segments() const { return segments_; }
  // What warm slots know the image by (mm/warm_slots.h).
  const mm::MappedFile* file() const { return segments_.front().file.get(); }
  // The heap begins here, page-aligned.
  uint64_t end() const { return end_; }
  // Lives as long as the image: contexts that point to it need the image kept.
  const sfi::CodeMap& code() const { return code_; }

  // All bytes of the image and of its layout, for comparison.
  bool same_content(const Image& other) const;
  uint64_t size_bytes() const { return mapping_.bytes().size(); }

 private:
  friend class ImageBuilder;
  Image() = default;

  ImageInfo info_;
  std::vector<mm::ImageSegment> segments_;
  uint64_t end_ = 0;
  HostMapping mapping_;  // the whole file, at image offsets
  verify::SafePoints safe_points_;
  sfi::CodeMap code_{};
};

}  // namespace rawposix::loader
