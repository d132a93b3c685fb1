// SPDX-License-Identifier: Apache-2.0
// /proc/PID/maps, smaps and smaps_rollup, as fs/proc/task_mmu.c writes them. Addresses are the
// cage's.
#include <sys/sysmacros.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "proc/process_text.h"
#include "sfi/layout.h"

namespace rawposix::proc {
namespace {

struct Shown {
  uint64_t device = 0;
  uint64_t inode = 0;
  std::string name;
};

bool is_shared(const mm::Vma& vma) { return vma.has(mm::kVmaShared) && !vma.has(mm::kVmaText); }

class Names {
 public:
  explicit Names(const cage::Cage::Program& program)
      : program_(program),
        image_(program.image != nullptr ? program.image->file() : nullptr),
        heap_(program.memory->heap()),
        layout_(program.memory->layout()) {}

  const Shown& of(const mm::Vma& vma) {
    if (vma.file == nullptr) {
      last_file_ = nullptr;
      shown_ = {0, 0, of_anonymous(vma)};
    } else if (vma.file.get() != last_file_) {
      last_file_ = vma.file.get();
      shown_ = last_file_ == image_ ? of_image() : of_file(*last_file_);
    }
    return shown_;
  }

 private:
  std::string of_anonymous(const mm::Vma& vma) const {
    if (heap_.end > heap_.start && vma.start < heap_.end && vma.end > heap_.start) return "[heap]";
    const bool is_stack =
        layout_ != nullptr && vma.start <= layout_->stack && vma.end >= layout_->stack;
    return is_stack ? "[stack]" : "";
  }
  // An image is shared by all files of the same content; which one this is the cage knows.
  Shown of_image() const {
    const fs::NodeKey key =
        program_.executable.file != nullptr ? program_.executable.file->key() : fs::NodeKey{};
    return {key.device, key.inode, executable_name(program_).value_or("")};
  }
  static Shown of_file(const mm::MappedFile& file) {
    return {file.device, file.inode, file.find_name ? file.find_name() : file.name};
  }

