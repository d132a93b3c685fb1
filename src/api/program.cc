// SPDX-License-Identifier: Apache-2.0
#include "api/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "cage/script.h"
#include "fs/descriptor_node.h"
#include "fs/walk.h"
#include "host/file.h"
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

// What a name stands for.
struct Opened {
  std::string path;    // where it was found
  fs::FileRef inside;  // in the cage, or
  UniqueFd outside;    // on the host
  int content = -1;    // a descriptor of either
};

Result<Opened, Error> opened_inside(const std::string& path, fs::FileRef file) {
  Result<int> content = file->content_fd();
  if (!content.ok()) return not_usable(path, content.error());
  return Opened{path, std::move(file), {}, content.value()};
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
  UniqueFd file = TRY(host::open_outside(path.c_str(), O_RDONLY | O_NONBLOCK));
  const struct stat status = TRY(host::status(file.get()));
  if (!S_ISREG(status.st_mode)) return Errno(EACCES);
  TRY(host::check_access(file.get(), X_OK, AT_EACCESS));
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

Result<Opened, Error> open_by_name(const std::string& name,
                                   const std::vector<std::string>& environment, fs::FsView& view,
                                   cage::Executable& executable) {
  Errno reason(ENOENT);
  std::string_view rest = search_path(environment);
  while (!rest.empty()) {
    size_t colon = rest.find(':');
    std::string path = std::string(rest.substr(0, colon)) + "/" + name;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    Result<fs::FileRef> file = open_in_cage(path, view, executable);
    if (file.ok()) return opened_inside(path, std::move(file).value());
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

Result<Opened, Error> open_program(const std::string& name,
                                   const std::vector<std::string>& environment, fs::FsView& view,
                                   cage::Executable& executable) {
  if (name.empty()) return Error{ErrorKind::kNotFound, ENOENT, "the program's name is empty"};
  if (name.find('/') == std::string::npos) {
    return open_by_name(name, environment, view, executable);
  }
  Result<fs::FileRef> inside = open_in_cage(name, view, executable);
  if (inside.ok()) return opened_inside(name, std::move(inside).value());
  Result<UniqueFd> outside = open_on_host(name);
  if (outside.ok()) {
    const int fd = outside.value().get();
    Result<> shown = show_outside_file(name, fd, view, executable);
    if (!shown.ok()) return not_usable(name, shown.error());
    return Opened{name, {}, std::move(outside).value(), fd};
  }
  // What is there but can't be used tells more than what isn't there.
  bool only_missing_outside = inside.error() != Errno(ENOENT) && outside.error() == Errno(ENOENT);
  return not_usable(name, only_missing_outside ? inside.error() : outside.error());
}

// Of a script, which is in the cage.
Result<Opened, Error> open_interpreter(const std::string& script, const std::string& path,
                                       fs::FsView& view, cage::Executable& executable) {
  Result<fs::FileRef> file = open_in_cage(path, view, executable);
  if (!file.ok()) return not_usable(script + ": its interpreter " + path, file.error());
  return opened_inside(path, std::move(file).value());
}

}  // namespace

Result<Program, Error> load_program(const std::string& name, std::vector<std::string> arguments,
                                    const std::vector<std::string>& environment, fs::FsView& view,
                                    loader::ImageCache& images, UniqueFd* keep_file) {
  Program program;
  program.arguments = std::move(arguments);
  Opened opened = TRY(open_program(name, environment, view, program.executable));
  for (int scripts = 0;; scripts++) {
    loader::LoadResult<ImageRef> image = images.load(opened.content, opened.path);
    if (image.ok()) {
      program.image = std::move(image).value();
      if (keep_file != nullptr) {
        Result<UniqueFd> kept = host::duplicate(opened.content);
        *keep_file = kept.ok() ? std::move(kept).value() : UniqueFd();
      }
      return program;
    }
    Result<std::optional<cage::Script>> script = std::optional<cage::Script>();
    if (image.error().fault() == loader::LoadFault::kNotElf && scripts < cage::kMostScripts) {
      script = cage::read_script(opened.content);
    }
    if (!script.ok() || !script.value()) return not_loadable(opened.path, image.error());
    if (opened.outside.valid()) {
      return Error{ErrorKind::kNotExecutable, ENOEXEC,
                   name +
                       ": a script; its interpreter can't read it outside of the cage's files "
                       "(see --bind)"};
    }
    cage::put_interpreter(*script.value(), opened.path, program.arguments);
    opened =
        TRY(open_interpreter(opened.path, script.value()->interpreter, view, program.executable));
  }
}

}  // namespace rawposix::api
