// SPDX-License-Identifier: Apache-2.0
#include "host/file.h"

#include <linux/openat2.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdio>

namespace rawposix::host {
namespace {

// syscall(2) rather than the named functions on paths that must be fast or must not be a
// cancellation point.
template <class... Args>
Result<size_t> size_call(long number, Args... args) {
  long outcome = ::syscall(number, args...);
  if (outcome < 0) [[unlikely]]
    return Errno::last();
  return static_cast<size_t>(outcome);
}

int64_t word(const void* pointer) {
  return static_cast<int64_t>(std::bit_cast<uintptr_t>(pointer));
}
int64_t word(size_t number) { return static_cast<int64_t>(number); }

Result<size_t> blocking(const StopWord& stop, long number, int64_t a, int64_t b, int64_t c,
                        int64_t d = 0, int64_t e = 0, int64_t f = 0) {
  int64_t outcome = host_blocking_call(&stop, number, a, b, c, d, e, f);
  if (outcome < 0) [[unlikely]]
    return Errno(static_cast<int>(-outcome));
  return static_cast<size_t>(outcome);
}

Result<> done(long outcome) {
  if (outcome < 0) [[unlikely]]
    return Errno::last();
  return {};
}

}  // namespace

Result<UniqueFd> own(long outcome) {
  if (outcome < 0) [[unlikely]]
    return Errno::last();
  UniqueFd fd(static_cast<int>(outcome));
  if (fd.get() > STDERR_FILENO) [[likely]]
    return fd;
  const long above = ::syscall(SYS_fcntl, fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (above < 0) return Errno::last();
  return UniqueFd(static_cast<int>(above));
}

Result<size_t> read(int fd, Vectors to, const StopWord& stop) {
  if (to.size() == 1) {
    return blocking(stop, SYS_read, fd, word(to[0].iov_base), word(to[0].iov_len));
  }
  return blocking(stop, SYS_readv, fd, word(to.data()), word(to.size()));
}

Result<size_t> write(int fd, Vectors from, const StopWord& stop) {
  if (from.size() == 1) {
    return blocking(stop, SYS_write, fd, word(from[0].iov_base), word(from[0].iov_len));
  }
  return blocking(stop, SYS_writev, fd, word(from.data()), word(from.size()));
}

// On 64-bit kernels preadv2's offset is its fourth argument, the fifth is unused. -1 is the
// descriptor's own.
Result<size_t> read_flagged(int fd, Vectors to, int flags, const StopWord& stop) {
  return blocking(stop, SYS_preadv2, fd, word(to.data()), word(to.size()), -1, 0, flags);
}

Result<size_t> write_flagged(int fd, Vectors from, int flags, const StopWord& stop) {
  return blocking(stop, SYS_pwritev2, fd, word(from.data()), word(from.size()), -1, 0, flags);
}

Result<size_t> read_at(int fd, Vectors to, int64_t offset, int flags) {
  if (to.size() == 1 && flags == 0) {
    return size_call(SYS_pread64, fd, to[0].iov_base, to[0].iov_len, offset);
  }
  return size_call(SYS_preadv2, fd, to.data(), to.size(), offset, 0L, flags);
}

Result<size_t> write_at(int fd, Vectors from, int64_t offset, int flags) {
  if (from.size() == 1 && flags == 0) {
    return size_call(SYS_pwrite64, fd, from[0].iov_base, from[0].iov_len, offset);
  }
  return size_call(SYS_pwritev2, fd, from.data(), from.size(), offset, 0L, flags);
}

Result<int64_t> seek(int fd, int64_t offset, int whence) {
  off_t position = ::lseek(fd, offset, whence);
  if (position < 0) return Errno::last();
  return int64_t{position};
}

Result<> truncate(int fd, int64_t size) { return done(::ftruncate(fd, size)); }

Result<> allocate(int fd, int mode, int64_t offset, int64_t size) {
  return done(::syscall(SYS_fallocate, fd, mode, offset, size));
}

Result<> advise_file(int fd, int64_t offset, int64_t size, int advice) {
  return done(::syscall(SYS_fadvise64, fd, offset, size, advice));
}

Result<> read_ahead(int fd, int64_t offset, size_t size) {
  return done(::readahead(fd, offset, size));
}

Result<> sync_file(int fd, SyncKind kind) {
  switch (kind) {
    case SyncKind::kAll:
      return done(::syscall(SYS_fsync, fd));
    case SyncKind::kData:
      return done(::syscall(SYS_fdatasync, fd));
    case SyncKind::kFileSystem:
      return done(::syncfs(fd));
  }
  return Errno(EINVAL);
}

Result<> sync_range(int fd, int64_t offset, int64_t size, unsigned flags) {
  return done(::syscall(SYS_sync_file_range, fd, offset, size, flags));
}

void sync_everything() { ::sync(); }

Result<size_t> send_file(int to, int from, int64_t* offset, size_t size, const StopWord& stop) {
  return blocking(stop, SYS_sendfile, to, from, word(offset), word(size));
}

Result<size_t> splice_files(int from, int64_t* from_offset, int to, int64_t* to_offset, size_t size,
                            unsigned flags, const StopWord& stop) {
  return blocking(stop, SYS_splice, from, word(from_offset), to, word(to_offset), size, flags);
}

Result<size_t> copy_range(int from, int64_t* from_offset, int to, int64_t* to_offset, size_t size) {
  return size_call(SYS_copy_file_range, from, from_offset, to, to_offset, size, 0U);
}

// Raw, here and in open_outside(): musl's own functions set FD_CLOEXEC once more.
Result<UniqueFd> duplicate(int fd) { return own(::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0)); }

Result<int> control(int fd, int command, int64_t argument) {
  long outcome = ::syscall(SYS_fcntl, fd, command, argument);
  if (outcome < 0) return Errno::last();
  return static_cast<int>(outcome);
}

Result<> lock_range(int fd, int command, struct flock& lock) {
  return done(::syscall(SYS_fcntl, fd, command, &lock));
}

Result<> wait_for_range(int fd, struct flock& lock, const StopWord& stop) {
  TRY(blocking(stop, SYS_fcntl, fd, F_OFD_SETLKW, word(&lock)));
  return {};
}

Result<> lock_whole(int fd, int operation, const StopWord& stop) {
  TRY(blocking(stop, SYS_flock, fd, operation, 0));
  return {};
}

Result<int> device_control(int fd, uint64_t command, void* argument, const StopWord& stop) {
  return static_cast<int>(
      TRY(blocking(stop, SYS_ioctl, fd, static_cast<int64_t>(command), word(argument))));
}

Result<size_t> read_directory(int fd, std::span<std::byte> records) {
  return size_call(SYS_getdents64, fd, records.data(), records.size());
}

Result<size_t> read_directory(int fd, const iovec& records) {
  return size_call(SYS_getdents64, fd, records.iov_base, records.iov_len);
}

Result<UniqueFd> open_child(int directory, const char* name, int flags, mode_t mode) {
  return own(
      ::syscall(SYS_openat, directory, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode));
}

Result<UniqueFd> open_beneath(int directory, const char* path, int flags, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  return own(::syscall(SYS_openat2, directory, path, &how, sizeof how));
}

Result<UniqueFd> open_outside(const char* path, int flags, mode_t mode) {
  return own(::syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY, mode));
}

