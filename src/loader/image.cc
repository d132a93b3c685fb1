// SPDX-License-Identifier: Apache-2.0
#include "loader/image.h"

#include <linux/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "host/descriptors.h"
#include "host/file.h"
#include "sfi/layout.h"
#include "verify/verifier.h"

namespace rawposix::loader {
namespace {

using sfi::page_up;

constexpr size_t kCopyChunk = 256 * 1024;
constexpr std::byte kTrap{0xCC};
constexpr size_t kReportedViolations = 4;

// Counted: a cage that makes programs and runs them keeps one open for each.
struct ImageFile {
  Budget::Share share;
  UniqueFd fd;
};

LoadError host_error(Errno error) {
  if (error == Errno(ENOMEM) || error == Errno(ENOSPC)) {
    return LoadError(LoadFault::kNoMemory, {}, Errno(ENOMEM));
  }
  return LoadError(LoadFault::kUnreadable, {}, error);
}

std::string describe(const verify::Report& report) {
  std::string text = std::to_string(report.violation_count) + " violation" +
                     (report.violation_count == 1 ? "" : "s");
  for (const verify::Violation& violation : report.violations) {
    text += "\n  " + verify::format(violation);
  }
  const size_t more = report.violation_count - report.violations.size();
  if (more != 0) text += "\n  and " + std::to_string(more) + " more";
  return text;
}

}  // namespace

HostMapping::~HostMapping() {
  if (start_ != nullptr) static_cast<void>(host::unmap(start_, size_));
}

void HostMapping::adopt(std::byte* start, size_t size) {
  CHECK(start_ == nullptr);
  start_ = start;
  size_ = size;
}

// The steps from a file to an image, in order.
class ImageBuilder {
 public:
  ImageBuilder(ByteSource& source, ElfFile elf)
      : source_(source), elf_(std::move(elf)), image_(new Image()) {
    // One after the other: what lies between them, and zeroes behind them, need no room.
    for (const ElfSegment& segment : elf_.segments) {
      offsets_.push_back(file_size_);
      file_size_ += file_end(segment) - segment.start_page();
    }
  }

  LoadResult<> copy() {
    if (!share_.take(1)) return host_error(Errno(ENFILE));
    auto file = host::create_memory_file("cage-image", file_size_);
    if (!file.ok()) return host_error(file.error());
    file_ = std::move(file).value();
    for (size_t i = 0; i < elf_.segments.size(); i++) {
      if (i != elf_.text) TRY(copy_segment(i));
    }
    return copy_text();
  }

  LoadResult<> seal(const std::string& name) {
    auto sealed = host::seal_content(file_.get());
    if (!sealed.ok()) return host_error(sealed.error());
    auto mapped = map_all();
    if (!mapped.ok() && mapped.error() == Errno(EPERM)) {
      // Before 6.7 Linux maps a write-sealed file MAP_SHARED only through a descriptor that can't
      // write. Either way what is mapped can never be made writable.
      auto read_only = host::reopen(file_.get(), O_RDONLY);
      if (!read_only.ok()) return host_error(read_only.error());
      file_ = std::move(read_only).value();
      mapped = map_all();
    }
    if (!mapped.ok()) return host_error(mapped.error());
    image_->mapping_.adopt(mapped.value(), file_size_);

    auto owner = std::make_shared<ImageFile>(ImageFile{std::move(share_), std::move(file_)});
    auto file = std::make_shared<mm::MappedFile>();
    file->host_fd = owner->fd.get();
    file->name = name;
    file->owner = std::move(owner);
    mapped_file_ = std::move(file);
    return {};
  }

  // Everything but the verification. Only for comparison until verify() has passed.
  const Image& lay_out() {
    image_->info_ = {elf_.entry, elf_.headers_address, elf_.header_count};
    for (size_t i = 0; i < elf_.segments.size(); i++) {
      const ElfSegment& segment = elf_.segments[i];
      mm::ImageSegment mapping;
      mapping.start = segment.start_page();
      mapping.file_end = file_end(segment);
      mapping.end = segment.end_page();
      mapping.protection = segment.protection;
      mapping.file = mapped_file_;
      mapping.file_offset = offsets_[i];
      image_->segments_.push_back(std::move(mapping));
    }
    image_->end_ = image_->segments_.back().end;
    return *image_;
  }

  LoadResult<> verify() {
    const ElfSegment& text = elf_.segments[elf_.text];
    const auto mapped = as_code(image_->mapping_.bytes().subspan(offsets_[elf_.text], text_size()));
    const auto code = text_.empty() ? mapped : as_code(text_);
    verify::Options options;
    options.max_violations = kReportedViolations;
    verify::Report report = verify::verify({code, static_cast<uint32_t>(text.address)}, options);
    if (!report.ok()) return LoadError(LoadFault::kRefused, describe(report));
    image_->safe_points_ = std::move(report.safe_points);
    image_->code_ = {mapped.data(), text.address, mapped.size(), image_->safe_points_};
    if (!image_->code_.is_safe_point(elf_.entry)) return LoadError(LoadFault::kBadEntry);
    return {};
  }

