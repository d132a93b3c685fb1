// SPDX-License-Identifier: Apache-2.0
#include "proc/descriptors.h"

#include "cage/process_file.h"
#include "cage/signal_file.h"
#include "fs/descriptor_node.h"
#include "proc/access.h"
#include "proc/process_directory.h"
#include "proc/process_text.h"
#include "proc/root.h"

namespace rawposix::proc {
namespace {

uint64_t inode_of(pid_t id, int number, DescriptorView view) {
  constexpr unsigned kNumberBits = 24;
  return kDescriptorInodes + (static_cast<uint64_t>(id) << (kNumberBits + 1)) +
         (static_cast<uint64_t>(number) << 1) + (view == DescriptorView::kInformation ? 1 : 0);
}

Result<cage::Task::OpenFile> file_of(const Process& process, int number) {
  if (process.task == nullptr) return Errno(ENOENT);
  return process.task->open_file(fs::FdNum{number});
}

// The access mode shows in the link's own (fs/proc/fd.c, tid_fd_update_inode()).
mode_t mode_of(const fs::File& file) {
  if (file.is_path()) return S_IFLNK;
  const int access = file.flags() & abi::kAccessMode;
  mode_t mode = S_IFLNK;
  if (access != O_WRONLY) mode |= 0500;
  if (access != O_RDONLY) mode |= 0300;
  return mode;
}

// Leads to the open file, with no more rights than the descriptor has.
class FileLink final : public Node {
 public:
  FileLink(Place place, ProcessHandle process, int number, const fs::Caller& caller)
      : Node(std::move(place)),
        process_(std::move(process)),
        number_(number),
        allowed_(check(caller)) {}

  bool is_magic_link() const override { return true; }
  // Who may look was decided when the link was looked up.
  Result<std::string> link_target() override {
    TRY(allowed_);
    cage::Task::OpenFile open = TRY(open_file());
    return fs::shown_name(*open.file);
  }
  Result<fs::NodeRef> destination(const fs::Caller& caller) override {
    TRY(check(caller));
    cage::Task::OpenFile open = TRY(open_file());
    return fs::node_behind(std::move(open.file), mount());
  }

 private:
  Result<> check(const fs::Caller& caller) const {
    Process process = TRY(process_.get());
    if (!may_inspect(caller.task, process)) return Errno(EACCES);
    return {};
  }
  Result<cage::Task::OpenFile> open_file() const {
    Process process = TRY(process_.get());
    return file_of(process, number_);
  }

  const ProcessHandle process_;
  const int number_;
  const Result<> allowed_;
};

// What a kind of file tells of itself (kernel/pid.c, pidfd_show_fdinfo(); fs/signalfd.c).
void append_details(std::string& text, fs::File& file) {
  if (const auto process = cage::ProcessFile::of(file); process.ok()) {
    const pid_t pid = process.value()->reaped() ? -1 : process.value()->cage()->pid();
    append(text, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
  } else if (file.is(fs::FileKind::kSignals)) {
    append(text, "sigmask:\t%016lx\n", static_cast<cage::SignalFile&>(file).wanted().raw());
  }
}

// fs/proc/fd.c, seq_show().
Result<std::string> information(const ProcessHandle& handle, int number) {
  Process process = TRY(handle.get());
  cage::Task::OpenFile open = TRY(file_of(process, number));
  fs::File& file = *open.file;
  fs::NodeRef place = file.node();
  const bool is_directory = place != nullptr && place->is_directory();
  int64_t position = 0;
  if (!file.is_path() && !is_directory) position = file.seek(0, SEEK_CUR).value_or(0);
  Result<abi::Stat> status = file.status();
  std::string text;
  const int flag = open.close_on_exec == fs::CloseOnExec::kYes ? O_CLOEXEC : 0;
  append(text, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", position,
         static_cast<unsigned>(file.flags() | flag), mount_number(place.get()),
         status.ok() ? status.value().st_ino : 0);
  append_details(text, file);
  return text;
}

class DescriptorDirectory final : public Directory {
 public:
  DescriptorDirectory(Place place, fs::NodeRef parent, ProcessHandle process, DescriptorView view)
      : Directory(std::move(place), std::move(parent)), process_(std::move(process)), view_(view) {}

  Result<std::vector<Listed>> list_after(int64_t after, size_t most) override {
    Result<Process> process = process_.get();
    if (!process.ok()) return Errno(ENOENT);
    std::vector<Listed> listed;
    if (process.value().task == nullptr) return listed;
    const mode_t kind = view_ == DescriptorView::kFiles ? S_IFLNK : S_IFREG;
    for (int number : process.value().task->open_numbers().value_or({})) {
      if (listed.size() == most) break;
      const int64_t position = kFirstPosition + number;
      if (position <= after) continue;
      listed.push_back(
          {std::to_string(number), inode_of(process_.id(), number, view_), kind, position});
    }
    return listed;
  }

  // proc_fd_permission(): one's own always; proc_fdinfo_permission(): ptrace's rule.
  Result<> check_access(int mode, int flags, const fs::Caller& caller) override {
    Process process = TRY(process_.get());
    if (caller.task != nullptr && &caller.task->cage() == process.cage.get()) return {};
    if (view_ == DescriptorView::kFiles) return Directory::check_access(mode, flags, caller);
    if (!may_inspect(caller.task, process)) return Errno(EACCES);
    return Directory::check_access(mode, flags, caller);
  }

 protected:
  Result<fs::NodeRef> find(const std::string& name, const fs::Caller& caller) override {
    const int number = TRY(number_in_name(name));
    Result<Process> process = process_.get();
    if (!process.ok()) return Errno(ENOENT);
    cage::Task::OpenFile open = TRY(file_of(process.value(), number));
    Place place{.mount = mount(),
                .path = path_of(name),
                .inode = inode_of(process_.id(), number, view_),
                .mode = S_IFREG | 0444,
                .owner = owner_of(process.value(), OwnerOf::kContent)};
    if (view_ == DescriptorView::kFiles) {
      place.mode = mode_of(*open.file);
      place.size = 64;
      return fs::NodeRef(std::make_shared<FileLink>(std::move(place), process_, number, caller));
    }
    Content content;
    content.make = [handle = process_, number](const Opener&) {
      return information(handle, number);
    };
    return fs::NodeRef(
        std::make_shared<TextNode>(std::move(place), std::move(content), admit_anybody));
  }

 private:
  const ProcessHandle process_;
  const DescriptorView view_;
};

}  // namespace

Result<fs::NodeRef> make_descriptors(Place place, fs::NodeRef parent, ProcessHandle process,
                                     DescriptorView view) {
  return fs::NodeRef(std::make_shared<DescriptorDirectory>(std::move(place), std::move(parent),
                                                           std::move(process), view));
}

}  // namespace rawposix::proc
