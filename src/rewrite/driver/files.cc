// SPDX-License-Identifier: Apache-2.0
#include "rewrite/driver/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unique_fd.h"

namespace rawposix::rewrite {
namespace {

Result<std::string, Refusal> read_all(int fd, const std::string& name) {
  std::string text;
  struct stat status {};
  if (fstat(fd, &status) == 0 && status.st_size > 0) {
    text.reserve(static_cast<size_t>(status.st_size) + 1);
  }
  constexpr size_t kStep = size_t{1} << 20;
  for (;;) {
    const size_t used = text.size();
    text.resize(used + kStep);
    const ssize_t count = read(fd, text.data() + used, kStep);
    if (count < 0 && errno == EINTR) {
      text.resize(used);
      continue;
    }
    if (count < 0) return Refusal{"can't read " + name + ": " + Errno::last().message()};
    text.resize(used + static_cast<size_t>(count));
    if (count == 0) return text;
  }
}

bool is_standard_input(const std::string& path) { return path == "-" || path == "--"; }

}  // namespace

Result<std::string, Refusal> read_file(const std::string& path) {
  if (is_standard_input(path)) return read_all(STDIN_FILENO, "standard input");
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Refusal{"can't open " + path + ": " + Errno::last().message()};
  return read_all(file.get(), path);
}

Result<std::string, Refusal> read_inputs(const std::vector<std::string>& paths) {
  if (paths.empty()) return read_file("-");
  std::string all = TRY(read_file(paths[0]));
  for (size_t i = 1; i < paths.size(); ++i) {
    all.append("\n# 1 \"").append(paths[i]).append("\"\n").append(TRY(read_file(paths[i])));
  }
  return all;
}

}  // namespace rawposix::rewrite
