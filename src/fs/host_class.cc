// SPDX-License-Identifier: Apache-2.0
#include "fs/host_class.h"

#include <linux/magic.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>

namespace rawposix::fs {
namespace {

// File systems with anonymous device numbers (major 0). Numbers that linux/magic.h lacks are from
// statfs(2) and the file systems' own sources.
constexpr std::array<unsigned long, 26> kWithoutDevice = {
    TMPFS_MAGIC,  // devtmpfs too: its device nodes are judged one by one
    RAMFS_MAGIC,
    OVERLAYFS_SUPER_MAGIC,
    BTRFS_SUPER_MAGIC,
    NFS_SUPER_MAGIC,
    SMB_SUPER_MAGIC,
    0xff534d42,  // cifs
    0xfe534d42,  // smb2
    V9FS_MAGIC,
    0x65735546,  // fuse, virtiofs
    0x00c36400,  // ceph
    AFS_SUPER_MAGIC,
    AFS_FS_MAGIC,
    CODA_SUPER_MAGIC,
    0x2fc12fc1,  // zfs
    0xca451a4e,  // bcachefs
    ECRYPTFS_SUPER_MAGIC,
    0x61756673,  // aufs
    0x0bd00bd0,  // lustre
    0x786f4256,  // vboxsf
    0xbacbacbc,  // vmhgfs
    0x47504653,  // gpfs
    0x19830326,  // beegfs
    0x013111a8,  // ibrix
    0x24051905,  // ubifs
    0x72b6,      // jffs2
};

}  // namespace

bool is_file_storage(const struct statfs& file_system, dev_t device) {
  if (major(device) != 0) return true;
  auto magic = static_cast<unsigned long>(file_system.f_type);
  return std::find(kWithoutDevice.begin(), kWithoutDevice.end(), magic) != kWithoutDevice.end();
}

bool is_ordinary_storage(const struct statfs& file_system) {
  return static_cast<unsigned long>(file_system.f_type) != HUGETLBFS_MAGIC;
}

bool is_mappable(mode_t kind, dev_t number) {
  return S_ISREG(kind) || S_ISBLK(kind) || is_harmless_device(kind, number);
}

bool is_harmless_device(mode_t kind, dev_t number) {
  if (!S_ISCHR(kind)) return false;
  // Documentation/admin-guide/devices.txt of Linux: null, zero, full, random, urandom; tty.
  constexpr std::array<unsigned, 5> kMemoryDevices = {3, 5, 7, 8, 9};
  if (major(number) == 5) return minor(number) == 0;
  return major(number) == 1 && std::find(kMemoryDevices.begin(), kMemoryDevices.end(),
                                         minor(number)) != kMemoryDevices.end();
}

}  // namespace rawposix::fs
