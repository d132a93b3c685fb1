// SPDX-License-Identifier: Apache-2.0
// /proc/PID/mounts and mountinfo: what hangs where in the world's tree.
#include <linux/magic.h>
#include <sys/sysmacros.h>

#include "proc/process_text.h"

namespace rawposix::proc {
namespace {

constexpr std::string_view kSpecial = " \t\n\\";

const char* type_of(const fs::Mount& mount) {
  if (mount.kind == fs::MountKind::kEmbedded) return "tmpfs";
  if (mount.kind == fs::MountKind::kOther) return "proc";
  Result<abi::Statfs> info = mount.root->file_system();
  if (!info.ok()) return "none";
  switch (static_cast<uint64_t>(info.value().f_type)) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case TMPFS_MAGIC:
      return "tmpfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlay";
    case NFS_SUPER_MAGIC:
      return "nfs";
    default:
      return "bind";
  }
}

struct Row {
  std::string point;
  const char* type;
  const char* access;
  uint64_t device;
};

// The source of each mount of a process that sees the tree.
Result<std::vector<Row>> rows_of(const Process& process) {
  if (process.task == nullptr) return Errno(EINVAL);  // fs/proc_namespace.c
  Result<cage::Task::View> view = process.task->files_view();
  if (!view.ok()) return Errno(EINVAL);
  const fs::Namespace& space = *view.value().root->mount().space;
  std::vector<Row> rows;
  for (const std::unique_ptr<fs::Mount>& mount : space.mounts()) {
    if (mount->root == nullptr) continue;
    Result<std::string> point = space.path_of(*mount->root);
    if (!point.ok()) continue;
    rows.push_back({escaped(point.value(), kSpecial), type_of(*mount),
                    mount->read_only() ? "ro" : "rw", mount->root->key().device});
  }
  return rows;
}

const char* source_of(const Row& row) {
  return std::string_view(row.type) == "proc" ? "proc" : "rawposix";
}

}  // namespace

int mount_number(const fs::Node* node) {
  if (node == nullptr) return 0;
  int number = 1;
  for (const std::unique_ptr<fs::Mount>& mount : node->mount().space->mounts()) {
    if (mount.get() == &node->mount()) return number;
    number++;
  }
  return 0;
}

Result<std::string> mounts_text(const Process& process, const Opener&) {
  const std::vector<Row> rows = TRY(rows_of(process));
  std::string text;
  for (const Row& row : rows) {
    text += std::string(source_of(row)) + " " + row.point + " " + row.type;
    append(text, " %s,relatime 0 0\n", row.access);
  }
  return text;
}

Result<std::string> mountinfo_text(const Process& process, const Opener&) {
  const std::vector<Row> rows = TRY(rows_of(process));
  std::string text;
  int number = 1;
  for (const Row& row : rows) {
    append(text, "%d %d %u:%u / ", number, number == 1 ? 0 : 1, major(row.device),
           minor(row.device));
    text += row.point;
    append(text, " %s,relatime - %s %s %s\n", row.access, row.type, source_of(row), row.access);
    number++;
  }
  return text;
}

}  // namespace rawposix::proc
