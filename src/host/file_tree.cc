// SPDX-License-Identifier: Apache-2.0
// The part of file.h that deals with attributes and names. Calls that refuse O_PATH descriptors go
// through /proc/self/fd/N, which is a link to the very file whatever it is called now.
#include <limits.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <bit>
#include <charconv>
#include <cstdio>

#include "host/blocking_call.h"
#include "host/file.h"

namespace rawposix::host {
namespace {

class ProcPath {
 public:
  explicit ProcPath(int fd) { std::snprintf(text_, sizeof text_, "/proc/self/fd/%d", fd); }
  const char* c_str() const { return text_; }

 private:
  char text_[32];
};

// Held open, since finding it again costs more than all the rest of reopen().
int own_descriptors() {
  static const int kDirectory = [] {
    Result<UniqueFd> directory = open_outside("/proc/self/fd", O_PATH | O_DIRECTORY);
    return directory.ok() ? directory.value().release() : -1;
  }();
  return kDirectory;
}

Result<> done(long outcome) {
  if (outcome < 0) [[unlikely]]
    return Errno::last();
  return {};
}

Result<size_t> counted(ssize_t outcome) {
  if (outcome < 0) [[unlikely]]
    return Errno::last();
  return static_cast<size_t>(outcome);
}

}  // namespace

Result<> open_own_descriptors() {
  if (own_descriptors() < 0) return Errno(EMFILE);
  return {};
}

namespace {

struct DescriptorName {
  explicit DescriptorName(int fd) { *std::to_chars(text, text + sizeof text - 1, fd).ptr = '\0'; }
  char text[16];
};

int reopen_flags(int flags) { return (flags & ~O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY; }

}  // namespace

Result<UniqueFd> reopen(int fd, int flags) {
  const DescriptorName name(fd);
  return own(::syscall(SYS_openat, own_descriptors(), name.text, reopen_flags(flags), 0));
}

Result<UniqueFd> reopen(int fd, int flags, const StopWord& stop) {
  const DescriptorName name(fd);
  const int64_t fresh = host_blocking_call(
      &stop, SYS_openat, own_descriptors(),
      static_cast<int64_t>(std::bit_cast<uintptr_t>(&name.text[0])), reopen_flags(flags), 0, 0, 0);
  if (fresh < 0) return Errno(static_cast<int>(-fresh));
  return own(fresh);
}

Result<struct stat> status(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) [[unlikely]]
    return Errno::last();
  return status;
}

Result<struct stat> status_of_child(int directory, const char* name) {
  struct stat status {};
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return Errno::last();
  return status;
}

Result<abi::Statx> extended_status(int fd, int flags, unsigned mask) {
  abi::Statx status{};
  if (::syscall(SYS_statx, fd, "", flags | AT_EMPTY_PATH, mask, &status) != 0) return Errno::last();
  return status;
}

Result<struct statfs> file_system(int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return Errno::last();
  return status;
}

Result<std::string> link_target(int fd) {
  char target[PATH_MAX];
  ssize_t length = ::readlinkat(fd, "", target, sizeof target);
  if (length < 0) return Errno::last();
  return std::string(target, static_cast<size_t>(length));
}

Result<std::string> current_path(int fd) {
  char path[PATH_MAX];
  ssize_t length = ::readlink(ProcPath(fd).c_str(), path, sizeof path);
  if (length < 0) return Errno::last();
  if (length == sizeof path) return Errno(ENAMETOOLONG);
  return std::string(path, static_cast<size_t>(length));
}

Result<> change_mode(int fd, mode_t mode) { return done(::chmod(ProcPath(fd).c_str(), mode)); }

Result<> change_owner(int fd, uid_t user, gid_t group) {
  return done(::fchownat(fd, "", user, group, AT_EMPTY_PATH));
}

Result<> change_times(int fd, const timespec times[2]) {
  return done(::utimensat(AT_FDCWD, ProcPath(fd).c_str(), times, 0));
}

Result<> truncate_of(int fd, int64_t size) { return done(::truncate(ProcPath(fd).c_str(), size)); }

Result<> check_access(int fd, int mode, int flags) {
  return done(::faccessat(fd, "", mode, flags | AT_EMPTY_PATH));
}

Result<size_t> get_attribute(int fd, const char* name, std::span<std::byte> value) {
  return counted(::getxattr(ProcPath(fd).c_str(), name, value.data(), value.size()));
}

Result<> set_attribute(int fd, const char* name, std::span<const std::byte> value, int flags) {
  return done(::setxattr(ProcPath(fd).c_str(), name, value.data(), value.size(), flags));
}

Result<size_t> list_attributes(int fd, std::span<std::byte> names) {
  return counted(
      ::listxattr(ProcPath(fd).c_str(), reinterpret_cast<char*>(names.data()), names.size()));
}

Result<> remove_attribute(int fd, const char* name) {
  return done(::removexattr(ProcPath(fd).c_str(), name));
}

mode_t process_umask() {
  constexpr std::string_view kField = "\nUmask:\t";
  Result<UniqueFd> status = open_outside("/proc/self/status", O_RDONLY);
  // It is the second line, after a name of at most 15 characters.
  char text[256];
  ssize_t length = status.ok() ? ::read(status.value().get(), text, sizeof text) : -1;
  if (length <= 0) return 0;
  std::string_view lines(text, static_cast<size_t>(length));
  size_t field = lines.find(kField);
  if (field == std::string_view::npos) return 0;
  unsigned mask = 0;
  std::from_chars(text + field + kField.size(), text + lines.size(), mask, 8);
  return static_cast<mode_t>(mask);
}

Result<> make_directory(int directory, const char* name, mode_t mode) {
  return done(::mkdirat(directory, name, mode));
}

Result<> make_node(int directory, const char* name, mode_t mode) {
  return done(::mknodat(directory, name, mode, 0));
}

Result<> make_symlink(const char* target, int directory, const char* name) {
  return done(::symlinkat(target, directory, name));
}

Result<> make_link(int fd, int directory, const char* name) {
  return done(::linkat(AT_FDCWD, ProcPath(fd).c_str(), directory, name, AT_SYMLINK_FOLLOW));
}

Result<> remove(int directory, const char* name, int flags) {
  return done(::unlinkat(directory, name, flags));
}

Result<> rename(int from, const char* old_name, int to, const char* new_name, unsigned flags) {
  return done(::syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}

}  // namespace rawposix::host
