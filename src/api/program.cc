// SPDX-License-Identifier: Apache-2.0
#include "api/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "fs/descriptor_node.h"
#include "fs/walk.h"
#include "support/unique_fd.h"

namespace rawposix::api {
namespace {

using ImageRef = std::shared_ptr<const loader::Image>;

Error not_usable(const std::string& name, Errno reason) {
  ErrorKind kind = reason == Errno(ENOENT) || reason == Errno(ENOTDIR) ? ErrorKind::kNotFound
                                                                       : ErrorKind::kNotPermitted;
  return {kind, reason.number(), name + ": " + reason.message()};
}

Error not_loadable(const std::string& name, const loader::LoadError& error) {
  ErrorKind kind = ErrorKind::kNotExecutable;
  if (error.fault() == loader::LoadFault::kRefused) kind = ErrorKind::kUnsafe;
  if (error.fault() == loader::LoadFault::kNoMemory) kind = ErrorKind::kHost;
  return {kind, error.number().number(), name + ": " + error.message()};
}

Result<ImageRef, Error> load_host_file(const std::string& name, int fd, loader::ImageCache& images,
                                       UniqueFd* keep_file) {
  loader::LoadResult<ImageRef> image = images.load(fd, name);
  if (!image.ok()) return not_loadable(name, image.error());
  if (keep_file != nullptr) keep_file->reset(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  return std::move(image).value();
}

Result<ImageRef, Error> load_file(const std::string& name, fs::File& file,
                                  loader::ImageCache& images, UniqueFd* keep_file) {
  Result<int> fd = file.content_fd();
  if (!fd.ok()) return not_usable(name, fd.error());
  return load_host_file(name, fd.value(), images, keep_file);
}

Result<fs::FileRef> open_in_cage(const std::string& path, fs::FsView& view,
                                 cage::Executable& executable) {
  fs::Caller caller{};
  fs::Walker walker(view.root(), view.working_directory(), caller);
  fs::NodeRef node = TRY(walker.walk(path, fs::Follow::kYes));
  if (!S_ISREG(node->kind())) return Errno(EACCES);
  TRY(node->check_access(X_OK, AT_EACCESS, caller));
  executable = {node, std::string()};
  return node->open({.flags = O_RDONLY | O_CLOEXEC, .mode = 0, .caller = caller});
}

Result<UniqueFd> open_on_host(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return Errno::last();
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return Errno::last();
  if (!S_ISREG(status.st_mode)) return Errno(EACCES);
  return file;
}

// The cage sees the program alone, and nothing of where it lies.
Result<> show_outside_file(const std::string& name, int fd, fs::FsView& view,
                           cage::Executable& executable) {
  fs::FileRef file = TRY(view.space().adopt_stream(fd));
  executable.file = TRY(fs::node_behind(std::move(file), view.space().root_mount()));
  executable.name = name.starts_with('/') ? name : "/" + name.substr(name.rfind('/') + 1);
  return {};
}

std::string_view search_path(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  }
  return "/bin:/usr/bin";
}

Result<ImageRef, Error> load_by_name(const std::string& name,
                                     const std::vector<std::string>& environment, fs::FsView& view,
                                     loader::ImageCache& images, cage::Executable& executable,
                                     UniqueFd* keep_file) {
  Errno reason(ENOENT);
  std::string_view rest = search_path(environment);
  while (!rest.empty()) {
    size_t colon = rest.find(':');
    std::string path = std::string(rest.substr(0, colon)) + "/" + name;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    Result<fs::FileRef> file = open_in_cage(path, view, executable);
    if (file.ok()) return load_file(path, *file.value(), images, keep_file);
    if (file.error() != Errno(ENOENT) && file.error() != Errno(ENOTDIR)) reason = file.error();
  }
  if (reason == Errno(ENOENT)) {
    return Error{ErrorKind::kNotFound, ENOENT,
                 name +
                     ": no such program; give the path of a file for one that is not in the "
                     "cage's PATH"};
  }
  return not_usable(name, reason);
}

}  // namespace

Result<ImageRef, Error> load_program(const std::string& name,
                                     const std::vector<std::string>& environment, fs::FsView& view,
                                     loader::ImageCache& images, cage::Executable& executable,
                                     UniqueFd* keep_file) {
  if (name.find('/') == std::string::npos) {
    return load_by_name(name, environment, view, images, executable, keep_file);
  }
  Result<fs::FileRef> inside = open_in_cage(name, view, executable);
  if (inside.ok()) return load_file(name, *inside.value(), images, keep_file);
  Result<UniqueFd> outside = open_on_host(name);
  if (outside.ok()) {
    Result<> shown = show_outside_file(name, outside.value().get(), view, executable);
    if (!shown.ok()) return not_usable(name, shown.error());
    return load_host_file(name, outside.value().get(), images, keep_file);
  }
  // What is there but can't be used tells more than what isn't there.
  bool only_missing_outside = inside.error() != Errno(ENOENT) && outside.error() == Errno(ENOENT);
  return not_usable(name, only_missing_outside ? inside.error() : outside.error());
}

}  // namespace rawposix::api
