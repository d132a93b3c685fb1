// SPDX-License-Identifier: Apache-2.0
#include "rewrite/driver/real_as.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "support/unique_fd.h"

extern char** environ;

namespace rawposix::rewrite {
namespace {

// The toolchain installs us under the name of `as`, so that PATH may lead back here.
bool is_this_program(const std::string& path) {
  struct stat self {};
  struct stat other {};
  return stat("/proc/self/exe", &self) == 0 && stat(path.c_str(), &other) == 0 &&
         self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

std::string find_on_path(std::string_view name) {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    std::string candidate = std::string(directory).append("/").append(name);
    if (access(candidate.c_str(), X_OK) == 0 && !is_this_program(candidate)) return candidate;
  }
  return {};
}

std::string find_real_as() {
  for (const std::string_view name : {"x86_64-linux-gnu-as", "as"}) {
    std::string found = find_on_path(name);
    if (!found.empty()) return found;
  }
  return {};
}

Result<UniqueFd, Refusal> as_file(const std::string& text) {
  UniqueFd file(memfd_create("assembly", MFD_CLOEXEC));
  if (!file.valid()) return Refusal{std::string("no memory file: ") + Errno::last().message()};
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = write(file.get(), text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Refusal{std::string("no memory: ") + Errno::last().message()};
    done += static_cast<size_t>(count);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return Refusal{"can't rewind the memory file"};
  return file;
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<int, Refusal> run_real_as(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const std::string* input) {
  std::string path = program.empty() ? find_real_as() : program;
  if (path.empty()) return Refusal{"no GNU assembler on PATH; install binutils"};
  std::vector<char*> argv = {path.data()};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  UniqueFd source;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input != nullptr) {
    source = TRY(as_file(*input));
    posix_spawn_file_actions_adddup2(&actions, source.get(), STDIN_FILENO);
  }
  pid_t child = 0;
  const int error = posix_spawn(&child, path.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Refusal{"can't run " + path + ": " + Errno(error).message()};
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR)
      return Refusal{std::string("lost the assembler: ") + Errno::last().message()};
  }
  return exit_status(status);
}

}  // namespace rawposix::rewrite
