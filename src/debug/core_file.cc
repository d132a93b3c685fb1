// SPDX-License-Identifier: Apache-2.0
#include "debug/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/procfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "cage/task.h"
#include "debug/registers.h"
#include "fs/tree.h"
#include "host/file.h"
#include "host/page_map.h"
#include "sfi/vectors.h"

namespace rawposix::debug {
namespace {

using sfi::kPageSize;

// The 64-bit elf_prstatus and elf_prpsinfo of <sys/procfs.h> are the kernel's.
static_assert(sizeof(elf_prstatus) == 336 && sizeof(elf_prpsinfo) == 136);

constexpr size_t kChunk = 64 * kPageSize;

using Write = std::function<Result<>(std::span<const std::byte> bytes, uint64_t offset)>;

// Notes as one block of bytes.
class Notes {
 public:
  void add(const char* owner, uint32_t type, std::span<const std::byte> content) {
    const size_t name_size = std::strlen(owner) + 1;
    const Elf64_Nhdr header{static_cast<Elf64_Word>(name_size),
                            static_cast<Elf64_Word>(content.size()), type};
    append(std::as_bytes(std::span(&header, 1)));
    append(std::as_bytes(std::span(owner, name_size)));
    append(content);
  }
  template <class T>
  void add_core(uint32_t type, const T& content) {
    add("CORE", type, std::as_bytes(std::span(&content, 1)));
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void append(std::span<const std::byte> part) {
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }
  std::vector<std::byte> bytes_;
};

void add_task(Notes& notes, const cage::Task& task, int signal) {
  cage::Cage& cage = task.cage();
  elf_prstatus status{};
  status.pr_info.si_signo = signal;
  status.pr_cursig = static_cast<short>(signal);
  status.pr_pid = task.tid();
  status.pr_ppid = cage.parent_pid();
  const auto relations = task.world().tree().relations(cage.pid());
  if (relations) {
    status.pr_pgrp = relations->group;
    status.pr_sid = relations->session;
  }
  const auto registers = user_registers(task.context());
  static_assert(sizeof registers == sizeof status.pr_reg);
  std::memcpy(&status.pr_reg, registers.data(), sizeof registers);
  status.pr_fpvalid = task.context().restore_all != 0 ? 1 : 0;
  notes.add_core(NT_PRSTATUS, status);
}

void add_vectors(Notes& notes, sfi::Context& context) {
  // After a system call only what a call keeps is known of them.
  if (context.restore_all == 0) return;
  spread_vectors(context);
  const auto vectors = std::span<const std::byte>(context.vectors);
  notes.add("CORE", NT_FPREGSET, vectors.first(sfi::kLegacyVectorSize));
  // gdb finds the layout by the components that it reads here (USER_XSTATE_XCR0_WORD).
  constexpr size_t kComponents = 464;
  std::vector<std::byte> extended(
      vectors.begin(), vectors.begin() + static_cast<ptrdiff_t>(sfi::vector_state_size()));
  const uint64_t components = sfi::vector_features();
  std::memcpy(extended.data() + kComponents, &components, sizeof components);
  notes.add("LINUX", NT_X86_XSTATE, extended);
}

Notes notes_of(cage::Task& task, const abi::Siginfo& info) {
  Notes notes;
  add_task(notes, task, info.signal);
  elf_prpsinfo process{};
  process.pr_sname = 'R';
  process.pr_pid = task.cage().pid();
  process.pr_ppid = task.cage().parent_pid();
  const std::string name = task.cage().name();
  name.copy(process.pr_fname, sizeof process.pr_fname - 1);
  name.copy(process.pr_psargs, sizeof process.pr_psargs - 1);
  notes.add_core(NT_PRPSINFO, process);
  notes.add_core(NT_SIGINFO, info);
  add_vectors(notes, task.context());
  for (const std::shared_ptr<cage::Task>& other : task.cage().tasks()) {
    if (other.get() != &task) add_task(notes, *other, info.signal);
  }
  return notes;
}

bool has_content(const mm::Vma& vma) {
  return vma.anonymous_on_host() && (vma.protection & PROT_READ) != 0;
}

Elf64_Phdr header_of(const mm::Vma& vma, uint64_t offset) {
  Elf64_Phdr header{};
  header.p_type = PT_LOAD;
  header.p_offset = offset;
  header.p_vaddr = vma.start;
  header.p_memsz = vma.size();
  header.p_filesz = has_content(vma) ? vma.size() : 0;
  header.p_align = kPageSize;
  if ((vma.protection & PROT_READ) != 0) header.p_flags |= PF_R;
  if ((vma.protection & PROT_WRITE) != 0) header.p_flags |= PF_W;
  if ((vma.protection & PROT_EXEC) != 0) header.p_flags |= PF_X;
  return header;
}

// Pages that were never written are left out as holes.
Result<> write_content(mm::AddressSpace& memory, const Elf64_Phdr& header, const Write& write) {
  const host::PageRange all{header.p_vaddr, header.p_vaddr + header.p_filesz};
  const auto runs =
      TRY(host::private_runs(memory.base(), std::span(&all, 1), host::PageKinds::kWithContent));
  std::vector<std::byte> buffer(kChunk);
  for (const host::PageRange& run : runs) {
    for (uint64_t at = run.start; at < run.end;) {
      const uint64_t size = std::min<uint64_t>(run.end - at, buffer.size());
      TRY(memory.guest_memory().copy_in(buffer.data(), mm::GuestAddr{at}, size));
      TRY(write(std::span(buffer).first(size), header.p_offset + at - header.p_vaddr));
      at += size;
    }
  }
  return {};
}

Elf64_Ehdr file_header(size_t segments) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(segments);
  return header;
}

Result<> write_core(cage::Task& task, const abi::Siginfo& info, const Write& write) {
  mm::AddressSpace& memory = task.cage().address_space();
  const std::vector<mm::Vma> mappings = memory.mappings();
  const Notes notes = notes_of(task, info);
  // More would need another form (PN_XNUM); no cage has so many.
  if (mappings.size() + 1 >= PN_XNUM) return Errno(EOVERFLOW);
  std::vector<Elf64_Phdr> headers(1);
  headers[0].p_type = PT_NOTE;
  headers[0].p_offset = sizeof(Elf64_Ehdr) + (mappings.size() + 1) * sizeof(Elf64_Phdr);
  headers[0].p_filesz = notes.bytes().size();
  headers[0].p_align = 4;
  uint64_t offset = sfi::page_up(headers[0].p_offset + headers[0].p_filesz);
  for (const mm::Vma& vma : mappings) {
    headers.push_back(header_of(vma, offset));
    offset += headers.back().p_filesz;
  }
  const Elf64_Ehdr header = file_header(headers.size());
  TRY(write(std::as_bytes(std::span(&header, 1)), 0));
  TRY(write(std::as_bytes(std::span(headers)), sizeof header));
  TRY(write(notes.bytes(), headers[0].p_offset));
  for (const Elf64_Phdr& segment : headers) {
    if (segment.p_type == PT_LOAD) TRY(write_content(memory, segment, write));
  }
  return {};
}

// A new one in the working directory, which nobody else has a name for, in place of what has its
// name (fs/coredump.c).
Result<fs::FileRef> open_in_cage(cage::Task& task) {
  const fs::PathContext paths{task.view(), task.fds()};
  static_cast<void>(fs::remove_at(paths, fs::FdNum{AT_FDCWD}, "core", fs::RemoveKind::kFile));
  return fs::open_at(paths, fs::FdNum{AT_FDCWD}, "core", O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
                     S_IRUSR | S_IWUSR);
}

Result<> dump_in_cage(cage::Task& task, const abi::Siginfo& info) {
  const rlim_t limit = task.cage().limit(RLIMIT_CORE).rlim_cur;
  if (limit == 0) return Errno(EFBIG);
  fs::FileRef file = TRY(open_in_cage(task));
  return write_core(task, info, [&](std::span<const std::byte> bytes, uint64_t offset) -> Result<> {
    // What is beyond the limit is missing.
    if (offset >= limit) return {};
    bytes = bytes.first(std::min<uint64_t>(bytes.size(), limit - offset));
    const iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const size_t written = TRY(file->write_at({&part, 1}, static_cast<int64_t>(offset), 0));
    return written == bytes.size() ? Result<>() : Errno(ENOSPC);
  });
}

Result<> dump_on_host(const UniqueFd& directory, cage::Task& task, const abi::Siginfo& info) {
  const std::string name = "core." + std::to_string(task.cage().pid());
  UniqueFd file = TRY(host::open_child(directory.get(), name.c_str(),
                                       O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, 0600));
  return write_core(task, info, [&](std::span<const std::byte> bytes, uint64_t offset) -> Result<> {
    while (!bytes.empty()) {
      const ssize_t written =
          pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0) return Errno::last();
      bytes = bytes.subspan(static_cast<size_t>(written));
      offset += static_cast<uint64_t>(written);
    }
    return {};
  });
}

}  // namespace

bool CoreFiles::dump(cage::Task& task, const abi::Siginfo& info) {
  if (!task.cage().dumpable) return false;
  // Its memory may change no more.
  if (!task.cage().freeze(task).ok()) return false;
  const Result<> dumped =
      directory_.valid() ? dump_on_host(directory_, task, info) : dump_in_cage(task, info);
  task.cage().thaw();
  return dumped.ok();
}

}  // namespace rawposix::debug
