// SPDX-License-Identifier: Apache-2.0
#include "proc/root.h"

#include <charconv>

#include "proc/machine.h"
#include "proc/process_directory.h"
#include "proc/settings.h"

namespace rawposix::proc {
namespace {

constexpr uint64_t kRootInode = 1;  // PROC_ROOT_INO
constexpr uint64_t kFirstFixedInode = 16;
constexpr int64_t kProcessPositions = 256;  // TGID_OFFSET

struct Fixed {
  std::string_view name;
  mode_t mode;
  Result<std::string> (*make)(cage::World&);
};

// What isn't a text file is made by RootDirectory::special().
constexpr Fixed kFixed[] = {
    {"cpuinfo", S_IFREG | 0444, cpuinfo_text}, {"filesystems", S_IFREG | 0444, filesystems_text},
    {"loadavg", S_IFREG | 0444, loadavg_text}, {"meminfo", S_IFREG | 0444, meminfo_text},
    {"mounts", S_IFLNK | 0777, nullptr},       {"stat", S_IFREG | 0444, machine_stat_text},
    {"sys", S_IFDIR | 0555, nullptr},          {"uptime", S_IFREG | 0444, uptime_text},
    {"version", S_IFREG | 0444, version_text}, {"vmstat", S_IFREG | 0444, vmstat_text},
    {"self", S_IFLNK | 0777, nullptr},         {"thread-self", S_IFLNK | 0777, nullptr},
};

class RootDirectory final : public Directory {
 public:
  RootDirectory(const fs::Mount& mount, cage::World& world)
      : Directory(Place{.mount = mount, .path = {}, .inode = kRootInode, .mode = S_IFDIR | 0555},
                  nullptr),
        world_(world) {}

  Result<abi::Stat> status() override {
    abi::Stat status = TRY(Directory::status());
    status.st_nlink = 3 + world_.tree().counts().cages;  // itself, its name, sys
    return status;
  }

  Result<std::vector<Listed>> list_after(int64_t after, size_t most) override {
    std::vector<Listed> listed;
    for (size_t i = 0; i < std::size(kFixed) && listed.size() < most; i++) {
      const auto position = kFirstPosition + static_cast<int64_t>(i);
      if (position <= after) continue;
      listed.push_back(
          {std::string(kFixed[i].name), kFirstFixedInode + i, kFixed[i].mode & S_IFMT, position});
    }
    // A position beyond every number is the end.
    const int64_t last = after - kProcessPositions;
    if (last > INT32_MAX) return listed;
    for (pid_t pid : world_.tree().pids_after(static_cast<pid_t>(std::max<int64_t>(last, 0)))) {
      if (listed.size() >= most) break;
      listed.push_back({std::to_string(pid), process_inode(pid), S_IFDIR, kProcessPositions + pid});
    }
    return listed;
  }

 protected:
  Result<fs::NodeRef> find(const std::string& name, const fs::Caller& caller) override {
    for (size_t i = 0; i < std::size(kFixed); i++) {
      if (kFixed[i].name != name) continue;
      Place place{.mount = mount(),
                  .path = path_of(name),
                  .inode = kFirstFixedInode + i,
                  .mode = kFixed[i].mode};
      if (kFixed[i].make == nullptr) return special(name, std::move(place), caller);
      Content content;
      content.make = [make = kFixed[i].make, &world = world_](const Opener&) {
        return make(world);
      };
      return fs::NodeRef(
          std::make_shared<TextNode>(std::move(place), std::move(content), admit_anybody));
    }
    const pid_t pid = TRY(number_in_name(name));
    ProcessHandle process = TRY(ProcessHandle::find(world_, pid));
    return make_process_directory(mount(), shared_from_this(), std::move(process), path_of(name));
  }

 private:
  Result<fs::NodeRef> special(std::string_view name, Place place, const fs::Caller& caller) {
    if (name == "sys") {
      return make_settings(mount(), std::static_pointer_cast<Directory>(shared_from_this()),
                           world_);
    }
    std::string target = "self/mounts";
    if (name != "mounts") {
      if (caller.task == nullptr) return Errno(ENOENT);
      target = std::to_string(caller.task->cage().pid());
      if (name == "thread-self") target += "/task/" + std::to_string(caller.task->tid());
    }
    return fs::NodeRef(std::make_shared<TextLink>(std::move(place), std::move(target)));
  }

  cage::World& world_;
};

}  // namespace

Result<Opener> admit_anybody(const fs::Caller& caller) {
  Opener opener;
  if (caller.task != nullptr) {
    opener.pid = caller.task->cage().pid();
    opener.credentials = caller.task->credentials();
  }
  return opener;
}

fs::NodeRef make_root(const fs::Mount& mount, cage::World& world) {
  return std::make_shared<RootDirectory>(mount, world);
}

}  // namespace rawposix::proc
