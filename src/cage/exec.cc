// SPDX-License-Identifier: Apache-2.0
#include "cage/exec.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cage/futex.h"
#include "cage/script.h"
#include "cage/start.h"
#include "fs/walk.h"
#include "host/file.h"
#include "loader/load_error.h"

namespace rawposix::cage {
namespace {

struct Program {
  std::shared_ptr<const loader::Image> image;
  std::string name;        // as ps shows it
  std::string given_name;  // AT_EXECFN
  fs::NodeRef file;
};

bool by_descriptor(const ExecRequest& request) {
  return request.directory.value != AT_FDCWD && !request.path.starts_with('/');
}

// What a program is called that is found by a descriptor (fs/exec.c, alloc_bprm()).
std::string given_name(const ExecRequest& request) {
  if (!by_descriptor(request)) return request.path;
  std::string name = "/dev/fd/" + std::to_string(request.directory.value);
  return request.path.empty() ? name : name + "/" + request.path;
}

// Whether the interpreter could not open a script by that name: the descriptor is gone then.
bool is_inaccessible(Task& task, const ExecRequest& request) {
  if (!by_descriptor(request)) return false;
  return task.fds().flag(request.directory).value_or(fs::CloseOnExec::kNo) == fs::CloseOnExec::kYes;
}

// By a descriptor alone: of what is executed in the end, the interpreter of a script.
std::string last_name(const ExecRequest& request, fs::Node& file) {
  if (!request.path.empty()) return short_name(request.path);
  std::string path = file.last_path_in_mount().value_or(std::string());
  // As names are shown.
  constexpr std::string_view kGone = " (deleted)";
  if (path.ends_with(kGone) && file.status().value_or({}).st_nlink == 0) {
    path.resize(path.size() - kGone.size());
  }
  return short_name(path);
}

// Follows scripts to the program that runs them, and puts the interpreters before the arguments.
Result<Program> find_program(Task& task, ExecRequest& request) {
  const std::string given = given_name(request);
  std::string path = given;
  OpenProgram program = TRY(open_program(task, request.directory, request.path, request.flags));
  int content = -1;
  for (int depth = 0;; depth++) {
    content = TRY(program.file->content_fd());
    std::optional<Script> script = TRY(read_script(content));
    if (!script) break;
    if (is_inaccessible(task, request)) return Errno(ENOENT);
    if (depth == kMostScripts) return Errno(ELOOP);
    // Opening "" finds the working directory.
    if (script->interpreter.empty()) return Errno(EACCES);
    put_interpreter(*script, path, request.arguments);
    path = script->interpreter;
    program = TRY(open_program(task, fs::FdNum{AT_FDCWD}, path, 0));
  }
  std::string name = last_name(request, *program.node);
  auto image = task.world().machine().images.load(content, path);
  if (!image.ok()) return image.error().number();
  fs::NodeRef place = task.world().executables().share(std::move(program.node), path);
  return Program{std::move(image).value(), std::move(name), given, std::move(place)};
}

// What the old program leaves behind and the new one must not find (man 2 execve).
void forget_old_program(Task& task, const std::string& name) {
  Cage& cage = task.cage();
  release_memory(task);
  if (task.tid() != cage.pid()) {
    task.world().tree().rename_task(task.tid(), cage.pid());
    task.set_tid(cage.pid());
  }
  cage.set_name(name);
  cage.dumpable = true;
  cage.memory_barriers = false;
  cage.signals().reset_for_exec(task);
  cage.timers().remove_created();
  task.restart_deadline.reset();
  if (task.parts().fds.use_count() > 1) task.set_fds(task.fds().clone());
  task.fds().close_on_exec();
  task.world().tree().note_exec(cage);
}

}  // namespace

Result<OpenProgram> open_program(Task& task, fs::FdNum directory, const std::string& path,
                                 int flags) {
  fs::PathContext paths{task.view(), task.fds(), &task, &task.waiter()};
  auto follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? fs::Follow::kNo : fs::Follow::kYes;
  auto empty = (flags & AT_EMPTY_PATH) != 0 ? fs::PathContext::Empty::kAllowed
                                            : fs::PathContext::Empty::kRefused;
  fs::NodeRef node = TRY(paths.find(directory, path, follow, empty));
  if (S_ISLNK(node->kind())) return Errno(ELOOP);
  if (!S_ISREG(node->kind())) return Errno(EACCES);
  TRY(node->check_access(X_OK, AT_EACCESS, paths.caller()));
  fs::FileRef file =
      TRY(node->open({.flags = O_RDONLY | O_CLOEXEC, .mode = 0, .caller = paths.caller()}));
  return OpenProgram{std::move(node), std::move(file)};
}

Result<> exec(Task& task, ExecRequest request) {
  Cage& cage = task.cage();
  World& world = task.world();
  Program program = TRY(find_program(task, request));
  std::shared_ptr<mm::AddressSpace> memory = TRY(mm::AddressSpace::create(
      world.machine().slots, program.image->file(), memory_limits(cage.limits())));
  loader::StartInfo start;
  start.arguments = std::move(request.arguments);
  start.environment = std::move(request.environment);
  start.path = program.given_name;
  Credentials credentials = task.credentials();
  credentials.execute();
  loader::EntryPoint entry =
      TRY(load_program(cage, credentials, *memory, *program.image, std::move(start)));

  // From here on there is no way back.
  TRY(cage.become_alone(task));
  forget_old_program(task, program.name);
  task.set_credentials(std::move(credentials));
  std::shared_ptr<mm::AddressSpace> old = cage.set_program(
      std::move(memory), program.image, Executable{std::move(program.file), std::string()});
  task.enter_memory();
  enter_program(task, *program.image, entry);
  cage.stop_being_alone();
  old.reset();
  if (std::shared_ptr<VforkGate> gate = std::move(task.vfork_gate)) gate->open();
  return {};
}

}  // namespace rawposix::cage
