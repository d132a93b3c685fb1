// SPDX-License-Identifier: Apache-2.0
#include "cage/exec.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cage/start.h"
#include "fs/walk.h"
#include "host/file.h"
#include "loader/load_error.h"

namespace rawposix::cage {
namespace {

constexpr size_t kScriptLine = 256;  // BINPRM_BUF_SIZE
constexpr int kMostScripts = 5;      // interpreters that are scripts themselves; then ELOOP
constexpr std::string_view kBlank = " \t";

struct Script {
  std::string interpreter;
  std::string argument;  // may be empty
};

// fs/binfmt_script.c: "#!", blanks, the interpreter, perhaps one argument up to the line's end.
// ENOEXEC if that is not what the file begins with, or the name does not fit.
Result<Script> parse_script(std::string_view start, bool whole_file) {
  if (!start.starts_with("#!")) return Errno(ENOEXEC);
  size_t end = start.find('\n');
  const bool cut = end == std::string_view::npos && !whole_file;
  std::string_view line = start.substr(2, end == std::string_view::npos ? end : end - 2);
  line = line.substr(0, line.find('\0'));
  size_t last = line.find_last_not_of(kBlank);
  if (last == std::string_view::npos) return Errno(ENOEXEC);
  if (!cut) line = line.substr(0, last + 1);
  line = line.substr(line.find_first_not_of(kBlank));
  size_t blank = line.find_first_of(kBlank);
  // The name itself may have been cut off.
  if (blank == std::string_view::npos && cut) return Errno(ENOEXEC);
  Script script{std::string(line.substr(0, blank)), {}};
  if (blank != std::string_view::npos) {
    line = line.substr(blank);
    size_t argument = line.find_first_not_of(kBlank);
    if (argument != std::string_view::npos) script.argument = line.substr(argument);
  }
  return script;
}

Result<std::optional<Script>> read_script(int fd) {
  std::array<char, kScriptLine> start{};
  iovec to{start.data(), start.size()};
  size_t size = TRY(host::read_at(fd, {&to, 1}, 0));
  std::string_view text(start.data(), size);
  if (!text.starts_with("#!")) return std::optional<Script>();
  Script script = TRY(parse_script(text, size < start.size()));
  return std::optional<Script>(std::move(script));
}

struct Program {
  std::shared_ptr<const loader::Image> image;
  std::string path;  // of the image, for AT_EXECFN
  fs::NodeRef file;
};

// Follows scripts to the program that runs them, and puts the interpreters before the arguments.
Result<Program> find_program(Task& task, ExecRequest& request) {
  std::string path = request.path;
  OpenProgram program = TRY(open_program(task, request.directory, path, request.flags));
  int content = -1;
  for (int depth = 0;; depth++) {
    content = TRY(program.file->content_fd());
    std::optional<Script> script = TRY(read_script(content));
    if (!script) break;
    if (depth == kMostScripts) return Errno(ELOOP);
    std::vector<std::string>& arguments = request.arguments;
    if (!arguments.empty()) arguments.erase(arguments.begin());
    arguments.insert(arguments.begin(), path);
    if (!script->argument.empty()) arguments.insert(arguments.begin(), script->argument);
    arguments.insert(arguments.begin(), script->interpreter);
    path = script->interpreter;
    program = TRY(open_program(task, fs::FdNum{AT_FDCWD}, path, 0));
  }
  auto image = task.world().machine().images.load(content, path);
  if (!image.ok()) return image.error().number();
  fs::NodeRef place = task.world().executables().share(std::move(program.node), path);
  return Program{std::move(image).value(), std::move(path), std::move(place)};
}

// What the old program leaves behind and the new one must not find (man 2 execve).
void forget_old_program(Task& task, const std::string& name) {
  Cage& cage = task.cage();
  if (task.tid() != cage.pid()) {
    task.world().tree().rename_task(task.tid(), cage.pid());
    task.set_tid(cage.pid());
  }
  cage.set_name(short_name(name));
  cage.dumpable = true;
  cage.signals().reset_for_exec(task);
  cage.timers().remove_created();
  task.clear_child_tid = 0;
  task.robust_list = 0;
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
  start.path = program.path;
  Credentials credentials = task.credentials();
  credentials.execute();
  loader::EntryPoint entry =
      TRY(load_program(cage, credentials, *memory, *program.image, std::move(start)));

  // From here on there is no way back.
  TRY(cage.become_alone(task));
  forget_old_program(task, request.path);
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
