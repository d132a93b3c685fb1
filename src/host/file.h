// SPDX-License-Identifier: Apache-2.0
// Host files: thin wrappers of the Linux calls that return Result. No policy; whoever calls them
// answers for what a descriptor may reach. Every descriptor made here is close-on-exec, and no call
// here ever follows a symbolic link, but for open_outside() and what `reopen` and the *_of calls
// reach through /proc/self/fd, which is the descriptor's own file.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "abi/stat.h"
#include "host/blocking_call.h"
#include "support/result.h"
#include "support/unique_fd.h"

namespace rawposix::host {

// Data. The vectors may point to guest memory: Linux itself reports EFAULT.
using Vectors = std::span<const iovec>;
// What takes a stop word may wait for long; that ends it (blocking_call.h).
Result<size_t> read(int fd, Vectors to, const StopWord& stop);
Result<size_t> write(int fd, Vectors from, const StopWord& stop);
// `flags` are RWF_*.
Result<size_t> read_flagged(int fd, Vectors to, int flags, const StopWord& stop);
Result<size_t> write_flagged(int fd, Vectors from, int flags, const StopWord& stop);
Result<size_t> read_at(int fd, Vectors to, int64_t offset, int flags = 0);
Result<size_t> write_at(int fd, Vectors from, int64_t offset, int flags = 0);
Result<int64_t> seek(int fd, int64_t offset, int whence);
Result<> truncate(int fd, int64_t size);
Result<> allocate(int fd, int mode, int64_t offset, int64_t size);
Result<> advise_file(int fd, int64_t offset, int64_t size, int advice);
Result<> read_ahead(int fd, int64_t offset, size_t size);
enum class SyncKind : uint8_t { kAll, kData, kFileSystem };
Result<> sync_file(int fd, SyncKind kind);
Result<> sync_range(int fd, int64_t offset, int64_t size, unsigned flags);
void sync_everything();
// A null offset means the descriptor's own.
Result<size_t> send_file(int to, int from, int64_t* offset, size_t size, const StopWord& stop);
Result<size_t> splice_files(int from, int64_t* from_offset, int to, int64_t* to_offset, size_t size,
                            unsigned flags, const StopWord& stop);
Result<size_t> copy_range(int from, int64_t* from_offset, int to, int64_t* to_offset, size_t size);

// Descriptors.
// What a call of Linux has opened, kept clear of 0, 1 and 2: where one of these is closed, what
// comes to lie there would be taken for a standard stream of this process, and given to a cage.
Result<UniqueFd> own(long outcome);
Result<UniqueFd> duplicate(int fd);
Result<int> control(int fd, int command, int64_t argument = 0);
Result<> lock_range(int fd, int command, struct flock& lock);
Result<> wait_for_range(int fd, struct flock& lock, const StopWord& stop);  // F_OFD_SETLKW
Result<> lock_whole(int fd, int operation, const StopWord& stop);
Result<int> device_control(int fd, uint64_t command, void* argument, const StopWord& stop);
Result<size_t> read_directory(int fd, std::span<std::byte> records);
Result<size_t> read_directory(int fd, const iovec& records);

// Opens what reopen() needs, which then can't fail for want of descriptors.
Result<> open_own_descriptors();

// Opening. `name` is one component or empty, never a path.
Result<UniqueFd> open_child(int directory, const char* name, int flags, mode_t mode = 0);
// openat2(2): any path below `directory`, by `resolve` (RESOLVE_*).
Result<UniqueFd> open_beneath(int directory, const char* path, int flags, uint64_t resolve);
// The same file with other flags, also from an O_PATH descriptor.
Result<UniqueFd> reopen(int fd, int flags);
Result<UniqueFd> reopen(int fd, int flags, const StopWord& stop);
// A path of the host's, links followed: for what the user of RawPOSIX named.
Result<UniqueFd> open_outside(const char* path, int flags, mode_t mode = 0);
// An unlinked file for contents, not sealed.
Result<UniqueFd> create_memory(const char* name, unsigned flags = 0);
struct PipeEnds {
  UniqueFd reader;
  UniqueFd writer;
};
Result<PipeEnds> create_pipe(int flags);

// Attributes of the file itself; O_PATH descriptors will do.
Result<struct stat> status(int fd);
Result<struct stat> status_of_child(int directory, const char* name);
Result<abi::Statx> extended_status(int fd, int flags, unsigned mask);
Result<struct statfs> file_system(int fd);
Result<std::string> link_target(int fd);
// Where Linux says that the file is now; for display and hints only.
Result<std::string> current_path(int fd);
Result<> change_mode(int fd, mode_t mode);
Result<> change_owner(int fd, uid_t user, gid_t group);
Result<> change_times(int fd, const timespec times[2]);
Result<> truncate_of(int fd, int64_t size);
Result<> check_access(int fd, int mode, int flags);
Result<size_t> get_attribute(int fd, const char* name, std::span<std::byte> value);
Result<> set_attribute(int fd, const char* name, std::span<const std::byte> value, int flags);
Result<size_t> list_attributes(int fd, std::span<std::byte> names);
Result<> remove_attribute(int fd, const char* name);

// What this process's umask takes away from the modes of files it makes. Reads it without changing
// it, so other threads don't notice.
mode_t process_umask();

// The tree. Names are single components.
Result<> make_directory(int directory, const char* name, mode_t mode);
Result<> make_node(int directory, const char* name, mode_t mode);
Result<> make_symlink(const char* target, int directory, const char* name);
Result<> make_link(int fd, int directory, const char* name);
Result<> remove(int directory, const char* name, int flags);
Result<> rename(int from, const char* old_name, int to, const char* new_name, unsigned flags);

// Terminals. The device behind one, also behind /dev/tty; ENOTTY.
Result<uint64_t> terminal_device(int fd);
// Whether a descriptor is this process's controlling terminal.
bool controls_this_process(int fd);
// Whether it does, and another process group is in its foreground.
bool is_background(int fd);

// Waiting.
Result<int> wait_ready(std::span<struct pollfd> files, const timespec* timeout,
                       const StopWord& stop);

}  // namespace rawposix::host
