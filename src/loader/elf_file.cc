// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.h"

#include <elf.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "host/file.h"
#include "sfi/layout.h"

namespace rawposix::loader {
namespace {

using sfi::page_down;
using sfi::page_up;

constexpr size_t kMaxHeaders = 64;
constexpr size_t kMaxSegments = 16;
constexpr size_t kMaxNoteBytes = 16 * 1024;
constexpr uint64_t kMostText = uint64_t{256} << 20;
constexpr uint64_t kMostContent = uint64_t{512} << 20;
// What the headers and the note of most programs lie in, read at once.
constexpr size_t kHeadSize = 1024;
constexpr char kNoteName[] = "RawPOSIX";
constexpr uint32_t kNoteAbi = 1;

static_assert(sizeof(Elf64_Phdr) == kProgramHeaderSize);

std::string hex(uint64_t value) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "%#llx", static_cast<unsigned long long>(value));
  return text.data();
}

bool in_file(uint64_t offset, uint64_t size, uint64_t file_size) {
  return offset <= file_size && size <= file_size - offset;
}

LoadResult<> read_bytes(ByteSource& source, uint64_t offset, std::span<std::byte> to) {
  if (!in_file(offset, to.size(), source.size())) return LoadError(LoadFault::kTruncated);
  auto done = source.read(offset, to);
  if (!done.ok()) return LoadError(LoadFault::kUnreadable, {}, done.error());
  return {};
}

LoadResult<Elf64_Ehdr> read_file_header(ByteSource& source) {
  Elf64_Ehdr header{};
  auto bytes = std::as_writable_bytes(std::span(&header, 1));
  auto magic = bytes.first(std::min<size_t>(SELFMAG, source.size()));
  TRY(read_bytes(source, 0, magic));
  if (magic.size() < SELFMAG || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return LoadError(LoadFault::kNotElf);
  }
  TRY(read_bytes(source, 0, bytes));
  // Read again above, so look again.
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return LoadError(LoadFault::kNotElf);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64) {
    return LoadError(LoadFault::kWrongMachine);
  }
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT) {
    return LoadError(LoadFault::kBadHeaders, "unknown ELF version");
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    return LoadError(LoadFault::kNotExecutable);
  }
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
      header.e_phnum > kMaxHeaders) {
    return LoadError(LoadFault::kBadHeaders, std::to_string(header.e_phnum) +
                                                 " program headers of " +
                                                 std::to_string(header.e_phentsize) + " bytes");
  }
  return header;
}

LoadResult<std::vector<Elf64_Phdr>> read_program_headers(ByteSource& source,
                                                         const Elf64_Ehdr& header) {
  std::vector<Elf64_Phdr> headers(header.e_phnum);
  TRY(read_bytes(source, header.e_phoff, std::as_writable_bytes(std::span(headers))));
  return headers;
}

// The descriptor of our note in one PT_NOTE segment, if it is there.
std::optional<uint32_t> find_version(std::span<const std::byte> notes, uint64_t alignment) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    memcpy(&note, notes.data(), sizeof note);
    // 64-bit sums of 32-bit sizes: no overflow.
    uint64_t round = alignment == 8 ? 7 : 3;
    uint64_t name_end = sizeof note + uint64_t{note.n_namesz};
    uint64_t value = (name_end + round) & ~round;
    uint64_t value_end = value + note.n_descsz;
    if (value_end > notes.size()) return std::nullopt;
    bool ours = note.n_type == kNoteAbi && note.n_namesz == sizeof kNoteName &&
                memcmp(notes.data() + sizeof note, kNoteName, sizeof kNoteName) == 0;
    if (ours && note.n_descsz == sizeof(uint32_t)) {
      uint32_t version;
      memcpy(&version, notes.data() + value, sizeof version);
      return version;
    }
    notes = notes.subspan(std::min<uint64_t>((value_end + round) & ~round, notes.size()));
  }
  return std::nullopt;
}

LoadResult<> check_note(ByteSource& source, const std::vector<Elf64_Phdr>& headers) {
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type != PT_NOTE) continue;
    if (header.p_filesz > kMaxNoteBytes) continue;
    std::vector<std::byte> notes(header.p_filesz);
    TRY(read_bytes(source, header.p_offset, notes));
    std::optional<uint32_t> version = find_version(notes, header.p_align);
    if (!version.has_value()) continue;
    if (*version == kAbiVersion) return {};
    return LoadError(
        LoadFault::kWrongVersion,
        "version " + std::to_string(*version) + ", this is version " + std::to_string(kAbiVersion));
  }
  return LoadError(LoadFault::kNotForCages);
}

LoadResult<ElfSegment> read_segment(const Elf64_Phdr& header, uint64_t file_size) {
  const std::string where = "segment at " + hex(header.p_vaddr);
  if (header.p_filesz > header.p_memsz) {
    return LoadError(LoadFault::kBadHeaders, where + " is larger in the file than in memory");
  }
  if (!in_file(header.p_offset, header.p_filesz, file_size)) {
    return LoadError(LoadFault::kTruncated, where);
  }
  if (header.p_vaddr < sfi::kImageStart || header.p_vaddr > sfi::kImageEnd ||
      header.p_memsz > sfi::kImageEnd - header.p_vaddr) {
    return LoadError(LoadFault::kSegmentOutOfRange, where);
  }
  ElfSegment segment;
  segment.address = header.p_vaddr;
  segment.file_offset = header.p_offset;
  segment.file_size = header.p_filesz;
  segment.memory_size = header.p_memsz;
  if ((header.p_flags & PF_R) != 0) segment.protection |= PROT_READ;
  if ((header.p_flags & PF_W) != 0) segment.protection |= PROT_WRITE;
  if ((header.p_flags & PF_X) != 0) segment.protection |= PROT_EXEC | PROT_READ;
  if (segment.executable() && segment.writable()) {
    return LoadError(LoadFault::kWritableCode, where);
  }
  return segment;
}

