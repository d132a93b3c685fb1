// SPDX-License-Identifier: Apache-2.0
#include "proc/process_directory.h"

#include <algorithm>
#include <charconv>

#include "proc/access.h"
#include "proc/descriptors.h"
#include "proc/process_text.h"
#include "proc/root.h"

namespace rawposix::proc {
namespace {

using Make = Result<std::string> (*)(const Process&, const Opener&);
using Store = Result<> (*)(const Process&, const Opener&, std::string_view);

// Whether ptrace's rule decides who may open it.
enum class Guard : uint8_t { kNone, kInspect };

struct Entry {
  std::string_view name;
  mode_t mode;
  Make make = nullptr;
  Store store = nullptr;
  Guard guard = Guard::kNone;
  bool of_threads = true;
};

// What has no `make` is made by ProcessDirectory::special(). As Linux's tgid_base_stuff and
// tid_base_stuff (fs/proc/base.c), without what cages don't have.
constexpr Entry kEntries[] = {
    {"task", S_IFDIR | 0555, nullptr, nullptr, Guard::kNone, false},
    {"fd", S_IFDIR | 0500},
    {"fdinfo", S_IFDIR | 0555},
    {"environ", S_IFREG | 0400, environ_text, nullptr, Guard::kInspect},
    {"auxv", S_IFREG | 0400, auxv_text, nullptr, Guard::kInspect},
    {"status", S_IFREG | 0444, status_text},
    {"personality", S_IFREG | 0400, personality_text, nullptr, Guard::kInspect},
    {"limits", S_IFREG | 0444, limits_text},
    {"comm", S_IFREG | 0644, comm_text, store_comm},
    {"cmdline", S_IFREG | 0444, cmdline_text},
    {"stat", S_IFREG | 0444, stat_text},
    {"statm", S_IFREG | 0444, statm_text},
    {"maps", S_IFREG | 0444, maps_text, nullptr, Guard::kInspect},
    {"smaps", S_IFREG | 0444, smaps_text, nullptr, Guard::kInspect},
    {"smaps_rollup", S_IFREG | 0444, smaps_rollup_text, nullptr, Guard::kInspect},
    {"cwd", S_IFLNK | 0777},
    {"root", S_IFLNK | 0777},
    {"exe", S_IFLNK | 0777},
    {"mounts", S_IFREG | 0444, mounts_text},
    {"mountinfo", S_IFREG | 0444, mountinfo_text},
    {"wchan", S_IFREG | 0444, wchan_text},
    {"oom_score", S_IFREG | 0444, oom_score_text},
    {"oom_score_adj", S_IFREG | 0644, oom_score_adj_text, store_oom_score_adj},
    {"loginuid", S_IFREG | 0644, loginuid_text},
    {"sessionid", S_IFREG | 0444, loginuid_text},
    {"coredump_filter", S_IFREG | 0644, coredump_filter_text, store_coredump_filter, Guard::kNone,
     false},
};

uint64_t directory_inode(const ProcessHandle& process) {
  constexpr uint64_t kThread = 1 << 8;
  return kProcessInodes + (static_cast<uint64_t>(process.id()) << 16) +
         (process.scope() == Scope::kThread ? kThread : 0);
}

Result<Opener> admit(const ProcessHandle& handle, Guard guard, const fs::Caller& caller) {
  Process process = TRY(handle.get());
  Opener opener = TRY(admit_anybody(caller));
  opener.may_inspect = may_inspect(caller.task, process);
  if (guard == Guard::kInspect && !opener.may_inspect) return Errno(EACCES);
  return opener;
}

// cwd, root and exe.
class PlaceLink final : public Node {
 public:
  PlaceLink(Place place, ProcessHandle process, const fs::Caller& caller)
      : Node(std::move(place)), process_(std::move(process)), allowed_(check(caller)) {}