  std::shared_ptr<const Image> finish() { return std::move(image_); }

 private:
  // Where a segment's first byte lies in the memory file.
  uint64_t offset_in_file(size_t segment) const {
    return offsets_[segment] + elf_.segments[segment].address % sfi::kPageSize;
  }

  // The page after a segment's last byte in the file.
  static uint64_t file_end(const ElfSegment& segment) {
    if (segment.file_size == 0) return segment.start_page();
    return page_up(segment.address + segment.file_size);
  }

  uint64_t text_size() const {
    const ElfSegment& text = elf_.segments[elf_.text];
    return file_end(text) - text.address;
  }

  static std::span<const uint8_t> as_code(std::span<const std::byte> bytes) {
    // SAFETY: bytes viewed as bytes.
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  }

  LoadResult<> read(uint64_t offset, std::span<std::byte> to) {
    auto read = source_.read(offset, to);
    if (!read.ok()) return LoadError(LoadFault::kUnreadable, {}, read.error());
    return {};
  }

  LoadResult<> copy_segment(size_t number) {
    const ElfSegment& segment = elf_.segments[number];
    std::vector<std::byte> chunk;
    for (uint64_t done = 0; done < segment.file_size; done += chunk.size()) {
      chunk.resize(std::min<uint64_t>(kCopyChunk, segment.file_size - done));
      TRY(read(segment.file_offset + done, chunk));
      TRY(put(offset_in_file(number) + done, chunk));
    }
    return {};
  }

  // With traps up to the end of its last page.
  LoadResult<> copy_text() {
    const ElfSegment& text = elf_.segments[elf_.text];
    if (text_size() > kCopyChunk) {
      TRY(copy_segment(elf_.text));
      std::vector<std::byte> traps(text_size() - text.file_size, kTrap);
      return put(offset_in_file(elf_.text) + text.file_size, traps);
    }
    text_.assign(text_size(), kTrap);
    TRY(read(text.file_offset, std::span(text_).first(text.file_size)));
    return put(offset_in_file(elf_.text), text_);
  }

  Result<std::byte*> map_all() const {
    const int populate = text_.empty() ? MAP_POPULATE : 0;
    return host::map(nullptr, file_size_, PROT_READ, MAP_SHARED | populate, {file_.get(), 0});
  }

  LoadResult<> put(uint64_t offset, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      iovec part{bytes.data(), bytes.size()};
      auto written = host::write_at(file_.get(), {&part, 1}, static_cast<int64_t>(offset));
      if (!written.ok()) return host_error(written.error());
      offset += written.value();
      bytes = bytes.subspan(written.value());
    }
    return {};
  }

  ByteSource& source_;
  ElfFile elf_;
  std::shared_ptr<Image> image_;
  std::vector<uint64_t> offsets_;  // of the segments' first pages in the memory file
  uint64_t file_size_ = 0;
  // A small one, verified here: to touch the mapping takes longer than to verify a small program.
  std::vector<std::byte> text_;
  Budget::Share share_{host::descriptor_budget()};
  UniqueFd file_;
  std::shared_ptr<const mm::MappedFile> mapped_file_;
};

LoadResult<std::shared_ptr<const Image>> Image::load(ByteSource& source, const std::string& name,
                                                     const FindSame& find_same) {
  ElfFile elf = TRY(read_elf(source));
  ImageBuilder builder(source, std::move(elf));
  TRY(builder.copy());
  TRY(builder.seal(name));
  const Image& unverified = builder.lay_out();
  if (find_same != nullptr) {
    if (auto same = find_same(unverified); same != nullptr) return same;
  }
  TRY(builder.verify());
  return builder.finish();
}

bool Image::same_content(const Image& other) const {
  auto same_segment = [](const mm::ImageSegment& a, const mm::ImageSegment& b) {
    return a.start == b.start && a.file_end == b.file_end && a.end == b.end &&
           a.protection == b.protection;
  };
  auto mine = mapping_.bytes();
  auto theirs = other.mapping_.bytes();
  // All at once, which is cheaper than page by page: a program that was just written is compared at
  // each exec. (Before Linux 5.14 it fails, and they come one by one.)
  static_cast<void>(
      host::advise(const_cast<std::byte*>(mine.data()), mine.size(), MADV_POPULATE_READ));
  return info_ == other.info_ && mine.size() == theirs.size() &&
         std::equal(segments_.begin(), segments_.end(), other.segments_.begin(),
                    other.segments_.end(), same_segment) &&
         memcmp(mine.data(), theirs.data(), mine.size()) == 0;
}

}  // namespace rawposix::loader
