// SPDX-License-Identifier: Apache-2.0
// Handlers of the calls on files; the rest of handlers.h.
#pragma once

#include <sys/time.h>
#include <utime.h>

#include <ctime>

#include "abi/fcntl.h"
#include "abi/poll.h"
#include "abi/stat.h"
#include "abi/uio.h"
#include "syscall/arg.h"

namespace rawposix::syscall {

using cage::Task;

// sys_io.cc
Result<int64_t> sys_read(Task& task, FdNum fd, GuestAddr buffer, uint64_t size);
Result<int64_t> sys_write(Task& task, FdNum fd, GuestAddr buffer, uint64_t size);
Result<int64_t> sys_pread64(Task& task, FdNum fd, GuestAddr buffer, uint64_t size, int64_t offset);
Result<int64_t> sys_pwrite64(Task& task, FdNum fd, GuestAddr buffer, uint64_t size, int64_t offset);
Result<int64_t> sys_readv(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count);
Result<int64_t> sys_writev(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count);
Result<int64_t> sys_preadv(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                           int64_t offset);
Result<int64_t> sys_pwritev(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                            int64_t offset);
Result<int64_t> sys_preadv2(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                            int64_t offset, uint64_t offset_high, uint32_t flags);
Result<int64_t> sys_pwritev2(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                             int64_t offset, uint64_t offset_high, uint32_t flags);
Result<int64_t> sys_sendfile(Task& task, FdNum to, FdNum from, UserInOut<int64_t> offset,
                             uint64_t size);
Result<int64_t> sys_copy_file_range(Task& task, FdNum from, UserInOut<int64_t> from_offset,
                                    FdNum to, UserInOut<int64_t> to_offset, uint64_t size,
                                    uint32_t flags);
Result<int64_t> sys_splice(Task& task, FdNum from, UserInOut<int64_t> from_offset, FdNum to,
                           UserInOut<int64_t> to_offset, uint64_t size, uint32_t flags);

// sys_file.cc
Result<int64_t> sys_lseek(Task& task, FdNum fd, int64_t offset, uint32_t whence);
Result<> sys_ftruncate(Task& task, FdNum fd, int64_t size);
Result<> sys_truncate(Task& task, UserString path, int64_t size);
Result<> sys_fallocate(Task& task, FdNum fd, int32_t mode, int64_t offset, int64_t size);
Result<> sys_fsync(Task& task, FdNum fd);
Result<> sys_fdatasync(Task& task, FdNum fd);
Result<> sys_sync(Task& task);
Result<> sys_syncfs(Task& task, FdNum fd);
Result<> sys_sync_file_range(Task& task, FdNum fd, int64_t offset, int64_t size, uint32_t flags);
Result<> sys_fadvise64(Task& task, FdNum fd, int64_t offset, int64_t size, int32_t advice);
Result<> sys_readahead(Task& task, FdNum fd, int64_t offset, uint64_t size);

// sys_open.cc
Result<int64_t> sys_open(Task& task, UserString path, uint32_t flags, uint32_t mode);
Result<int64_t> sys_openat(Task& task, FdNum directory, UserString path, uint32_t flags,
                           uint32_t mode);
Result<int64_t> sys_creat(Task& task, UserString path, uint32_t mode);
Result<int64_t> sys_memfd_create(Task& task, UserString name, uint32_t flags);
Result<> sys_pipe(Task& task, UserOut<std::array<int32_t, 2>> ends);
Result<> sys_pipe2(Task& task, UserOut<std::array<int32_t, 2>> ends, uint32_t flags);

// sys_signalfd.cc
Result<int64_t> sys_signalfd(Task& task, FdNum fd, UserIn<abi::Sigset> mask, uint64_t size);
Result<int64_t> sys_signalfd4(Task& task, FdNum fd, UserIn<abi::Sigset> mask, uint64_t size,
                              uint32_t flags);

// sys_fd.cc
Result<> sys_close(Task& task, FdNum fd);
Result<> sys_close_range(Task& task, uint32_t first, uint32_t last, uint32_t flags);
Result<int64_t> sys_dup(Task& task, FdNum fd);
Result<int64_t> sys_dup2(Task& task, FdNum fd, FdNum wanted);
Result<int64_t> sys_dup3(Task& task, FdNum fd, FdNum wanted, uint32_t flags);
Result<int64_t> sys_fcntl(Task& task, FdNum fd, uint32_t command, uint64_t argument);

// sys_lock.cc
Result<> sys_flock(Task& task, FdNum fd, uint32_t operation);
// The lock commands of fcntl().
bool is_lock_command(uint32_t command);
Result<int64_t> control_lock(Task& task, FdNum fd, uint32_t command,
                             UserInOut<abi::Flock> argument);

// sys_ioctl.cc
Result<int64_t> sys_ioctl(Task& task, FdNum fd, uint32_t request, uint64_t argument);

// sys_dir.cc
Result<int64_t> sys_getdents(Task& task, FdNum fd, GuestAddr records, uint32_t size);
Result<int64_t> sys_getdents64(Task& task, FdNum fd, GuestAddr records, uint32_t size);
Result<int64_t> sys_getcwd(Task& task, GuestAddr buffer, uint64_t size);
Result<> sys_chdir(Task& task, UserString path);
Result<> sys_fchdir(Task& task, FdNum fd);
Result<> sys_chroot(Task& task, UserString path);
Result<int64_t> sys_umask(Task& task, uint32_t mask);

// sys_path.cc
Result<> sys_mkdir(Task& task, UserString path, uint32_t mode);
Result<> sys_mkdirat(Task& task, FdNum directory, UserString path, uint32_t mode);
Result<> sys_rmdir(Task& task, UserString path);
Result<> sys_unlink(Task& task, UserString path);
Result<> sys_unlinkat(Task& task, FdNum directory, UserString path, uint32_t flags);
Result<> sys_mknod(Task& task, UserString path, uint32_t mode, uint32_t device);
Result<> sys_mknodat(Task& task, FdNum directory, UserString path, uint32_t mode, uint32_t device);
Result<> sys_link(Task& task, UserString old_path, UserString new_path);
Result<> sys_linkat(Task& task, FdNum from, UserString old_path, FdNum to, UserString new_path,
                    uint32_t flags);
Result<> sys_symlink(Task& task, UserString target, UserString path);
Result<> sys_symlinkat(Task& task, UserString target, FdNum directory, UserString path);
Result<int64_t> sys_readlink(Task& task, UserString path, GuestAddr buffer, int32_t size);
Result<int64_t> sys_readlinkat(Task& task, FdNum directory, UserString path, GuestAddr buffer,
                               int32_t size);
Result<> sys_rename(Task& task, UserString old_path, UserString new_path);
Result<> sys_renameat(Task& task, FdNum from, UserString old_path, FdNum to, UserString new_path);
Result<> sys_renameat2(Task& task, FdNum from, UserString old_path, FdNum to, UserString new_path,
                       uint32_t flags);

// sys_stat.cc
Result<> sys_stat(Task& task, UserString path, UserOut<abi::Stat> status);
Result<> sys_lstat(Task& task, UserString path, UserOut<abi::Stat> status);
Result<> sys_fstat(Task& task, FdNum fd, UserOut<abi::Stat> status);
Result<> sys_newfstatat(Task& task, FdNum directory, UserString path, UserOut<abi::Stat> status,
                        uint32_t flags);
Result<> sys_statx(Task& task, FdNum directory, UserString path, uint32_t flags, uint32_t mask,
                   UserOut<abi::Statx> status);
Result<> sys_statfs(Task& task, UserString path, UserOut<abi::Statfs> info);
Result<> sys_fstatfs(Task& task, FdNum fd, UserOut<abi::Statfs> info);
Result<> sys_access(Task& task, UserString path, uint32_t mode);
Result<> sys_faccessat(Task& task, FdNum directory, UserString path, uint32_t mode);
Result<> sys_faccessat2(Task& task, FdNum directory, UserString path, uint32_t mode,
                        uint32_t flags);

// sys_attr.cc
Result<> sys_chmod(Task& task, UserString path, uint32_t mode);
Result<> sys_fchmod(Task& task, FdNum fd, uint32_t mode);
Result<> sys_fchmodat(Task& task, FdNum directory, UserString path, uint32_t mode);
Result<> sys_fchmodat2(Task& task, FdNum directory, UserString path, uint32_t mode, uint32_t flags);
Result<> sys_chown(Task& task, UserString path, uint32_t user, uint32_t group);
Result<> sys_lchown(Task& task, UserString path, uint32_t user, uint32_t group);
Result<> sys_fchown(Task& task, FdNum fd, uint32_t user, uint32_t group);
Result<> sys_fchownat(Task& task, FdNum directory, UserString path, uint32_t user, uint32_t group,
                      uint32_t flags);
Result<> sys_utime(Task& task, UserString path, UserIn<utimbuf> times);
Result<> sys_utimes(Task& task, UserString path, UserIn<std::array<timeval, 2>> times);
Result<> sys_futimesat(Task& task, FdNum directory, UserString path,
                       UserIn<std::array<timeval, 2>> times);
Result<> sys_utimensat(Task& task, FdNum directory, UserString path,
                       UserIn<std::array<timespec, 2>> times, uint32_t flags);

// sys_xattr.cc
Result<int64_t> sys_getxattr(Task& task, UserString path, UserString name, GuestAddr value,
                             uint64_t size);
Result<int64_t> sys_lgetxattr(Task& task, UserString path, UserString name, GuestAddr value,
                              uint64_t size);
Result<int64_t> sys_fgetxattr(Task& task, FdNum fd, UserString name, GuestAddr value,
                              uint64_t size);
Result<> sys_setxattr(Task& task, UserString path, UserString name, GuestAddr value, uint64_t size,
                      uint32_t flags);
Result<> sys_lsetxattr(Task& task, UserString path, UserString name, GuestAddr value, uint64_t size,
                       uint32_t flags);
Result<> sys_fsetxattr(Task& task, FdNum fd, UserString name, GuestAddr value, uint64_t size,
                       uint32_t flags);
Result<int64_t> sys_listxattr(Task& task, UserString path, GuestAddr names, uint64_t size);
Result<int64_t> sys_llistxattr(Task& task, UserString path, GuestAddr names, uint64_t size);
Result<int64_t> sys_flistxattr(Task& task, FdNum fd, GuestAddr names, uint64_t size);
Result<> sys_removexattr(Task& task, UserString path, UserString name);
Result<> sys_lremovexattr(Task& task, UserString path, UserString name);
Result<> sys_fremovexattr(Task& task, FdNum fd, UserString name);

// sys_poll.cc
Result<int64_t> sys_poll(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                         int32_t timeout_ms);
Result<int64_t> sys_ppoll(Task& task, UserInOut<abi::Pollfd> files, uint32_t count,
                          UserInOut<timespec> timeout, UserIn<uint64_t> mask, uint64_t mask_size);
Result<int64_t> sys_select(Task& task, int32_t count, GuestAddr read, GuestAddr write,
                           GuestAddr except, UserInOut<timeval> timeout);
Result<int64_t> sys_pselect6(Task& task, int32_t count, GuestAddr read, GuestAddr write,
                             GuestAddr except, UserInOut<timespec> timeout,
                             UserIn<abi::SigsetArgument> mask);

}  // namespace rawposix::syscall
