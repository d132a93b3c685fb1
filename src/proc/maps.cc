// SPDX-License-Identifier: Apache-2.0
// /proc/PID/maps, as fs/proc/task_mmu.c writes it. Addresses are the cage's.
#include <sys/sysmacros.h>

#include "proc/process_text.h"

namespace rawposix::proc {
namespace {

struct Shown {
  uint64_t device = 0;
  uint64_t inode = 0;
  std::string name;
};

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

}  // namespace

Result<std::string> maps_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  std::string text;
  if (program.memory == nullptr) return text;
  constexpr size_t kNameColumn = 73;
  Names names(program);
  for (const mm::Vma& vma : program.memory->mappings()) {
    const Shown& shown = names.of(vma);
    const size_t line = text.size();
    auto flag = [&vma](int bit, char letter) { return (vma.protection & bit) != 0 ? letter : '-'; };
    append(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", vma.start, vma.end,
           flag(PROT_READ, 'r'), flag(PROT_WRITE, 'w'), flag(PROT_EXEC, 'x'),
           vma.has(mm::kVmaShared) && !vma.has(mm::kVmaText) ? 's' : 'p', vma.file_offset,
           major(shown.device), minor(shown.device), shown.inode);
    if (!shown.name.empty()) {
      if (text.size() - line < kNameColumn) text.resize(line + kNameColumn, ' ');
      text += escaped(shown.name, "\n");
    }
    text += "\n";
  }
  return text;
}

}  // namespace rawposix::proc