// The host keeps an image in memory, and verifies its code while nobody can interrupt it.
LoadResult<> check_size(const ElfFile& elf) {
  uint64_t all = 0;
  for (const ElfSegment& segment : elf.segments) all += segment.file_size;
  const uint64_t text = elf.segments[elf.text].file_size;
  if (text > kMostText || all > kMostContent) {
    return LoadError(LoadFault::kTooLarge,
                     std::to_string(text) + " bytes of code, " + std::to_string(all) + " in all");
  }
  return {};
}

LoadResult<> check_layout(ElfFile& elf) {
  std::sort(elf.segments.begin(), elf.segments.end(),
            [](const ElfSegment& a, const ElfSegment& b) { return a.address < b.address; });
  size_t text_count = 0;
  for (size_t i = 0; i < elf.segments.size(); ++i) {
    const ElfSegment& segment = elf.segments[i];
    if (i > 0 && segment.start_page() < elf.segments[i - 1].end_page()) {
      return LoadError(LoadFault::kSegmentsOverlap, "at " + hex(segment.address));
    }
    if (!segment.executable()) continue;
    elf.text = i;
    ++text_count;
    if (segment.address % sfi::kPageSize != 0 || segment.file_size != segment.memory_size) {
      return LoadError(LoadFault::kCodeSegments, "segment at " + hex(segment.address));
    }
  }
  if (text_count != 1) {
    return LoadError(LoadFault::kCodeSegments, "found " + std::to_string(text_count));
  }
  const ElfSegment& text = elf.segments[elf.text];
  if (elf.entry < text.address || elf.entry - text.address >= text.file_size) {
    return LoadError(LoadFault::kBadEntry, hex(elf.entry));
  }
  return check_size(elf);
}

// Finds the program headers in memory: the C library looks there for its thread-local storage.
LoadResult<> find_headers(ElfFile& elf, const Elf64_Ehdr& header) {
  uint64_t size = uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
  for (const ElfSegment& segment : elf.segments) {
    if (header.e_phoff < segment.file_offset) continue;
    uint64_t inside = header.e_phoff - segment.file_offset;
    if (!in_file(inside, size, segment.file_size)) continue;
    elf.headers_address = segment.address + inside;
    elf.header_count = header.e_phnum;
    return {};
  }
  return LoadError(LoadFault::kBadHeaders, "the program headers are in no segment");
}

}  // namespace

bool ElfSegment::executable() const { return (protection & PROT_EXEC) != 0; }
bool ElfSegment::writable() const { return (protection & PROT_WRITE) != 0; }
uint64_t ElfSegment::start_page() const { return page_down(address); }
uint64_t ElfSegment::end_page() const { return page_up(address + memory_size); }

Result<> HostFileSource::read(uint64_t offset, std::span<std::byte> to) {
  if (!in_file(offset, to.size(), kHeadSize)) return read_file(offset, to);
  if (head_.empty()) {
    std::vector<std::byte> head(std::min<uint64_t>(kHeadSize, size_));
    TRY(read_file(0, head));
    head_ = std::move(head);
  }
  if (!in_file(offset, to.size(), head_.size())) return Errno(EIO);
  std::copy_n(head_.begin() + static_cast<ptrdiff_t>(offset), to.size(), to.begin());
  return {};
}

Result<> HostFileSource::read_file(uint64_t offset, std::span<std::byte> to) const {
  while (!to.empty()) {
    iovec part{to.data(), to.size()};
    size_t count = TRY(host::read_at(fd_, {&part, 1}, static_cast<int64_t>(offset)));
    if (count == 0) return Errno(EIO);
    offset += count;
    to = to.subspan(count);
  }
  return {};
}

Result<> MemorySource::read(uint64_t offset, std::span<std::byte> to) {
  if (!in_file(offset, to.size(), bytes_.size())) return Errno(EIO);
  if (!to.empty()) memcpy(to.data(), bytes_.data() + offset, to.size());
  return {};
}

LoadResult<ElfFile> read_elf(ByteSource& source) {
  Elf64_Ehdr header = TRY(read_file_header(source));
  std::vector<Elf64_Phdr> headers = TRY(read_program_headers(source, header));
  for (const Elf64_Phdr& entry : headers) {
    if (entry.p_type == PT_INTERP) return LoadError(LoadFault::kDynamic);
  }
  if (header.e_type == ET_DYN) return LoadError(LoadFault::kPositionIndependent);
  TRY(check_note(source, headers));

  ElfFile elf;
  elf.entry = header.e_entry;
  for (const Elf64_Phdr& entry : headers) {
    if (entry.p_type != PT_LOAD || entry.p_memsz == 0) continue;
    if (elf.segments.size() == kMaxSegments) {
      return LoadError(LoadFault::kBadHeaders, "too many segments");
    }
    elf.segments.push_back(TRY(read_segment(entry, source.size())));
  }
  TRY(check_layout(elf));
  TRY(find_headers(elf, header));
  return elf;
}

}  // namespace rawposix::loader