  const cage::Cage::Program& program_;
  const mm::MappedFile* const image_;
  const mm::AddressSpace::Heap heap_;
  const std::shared_ptr<const mm::ProgramLayout> layout_;
  const mm::MappedFile* last_file_ = nullptr;
  Shown shown_;
};

void append_line(std::string& text, const mm::Vma& vma, const Shown& shown) {
  constexpr size_t kNameColumn = 73;
  const size_t line = text.size();
  auto flag = [&vma](int bit, char letter) { return (vma.protection & bit) != 0 ? letter : '-'; };
  append(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", vma.start, vma.end,
         flag(PROT_READ, 'r'), flag(PROT_WRITE, 'w'), flag(PROT_EXEC, 'x'),
         is_shared(vma) ? 's' : 'p', vma.file_offset, major(shown.device), minor(shown.device),
         shown.inode);
  if (!shown.name.empty()) {
    if (text.size() - line < kNameColumn) text.resize(line + kNameColumn, ' ');
    text += escaped(shown.name, "\n");
  }
  text += "\n";
}

// Of one mapping or of all, in pages.
struct Account {
  mm::AddressSpace::Resident resident;
  uint64_t locked = 0;
};

Account account_of(const mm::AddressSpace& memory, std::span<const mm::Vma> vmas) {
  std::vector<mm::Vma> locked;
  std::copy_if(vmas.begin(), vmas.end(), std::back_inserter(locked),
               [](const mm::Vma& vma) { return vma.has(mm::kVmaLocked); });
  return {memory.resident(vmas), memory.resident(locked).all()};
}

void append_size(std::string& text, const char* label, uint64_t pages) {
  append(text, "%-16s%8lu kB\n", label, pages * sfi::kPageSize / 1024);
}

enum class Shares : uint8_t { kTogether, kByKind };

// Who else has a page Linux knows and we don't: files and shared memory count as shared, and in
// full.
void append_account(std::string& text, const Account& account, Shares shares) {
  const mm::AddressSpace::Resident& pages = account.resident;
  append_size(text, "Rss:", pages.all());
  append_size(text, "Pss:", pages.all());
  append_size(text, "Pss_Dirty:", pages.anonymous + pages.shared);
  if (shares == Shares::kByKind) {
    append_size(text, "Pss_Anon:", pages.anonymous);
    append_size(text, "Pss_File:", pages.file);
    append_size(text, "Pss_Shmem:", pages.shared);
  }
  append_size(text, "Shared_Clean:", pages.file);
  append_size(text, "Shared_Dirty:", pages.shared);
  append_size(text, "Private_Clean:", 0);
  append_size(text, "Private_Dirty:", pages.anonymous);
  append_size(text, "Referenced:", pages.all());
  append_size(text, "Anonymous:", pages.anonymous);
  for (const char* label :
       {"KSM:", "LazyFree:", "AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:",
        "Shared_Hugetlb:", "Private_Hugetlb:", "Swap:", "SwapPss:"}) {
    append_size(text, label, 0);
  }
  append_size(text, "Locked:", account.locked);
}

// fs/proc/task_mmu.c, show_smap_vma_flags().
void append_flags(std::string& text, const mm::Vma& vma) {
  const bool shared = is_shared(vma);
  const std::pair<bool, const char*> kFlags[] = {
      {(vma.protection & PROT_READ) != 0, "rd"},
      {(vma.protection & PROT_WRITE) != 0, "wr"},
      {(vma.protection & PROT_EXEC) != 0, "ex"},
      {shared, "sh"},
      {true, "mr"},
      {(vma.max_protection & PROT_WRITE) != 0, "mw"},
      {true, "me"},
      {shared, "ms"},
      {vma.has(mm::kVmaStack), "gd"},
      {vma.has(mm::kVmaLocked), "lo"},
      {vma.has(mm::kVmaSequential), "sr"},
      {vma.has(mm::kVmaRandom), "rr"},
      {vma.has(mm::kVmaDontFork), "dc"},
      {!shared && (vma.protection & PROT_WRITE) != 0 && !vma.has(mm::kVmaNoReserve), "ac"},
      {vma.has(mm::kVmaNoReserve), "nr"},
      {vma.has(mm::kVmaWipeOnFork), "wf"},
      {vma.has(mm::kVmaDontDump), "dd"},
      {vma.has(mm::kVmaHugePages), "hg"},
      {vma.has(mm::kVmaNoHugePages), "nh"},
  };
  text += "VmFlags: ";
  for (const auto& [set, name] : kFlags) {
    if (set) append(text, "%s ", name);
  }
  text += "\n";
}

}  // namespace

Result<std::string> maps_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  std::string text;
  if (program.memory == nullptr) return text;
  Names names(program);
  for (const mm::Vma& vma : program.memory->mappings()) append_line(text, vma, names.of(vma));
  return text;
}

Result<std::string> smaps_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  std::string text;
  if (program.memory == nullptr) return text;
  const std::vector<mm::Vma> vmas = program.memory->mappings();
  // So much that it counts even while it is made.
  constexpr uint64_t kAboutEach = 1024;
  Budget::Share room(text_budget());
  if (!room.take(vmas.size() * kAboutEach)) return Errno(ENOMEM);
  Names names(program);
  for (const mm::Vma& vma : vmas) {
    append_line(text, vma, names.of(vma));
    append_size(text, "Size:", vma.size() / sfi::kPageSize);
    append_size(text, "KernelPageSize:", 1);
    append_size(text, "MMUPageSize:", 1);
    append_account(text, account_of(*program.memory, {&vma, 1}), Shares::kTogether);
    append(text, "THPeligible:    %8d\n", 0);
    append_flags(text, vma);
  }
  return text;
}

Result<std::string> smaps_rollup_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  std::string text;
  if (program.memory == nullptr) return Errno(ESRCH);
  const std::vector<mm::Vma> vmas = program.memory->mappings();
  mm::Vma whole;
  whole.start = vmas.empty() ? 0 : vmas.front().start;
  whole.end = vmas.empty() ? 0 : vmas.back().end;
  append_line(text, whole, {0, 0, "[rollup]"});
  append_account(text, account_of(*program.memory, vmas), Shares::kByKind);
  return text;
}

}  // namespace rawposix::proc