Result<UniqueFd> create_memory(const char* name, unsigned flags) {
  return own(::memfd_create(name, flags | MFD_CLOEXEC));
}

Result<PipeEnds> create_pipe(int flags) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), flags | O_CLOEXEC) != 0) return Errno::last();
  // Both are somebody's before either can fail.
  Result<UniqueFd> reader = own(ends[0]);
  Result<UniqueFd> writer = own(ends[1]);
  if (!reader.ok()) return reader.error();
  if (!writer.ok()) return writer.error();
  return PipeEnds{std::move(reader).value(), std::move(writer).value()};
}

Result<uint64_t> terminal_device(int fd) {
  unsigned device = 0;
  TRY(done(::ioctl(fd, TIOCGDEV, &device)));
  return uint64_t{device};
}

bool controls_this_process(int fd) {
  // ENOTTY for any other terminal (man 2 ioctl_tty, TIOCGSID).
  pid_t session = 0;
  return ::ioctl(fd, TIOCGSID, &session) == 0;
}

bool is_background(int fd) {
  pid_t group = 0;
  return ::ioctl(fd, TIOCGPGRP, &group) == 0 && group != ::getpgrp();
}

Result<int> wait_ready(std::span<struct pollfd> files, const timespec* timeout,
                       const StopWord& stop) {
  timespec left{};
  if (timeout != nullptr) left = *timeout;
  size_t ready = TRY(blocking(stop, SYS_ppoll, word(files.data()), word(files.size()),
                              word(timeout != nullptr ? &left : nullptr)));
  return static_cast<int>(ready);
}

}  // namespace rawposix::host
