// SPDX-License-Identifier: Apache-2.0
#include "proc/settings.h"

#include <linux/capability.h>

#include <algorithm>
#include <array>

#include "host/system.h"
#include "proc/access.h"
#include "proc/process_text.h"
#include "proc/root.h"
#include "sfi/layout.h"

namespace rawposix::proc {
namespace {

using Make = Result<std::string> (*)(cage::World&);
using Store = Result<> (*)(cage::World&, const Opener&, std::string_view);

std::string uuid_text(std::array<std::byte, 16> bytes) {
  // Version 4 (RFC 4122), as lib/uuid.c marks them.
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  std::string text;
  for (size_t i = 0; i < bytes.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += "-";
    append(text, "%02x", std::to_integer<unsigned>(bytes[i]));
  }
  return text + "\n";
}

Result<std::string> random_uuid(cage::World&) {
  std::array<std::byte, 16> bytes{};
  TRY(host::random_bytes({bytes.data(), bytes.size()}, 0));
  return uuid_text(bytes);
}

Result<> may_administer(const Opener& opener) {
  if (!opener.credentials.can(CAP_SYS_ADMIN)) return Errno(EPERM);
  return {};
}

// include/uapi/linux/utsname.h, __NEW_UTS_LEN.
constexpr size_t kLongestName = 64;

std::string name_in(std::string_view text) {
  text = text.substr(0, text.find_first_of(std::string_view("\n\0", 2)));
  return std::string(text.substr(0, kLongestName));
}

template <int64_t kNumber>
Result<std::string> number(cage::World&) {
  return std::to_string(kNumber) + "\n";
}

constexpr int64_t kMostMappings = mm::AddressSpace::kMaxMappings;

struct Setting {
  std::string_view path;  // below /proc/sys
  Make make;
  Store store = nullptr;
};

// In order of their paths, so that what is in a directory lies together.
constexpr Setting kSettings[] = {
    {"fs/file-max", number<INT64_MAX>},
    {"fs/nr_open", number<1048576>},
    {"fs/overflowgid", number<65534>},
    {"fs/overflowuid", number<65534>},
    {"fs/pipe-max-size", number<1048576>},
    {"kernel/cap_last_cap", number<CAP_LAST_CAP>},
    {"kernel/core_pattern",
     [](cage::World&) -> Result<std::string> { return std::string("core\n"); }},
    {"kernel/domainname",
     [](cage::World& world) -> Result<std::string> { return world.domainname() + "\n"; },
     [](cage::World& world, const Opener& opener, std::string_view text) -> Result<> {
       TRY(may_administer(opener));
       world.set_domainname(name_in(text));
       return {};
     }},
    {"kernel/hostname",
     [](cage::World& world) -> Result<std::string> { return world.hostname() + "\n"; },
     [](cage::World& world, const Opener& opener, std::string_view text) -> Result<> {
       TRY(may_administer(opener));
       world.set_hostname(name_in(text));
       return {};
     }},
    {"kernel/ngroups_max", number<65536>},
    {"kernel/osrelease",
     [](cage::World&) -> Result<std::string> {
       return std::string(host::kernel_name().release) + "\n";
     }},
    {"kernel/ostype", [](cage::World&) -> Result<std::string> { return std::string("Linux\n"); }},
    {"kernel/overflowgid", number<65534>},
    {"kernel/overflowuid", number<65534>},
    {"kernel/pid_max", number<4194304>},
    {"kernel/random/boot_id",
     [](cage::World& world) -> Result<std::string> { return uuid_text(world.boot_id()); }},
    {"kernel/random/entropy_avail", number<256>},
    {"kernel/random/poolsize", number<256>},
    {"kernel/random/uuid", random_uuid},
    {"kernel/randomize_va_space", number<0>},
    {"kernel/threads-max", number<4194304>},
    {"kernel/version",
     [](cage::World&) -> Result<std::string> { return std::string("RawPOSIX\n"); }},
    {"kernel/yama/ptrace_scope", number<0>},
    {"net/core/somaxconn", number<4096>},
    {"vm/max_map_count", number<kMostMappings>},
    {"vm/mmap_min_addr", number<int64_t{sfi::kGuestStart}>},
    {"vm/overcommit_memory", number<0>},
    {"vm/overcommit_ratio", number<50>},
    {"vm/swappiness", number<60>},
};

std::string_view first_component(std::string_view path) { return path.substr(0, path.find('/')); }

class SettingsDirectory final : public Directory {
 public:
  SettingsDirectory(Place place, fs::NodeRef parent, std::string_view prefix, cage::World& world)
      : Directory(std::move(place), std::move(parent)), prefix_(prefix), world_(world) {}

