// SPDX-License-Identifier: Apache-2.0
// rawposix verify
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "loader/image.h"
#include "support/unique_fd.h"

namespace rawposix::cli {
namespace {

constexpr int kRefused = 1;
constexpr int kUnreadable = 2;

int verify_file(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0) {
    std::fprintf(stderr, "rawposix: %s: %s\n", path.c_str(), Errno::last().message());
    return kUnreadable;
  }
  loader::HostFileSource source(file.get(), static_cast<uint64_t>(status.st_size));
  auto image = loader::Image::load(source, path);
  if (image.ok()) {
    std::printf("%s: accepted\n", path.c_str());
    return 0;
  }
  std::fprintf(stderr, "rawposix: %s: %s\n", path.c_str(), image.error().message().c_str());
  return image.error().fault() == loader::LoadFault::kUnreadable ? kUnreadable : kRefused;
}

}  // namespace

int verify(const std::vector<std::string>& files) {
  int exit_code = 0;
  for (const std::string& file : files) exit_code = std::max(exit_code, verify_file(file));
  return exit_code;
}

}  // namespace rawposix::cli
