// SPDX-License-Identifier: Apache-2.0
#include "debug/perf_map.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <span>

#include "debug/hex.h"
#include "debug/symbols.h"

namespace rawposix::debug {

PerfMap::PerfMap() : PerfMap("/tmp/perf-" + std::to_string(getpid()) + ".map") {}

Result<> PerfMap::add(cage::Cage& cage, loader::ByteSource& file) {
  const sfi::CodeMap& code = cage.image()->code();
  std::span<const uint8_t> text(code.code, code.size);
  TRY(cage.address_space().replace_text(code.start, std::as_bytes(text)));

  // SAFETY: the number alone is used.
  auto base = reinterpret_cast<uint64_t>(cage.address_space().base());
  std::string lines;
  for (const Function& function : read_functions(file, code.start, code.start + code.size)) {
    lines +=
        to_hex(base + function.address) + " " + to_hex(function.size) + " " + function.name + "\n";
  }
  return append(lines);
}

Result<> PerfMap::append(const std::string& lines) {
  MutexLock lock(mutex_);
  if (!output_.valid()) {
    // What is there is an earlier process's of the same id. Anybody may write to /tmp: a file or a
    // link that somebody else puts there meanwhile is not followed.
    unlink(path_.c_str());
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    output_.reset(open(path_.c_str(), kFlags, S_IRUSR | S_IWUSR));
    if (!output_.valid()) return Errno::last();
  }
  for (size_t done = 0; done < lines.size();) {
    ssize_t count = write(output_.get(), lines.data() + done, lines.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Errno::last();
    done += static_cast<size_t>(count);
  }
  return {};
}

}  // namespace rawposix::debug