  Result<std::vector<Listed>> list_after(int64_t after, size_t most) override {
    std::vector<Listed> listed;
    std::string_view before;
    for (size_t i = 0; i < std::size(kSettings) && listed.size() < most; i++) {
      const std::string_view path = kSettings[i].path;
      if (!path.starts_with(prefix_)) continue;
      const std::string_view rest = path.substr(prefix_.size());
      const std::string_view name = first_component(rest);
      const bool is_new = name != before;
      before = name;
      const auto position = kFirstPosition + static_cast<int64_t>(i);
      if (!is_new || position <= after) continue;
      const bool is_directory = name.size() < rest.size();
      const mode_t kind = is_directory ? S_IFDIR : S_IFREG;
      listed.push_back({std::string(name), inode_of(i, rest.size() - name.size()), kind, position});
    }
    return listed;
  }

 protected:
  Result<fs::NodeRef> find(const std::string& name, const fs::Caller&) override {
    for (size_t i = 0; i < std::size(kSettings); i++) {
      const std::string_view path = kSettings[i].path;
      if (!path.starts_with(prefix_)) continue;
      const std::string_view rest = path.substr(prefix_.size());
      if (first_component(rest) != name) continue;
      const uint64_t inode = inode_of(i, rest.size() - name.size());
      if (rest.size() > name.size()) return directory(name, i, inode);
      return file(name, kSettings[i], inode);
    }
    return Errno(ENOENT);
  }

 private:
  // A directory's number is that of the first setting in it, and how deep it lies.
  static uint64_t inode_of(size_t index, size_t rest) {
    return kSettingInodes + index * 256 + rest;
  }

  fs::NodeRef directory(const std::string& name, size_t first, uint64_t inode) {
    const std::string_view prefix =
        kSettings[first].path.substr(0, prefix_.size() + name.size() + 1);
    return std::make_shared<SettingsDirectory>(
        Place{.mount = mount(), .path = path_of(name), .inode = inode, .mode = S_IFDIR | 0555},
        shared_from_this(), prefix, world_);
  }

  fs::NodeRef file(const std::string& name, const Setting& setting, uint64_t inode) {
    Content content;
    content.make = [make = setting.make, &world = world_](const Opener&) { return make(world); };
    if (setting.store != nullptr) {
      content.store = [store = setting.store, &world = world_](const Opener& opener,
                                                               std::string_view text) {
        return store(world, opener, text);
      };
    }
    const mode_t mode = S_IFREG | (setting.store != nullptr ? 0644U : 0444U);
    return std::make_shared<TextNode>(
        Place{.mount = mount(), .path = path_of(name), .inode = inode, .mode = mode},
        std::move(content), admit_anybody);
  }

  const std::string_view prefix_;  // of the settings in it
  cage::World& world_;
};

}  // namespace

fs::NodeRef make_settings(const fs::Mount& mount, const std::shared_ptr<Directory>& parent,
                          cage::World& world) {
  return std::make_shared<SettingsDirectory>(
      Place{.mount = mount, .path = "/sys", .inode = kSettingInodes + 255, .mode = S_IFDIR | 0555},
      parent, std::string_view(), world);
}

}  // namespace rawposix::proc
