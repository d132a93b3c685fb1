// SPDX-License-Identifier: Apache-2.0
// Builds small cage programs in memory, good ones and bad ones, for tests.
#pragma once

#include <elf.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "mm/address_space.h"

namespace rawposix::loader {

// A good program after construction: read-only headers and note at 1 MiB, text of one trap page
// after it, data with some zeroes behind it. Tests change what they like before build().
struct TestElf {
  static constexpr uint64_t kBase = 0x100000;
  static constexpr uint64_t kPage = 4096;
  static constexpr uint64_t kText = kBase + kPage;
  static constexpr uint64_t kData = kText + kPage;
  static constexpr size_t kDataBytes = 100;

  TestElf() {
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = kText + 32;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    segments = {load(PF_R, kBase, 0, kPage, kPage), load(PF_R | PF_X, kText, kPage, 64, 64),
                load(PF_R | PF_W, kData, 2 * kPage, kDataBytes, 3 * kPage), note_segment()};
    text.assign(64, 0xCC);
    for (size_t i = 0; i < kDataBytes; ++i) data.push_back(static_cast<uint8_t>(i + 1));
  }

  static Elf64_Phdr load(uint32_t flags, uint64_t address, uint64_t offset, uint64_t file_size,
                         uint64_t memory_size) {
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = flags;
    segment.p_vaddr = segment.p_paddr = address;
    segment.p_offset = offset;
    segment.p_filesz = file_size;
    segment.p_memsz = memory_size;
    segment.p_align = kPage;
    return segment;
  }

  Elf64_Phdr note_segment() const {
    Elf64_Phdr segment{};
    segment.p_type = PT_NOTE;
    segment.p_flags = PF_R;
    segment.p_offset = kNoteOffset;
    segment.p_vaddr = kBase + kNoteOffset;
    segment.p_filesz = segment.p_memsz = 28;
    segment.p_align = 4;
    return segment;
  }

  std::vector<std::byte> build() const {
    std::vector<std::byte> file(2 * kPage + data.size());
    Elf64_Ehdr written = header;
    written.e_phnum = static_cast<uint16_t>(segments.size());
    memcpy(file.data(), &written, sizeof written);
    memcpy(file.data() + sizeof written, segments.data(), segments.size() * sizeof(Elf64_Phdr));
    uint32_t note[3] = {static_cast<uint32_t>(note_name.size() + 1), 4, note_type};
    std::byte* at = file.data() + kNoteOffset;
    memcpy(at, note, sizeof note);
    memcpy(at + sizeof note, note_name.c_str(), note_name.size() + 1);
    memcpy(at + 24, &abi_version, sizeof abi_version);
    memcpy(file.data() + kPage, text.data(), text.size());
    memcpy(file.data() + 2 * kPage, data.data(), data.size());
    return file;
  }

  static constexpr uint64_t kNoteOffset = 1024;
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;  // read-only, text, data, note
  std::string note_name = "RawPOSIX";
  uint32_t note_type = 1;
  uint32_t abi_version = 1;
  std::vector<uint8_t> text;
  std::vector<uint8_t> data;
};

// What of a segment is in the image's file.
inline std::vector<std::byte> content_of(const mm::ImageSegment& segment) {
  std::vector<std::byte> content(segment.file_end - segment.start);
  const ssize_t count = pread(segment.file->host_fd, content.data(), content.size(),
                              static_cast<off_t>(segment.file_offset));
  content.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return content;
}

}  // namespace rawposix::loader