  bool is_magic_link() const override { return true; }
  // Who may look was decided when the link was looked up.
  Result<std::string> link_target() override {
    TRY(allowed_);
    Process process = TRY(process_.get());
    if (process.task == nullptr) return Errno(ENOENT);
    if (name() == "exe") return executable_name(process.cage->program());
    fs::NodeRef node = TRY(file_of(process));
    return node->mount().space->shown_path(*node);
  }
  Result<fs::NodeRef> destination(const fs::Caller& caller) override {
    TRY(check(caller));
    Process process = TRY(process_.get());
    return file_of(process);
  }

 private:
  std::string_view name() const {
    return std::string_view(place().path).substr(place().path.rfind('/') + 1);
  }
  Result<> check(const fs::Caller& caller) const {
    Process process = TRY(process_.get());
    if (!may_inspect(caller.task, process)) return Errno(EACCES);
    return {};
  }
  Result<fs::NodeRef> file_of(const Process& process) const {
    if (process.task == nullptr) return Errno(ENOENT);
    if (name() == "exe") {
      fs::NodeRef file = process.cage->program().executable.file;
      if (file == nullptr) return Errno(ENOENT);
      return file;
    }
    cage::Task::View view = TRY(process.task->files_view());
    return name() == "cwd" ? view.working_directory : view.root;
  }

  const ProcessHandle process_;
  const Result<> allowed_;
};

// The threads of a process.
class TaskDirectory final : public Directory {
 public:
  TaskDirectory(Place place, fs::NodeRef parent, ProcessHandle process)
      : Directory(std::move(place), std::move(parent)), process_(std::move(process)) {}

  Result<abi::Stat> status() override {
    abi::Stat status = TRY(Directory::status());
    Result<Process> process = process_.get();
    if (process.ok()) status.st_nlink = 2 + std::max<size_t>(process.value().cage->task_count(), 1);
    return status;
  }

  Result<std::vector<Listed>> list_after(int64_t after, size_t most) override {
    Result<Process> process = process_.get();
    if (!process.ok()) return Errno(ENOENT);
    // The first one is there, if only as a zombie, as long as the process.
    std::vector<pid_t> threads{process.value().cage->pid()};
    for (const std::shared_ptr<cage::Task>& task : process.value().cage->tasks()) {
      if (task->tid() != threads.front()) threads.push_back(task->tid());
    }
    std::sort(threads.begin(), threads.end());
    std::vector<Listed> listed;
    for (pid_t tid : threads) {
      if (listed.size() == most) break;
      const int64_t position = kFirstPosition + tid;
      if (position <= after) continue;
      listed.push_back({std::to_string(tid), process_inode(tid) + (1 << 8), S_IFDIR, position});
    }
    return listed;
  }

 protected:
  Result<fs::NodeRef> find(const std::string& name, const fs::Caller&) override {
    const pid_t tid = TRY(number_in_name(name));
    Result<Process> process = process_.get();
    if (!process.ok()) return Errno(ENOENT);
    cage::Cage& cage = *process.value().cage;
    ProcessHandle thread = TRY(ProcessHandle::find_thread(cage.world(), cage.pid(), tid));
    return make_process_directory(mount(), shared_from_this(), std::move(thread), path_of(name));
  }

 private:
  const ProcessHandle process_;
};

class ProcessDirectory final : public Directory {
 public:
  ProcessDirectory(Place place, fs::NodeRef parent, ProcessHandle process)
      : Directory(std::move(place), std::move(parent)), process_(std::move(process)) {}

  Result<std::vector<Listed>> list_after(int64_t after, size_t most) override {
    if (!process_.get().ok()) return Errno(ENOENT);
    std::vector<Listed> listed;
    for (size_t i = 0; i < std::size(kEntries) && listed.size() < most; i++) {
      const auto position = kFirstPosition + static_cast<int64_t>(i);
      if (position <= after || !has(kEntries[i])) continue;
      listed.push_back(
          {std::string(kEntries[i].name), inode_of(i), kEntries[i].mode & S_IFMT, position});
    }
    return listed;
  }

 protected:
  // proc_pid_permission(): ESRCH once it is gone.
  Result<> check_search(const fs::Caller& caller) override {
    TRY(process_.get());
    return Directory::check_search(caller);
  }

