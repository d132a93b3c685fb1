// SPDX-License-Identifier: Apache-2.0
#include "loader/stack_builder.h"

#include <elf.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "loader/elf_file.h"
#include "sfi/layout.h"

namespace rawposix::loader {
namespace {

// include/uapi/linux/binfmts.h, limits.h; fs/exec.c: bprm_stack_limits().
constexpr uint64_t kMaxString = 32 * sfi::kPageSize;
constexpr uint64_t kMostForArguments = 6 * 1024 * 1024;
constexpr uint64_t kLeastForArguments = 128 * 1024;

constexpr uint64_t kClockTicks = 100;
constexpr char kPlatform[] = "x86_64";

using AuxEntry = std::pair<uint64_t, uint64_t>;

// Fills the stack downwards in a buffer that is turned to its final order once, at the end.
class Writer {
 public:
  uint64_t top() const { return sfi::kStackTop - used_; }
  void reserve(uint64_t size) { used_ += size; }
  void align(uint64_t alignment) { used_ = sfi::kStackTop - (top() & ~(alignment - 1)); }

  // The address where a block of `size` bytes goes.
  uint64_t claim(uint64_t size) {
    used_ += size;
    return top();
  }

  void allocate() { bytes_.resize(used_); }
  void put(uint64_t address, const void* data, size_t size) {
    if (size != 0) memcpy(bytes_.data() + (address - top()), data, size);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  uint64_t used_ = 0;
  std::vector<std::byte> bytes_;
};

uint64_t argument_space(uint64_t stack_limit) {
  return std::clamp(stack_limit / 4, kLeastForArguments, kMostForArguments);
}

Result<> check_sizes(const StartInfo& start, std::span<const std::string> arguments) {
  uint64_t space = argument_space(start.stack_limit);
  uint64_t needed = (arguments.size() + start.environment.size()) * sizeof(uint64_t);
  needed += start.path.size() + 1;
  auto add = [&needed](const std::string& text) {
    needed += text.size() + 1;
    return text.size() + 1 <= kMaxString;
  };
  bool fits = std::all_of(arguments.begin(), arguments.end(), add);
  fits = std::all_of(start.environment.begin(), start.environment.end(), add) && fits;
  if (!fits || needed > space) return Errno(E2BIG);
  return {};
}

std::vector<AuxEntry> auxiliary_vector(const StartInfo& start, const ImageInfo& image,
                                       uint64_t random, uint64_t path, uint64_t platform) {
  return {
      // No AT_SYSINFO_EHDR: the vDSO is the host's code. HWCAP2 would tell of instructions that
      // the verifier refuses (MWAIT, FSGSBASE).
      {AT_MINSIGSTKSZ, getauxval(AT_MINSIGSTKSZ)},
      {AT_HWCAP, getauxval(AT_HWCAP)},
      {AT_PAGESZ, sfi::kPageSize},
      {AT_CLKTCK, kClockTicks},
      {AT_PHDR, image.headers_address},
      {AT_PHENT, kProgramHeaderSize},
      {AT_PHNUM, image.header_count},
      {AT_BASE, 0},
      {AT_FLAGS, 0},
      {AT_ENTRY, image.entry},
      {AT_UID, start.uid},
      {AT_EUID, start.euid},
      {AT_GID, start.gid},
      {AT_EGID, start.egid},
      {AT_SECURE, 0},
      {AT_RANDOM, random},
      {AT_HWCAP2, 0},
      {AT_EXECFN, path},
      {AT_PLATFORM, platform},
      {AT_NULL, 0},
  };
}

// Claims room for the strings so that they lie in ascending order; returns their addresses.
std::vector<uint64_t> claim_strings(Writer& writer, std::span<const std::string> strings) {
  std::vector<uint64_t> addresses(strings.size());
  for (size_t i = strings.size(); i-- > 0;) addresses[i] = writer.claim(strings[i].size() + 1);
  return addresses;
}

void put_strings(Writer& writer, std::span<const std::string> strings,
                 std::span<const uint64_t> addresses) {
  for (size_t i = 0; i < strings.size(); ++i) {
    writer.put(addresses[i], strings[i].c_str(), strings[i].size() + 1);
  }
}

}  // namespace

Result<InitialStack> build_stack(const StartInfo& start, const ImageInfo& image) {
  // Without arguments Linux gives the program one empty string (since 5.18).
  static const std::vector<std::string> kNoArguments(1);
  std::span<const std::string> arguments =
      start.arguments.empty() ? std::span(kNoArguments) : std::span(start.arguments);
  TRY(check_sizes(start, arguments));

  Writer writer;
  writer.reserve(sizeof(uint64_t));  // the end marker
  InitialStack stack;
  uint64_t path = writer.claim(start.path.size() + 1);
  stack.environment.end = writer.top();
  std::vector<uint64_t> environment = claim_strings(writer, start.environment);
  stack.environment.start = stack.arguments.end = writer.top();
  std::vector<uint64_t> argument_addresses = claim_strings(writer, arguments);
  stack.arguments.start = writer.top();
  writer.align(16);
  uint64_t platform = writer.claim(sizeof kPlatform);
  uint64_t random = writer.claim(start.random.size());
  std::vector<AuxEntry> aux = auxiliary_vector(start, image, random, path, platform);

  // argc, argv and its null, envp and its null, then the vector; %rsp is a multiple of 16.
  std::vector<uint64_t> words;
  words.push_back(arguments.size());
  words.insert(words.end(), argument_addresses.begin(), argument_addresses.end());
  words.push_back(0);
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(0);
  for (const auto& [type, value] : aux) {
    stack.auxiliary.push_back(type);
    stack.auxiliary.push_back(value);
  }
  words.insert(words.end(), stack.auxiliary.begin(), stack.auxiliary.end());
  writer.reserve(words.size() * sizeof(uint64_t));
  writer.align(16);

  writer.allocate();
  const uint64_t pointer = stack.pointer = writer.top();
  writer.put(pointer, words.data(), words.size() * sizeof(uint64_t));
  writer.put(random, start.random.data(), start.random.size());
  writer.put(platform, kPlatform, sizeof kPlatform);
  put_strings(writer, arguments, argument_addresses);
  put_strings(writer, start.environment, environment);
  writer.put(path, start.path.c_str(), start.path.size() + 1);
  stack.bytes = writer.take();
  return stack;
}

}  // namespace rawposix::loader
