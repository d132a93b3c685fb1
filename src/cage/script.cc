// SPDX-License-Identifier: Apache-2.0
#include "cage/script.h"

#include <sys/uio.h>

#include <array>
#include <string_view>

#include "host/file.h"

namespace rawposix::cage {
namespace {

constexpr size_t kScriptLine = 256;  // BINPRM_BUF_SIZE
constexpr std::string_view kBlank = " \t";

// fs/binfmt_script.c, load_script(): "#!", blanks, the interpreter, perhaps one argument up to the
// line's end. ENOEXEC if that is not what the file begins with, or the name does not fit.
Result<Script> parse_script(std::string_view start) {
  constexpr std::string_view kNameEnds("\0 \t", 3);
  size_t end = start.find('\n');
  if (end == std::string_view::npos) {
    // The last byte is Linux's own. The name itself may have been cut off.
    end = start.size() - 1;
    const size_t name = start.find_first_not_of(kBlank, 2);
    if (name >= end || start.find_first_of(kNameEnds, name) >= end) return Errno(ENOEXEC);
  }
  const std::string_view line = start.substr(0, start.find_last_not_of(kBlank, end - 1) + 1);
  const size_t name = line.find_first_not_of(kBlank, 2);
  if (name == std::string_view::npos) return Errno(ENOEXEC);
  const size_t name_end = line.find_first_of(kNameEnds, name);
  Script script{std::string(line.substr(name, name_end - name)), {}};
  if (name_end == std::string_view::npos || line[name_end] == '\0') return script;
  const size_t argument = line.find_first_not_of(kBlank, name_end);
  if (argument != std::string_view::npos) {
    // Files that are shorter have a NUL after it.
    script.argument = line.substr(argument, line.find('\0', argument) - argument);
  }
  return script;
}

}  // namespace

Result<std::optional<Script>> read_script(int fd) {
  std::array<char, kScriptLine> start{};
  iovec to{start.data(), start.size()};
  TRY(host::read_at(fd, {&to, 1}, 0));
  const std::string_view text(start.data(), start.size());
  if (!text.starts_with("#!")) return std::optional<Script>();
  Script script = TRY(parse_script(text));
  return std::optional<Script>(std::move(script));
}

void put_interpreter(const Script& script, const std::string& path,
                     std::vector<std::string>& arguments) {
  if (!arguments.empty()) arguments.erase(arguments.begin());
  arguments.insert(arguments.begin(), path);
  if (!script.argument.empty()) arguments.insert(arguments.begin(), script.argument);
  arguments.insert(arguments.begin(), script.interpreter);
}

}  // namespace rawposix::cage