  Result<fs::NodeRef> find(const std::string& name, const fs::Caller& caller) override {
    for (size_t i = 0; i < std::size(kEntries); i++) {
      if (kEntries[i].name == name && has(kEntries[i])) return make(kEntries[i], i, caller);
    }
    return Errno(ENOENT);
  }

 private:
  bool has(const Entry& entry) const {
    return process_.scope() == Scope::kProcess || entry.of_threads;
  }
  uint64_t inode_of(size_t index) const { return directory_inode(process_) + 1 + index; }

  Result<fs::NodeRef> make(const Entry& entry, size_t index, const fs::Caller& caller) {
    Result<Process> process = process_.get();
    if (!process.ok()) return Errno(ENOENT);
    const bool is_open_directory = S_ISDIR(entry.mode) && (entry.mode & 0777) == 0555;
    Place place{.mount = mount(),
                .path = path_of(entry.name),
                .inode = inode_of(index),
                .mode = entry.mode,
                .owner = owner_of(process.value(),
                                  is_open_directory ? OwnerOf::kDirectory : OwnerOf::kContent)};
    if (entry.make == nullptr) return special(entry, std::move(place), caller);
    Content content;
    content.make = [handle = process_,
                    make = entry.make](const Opener& opener) -> Result<std::string> {
      Process now = TRY(handle.get());
      return make(now, opener);
    };
    content.write_error = EINVAL;
    if (entry.store != nullptr) {
      content.store = [handle = process_, store = entry.store](const Opener& opener,
                                                               std::string_view text) -> Result<> {
        Process now = TRY(handle.get());
        return store(now, opener, text);
      };
    }
    return fs::NodeRef(std::make_shared<TextNode>(
        std::move(place), std::move(content),
        [handle = process_, guard = entry.guard](const fs::Caller& opener) {
          return admit(handle, guard, opener);
        }));
  }

  Result<fs::NodeRef> special(const Entry& entry, Place place, const fs::Caller& caller) {
    if (entry.name == "task") {
      return fs::NodeRef(
          std::make_shared<TaskDirectory>(std::move(place), shared_from_this(), process_));
    }
    if (entry.name == "fd" || entry.name == "fdinfo") {
      place.links = 2;
      const DescriptorView view =
          entry.name == "fd" ? DescriptorView::kFiles : DescriptorView::kInformation;
      return make_descriptors(std::move(place), shared_from_this(), process_, view);
    }
    return fs::NodeRef(std::make_shared<PlaceLink>(std::move(place), process_, caller));
  }

  const ProcessHandle process_;
};

}  // namespace

uint64_t process_inode(pid_t pid) { return kProcessInodes + (static_cast<uint64_t>(pid) << 16); }

Result<int> number_in_name(std::string_view name) {
  int number = -1;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  // Linux takes no sign and no leading zero (fs/proc/util.c, name_to_int()).
  if (!whole || number < 0 || (name.size() > 1 && name.front() == '0')) return Errno(ENOENT);
  return number;
}

Owner owner_of(const Process& process, OwnerOf what) {
  if (what == OwnerOf::kContent && !process.cage->dumpable) return {};
  const cage::Credentials who = process.credentials();
  return {who.user.effective, who.group.effective};
}

Result<fs::NodeRef> make_process_directory(const fs::Mount& mount, fs::NodeRef parent,
                                           ProcessHandle process, std::string path) {
  Result<Process> now = process.get();
  if (!now.ok()) return Errno(ENOENT);
  Place place{.mount = mount,
              .path = std::move(path),
              .inode = directory_inode(process),
              .mode = S_IFDIR | 0555,
              .owner = owner_of(now.value(), OwnerOf::kDirectory),
              .links = process.scope() == Scope::kProcess ? 5U : 4U};
  return fs::NodeRef(
      std::make_shared<ProcessDirectory>(std::move(place), std::move(parent), std::move(process)));
}

}  // namespace rawposix::proc
