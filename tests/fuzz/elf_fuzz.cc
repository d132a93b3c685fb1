// SPDX-License-Identifier: Apache-2.0
// Hostile ELF files: whatever the reader accepts must be safe to load as it says.
#include <cstring>
#include <span>

#include "fuzz_target.h"
#include "loader/elf_file.h"
#include "loader/test_elf.h"
#include "sfi/layout.h"
#include "support/check.h"

namespace rawposix {
namespace {

using loader::ElfFile;
using loader::ElfSegment;

void check_segment(const ElfSegment& segment, uint64_t file_size) {
  CHECK(segment.memory_size > 0 && segment.file_size <= segment.memory_size);
  CHECK(segment.file_offset <= file_size && segment.file_size <= file_size - segment.file_offset);
  CHECK(segment.address >= sfi::kImageStart);
  CHECK(segment.memory_size <= sfi::kImageEnd && segment.end_page() <= sfi::kImageEnd);
  CHECK(segment.start_page() < segment.end_page());
  CHECK(!(segment.writable() && segment.executable()));
}

void check_accepted(const ElfFile& elf, uint64_t file_size) {
  CHECK(!elf.segments.empty() && elf.text < elf.segments.size());
  uint64_t previous_end = 0;
  size_t executable = 0;
  bool headers_mapped = false;
  for (const ElfSegment& segment : elf.segments) {
    check_segment(segment, file_size);
    CHECK(segment.start_page() >= previous_end);
    previous_end = segment.end_page();
    executable += segment.executable() ? 1 : 0;
    uint64_t inside = elf.headers_address - segment.address;
    headers_mapped = headers_mapped ||
                     (inside < segment.file_size &&
                      elf.header_count * loader::kProgramHeaderSize <= segment.file_size - inside);
  }
  const ElfSegment& text = elf.segments[elf.text];
  CHECK(executable == 1 && text.executable());
  CHECK(text.address % sfi::kPageSize == 0 && text.file_size == text.memory_size);
  CHECK(elf.entry >= text.address && elf.entry < text.address + text.file_size);
  CHECK(headers_mapped);
}

}  // namespace

std::vector<std::vector<uint8_t>> fuzz::seeds() {
  std::vector<std::vector<uint8_t>> all;
  auto add = [&all](const loader::TestElf& elf) {
    std::vector<std::byte> bytes = elf.build();
    all.emplace_back(bytes.size());
    memcpy(all.back().data(), bytes.data(), bytes.size());
  };
  loader::TestElf elf;
  add(elf);
  elf.segments[3].p_align = 8;
  add(elf);
  elf.segments.push_back(loader::TestElf::load(PF_R, 0x40000000, 100, 200, 70000));
  add(elf);
  return all;
}

}  // namespace rawposix

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rawposix::loader::MemorySource source(std::as_bytes(std::span(data, size)));
  auto elf = rawposix::loader::read_elf(source);
  if (elf.ok()) {
    rawposix::check_accepted(elf.value(), size);
  } else {
    CHECK(!elf.error().message().empty());
  }
  return 0;
}
