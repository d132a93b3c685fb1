// SPDX-License-Identifier: Apache-2.0
#include "rewrite/driver/assemble.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "rewrite/driver/files.h"
#include "rewrite/driver/real_as.h"
#include "rewrite/object/elf_object.h"
#include "rewrite/object/padding.h"
#include "support/unique_fd.h"

namespace rawposix::rewrite {
namespace {

void complain(const std::string& text) { std::fprintf(stderr, "as: %s\n", text.c_str()); }

void print(const Diagnostic& error, std::string_view file) {
  std::string text(file);
  text.append(":").append(std::to_string(error.line)).append(": error: ");
  text.append(error.statement).append(": ").append(error.reason);
  if (!error.origin.empty()) text.append(" (from ").append(error.origin).append(")");
  std::fprintf(stderr, "%s\n", text.c_str());
}

Result<void, Refusal> finish_file(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0) {
    return Refusal{path + ": " + Errno::last().message()};
  }
  if (!S_ISREG(status.st_mode) || status.st_size == 0) return {};  // -o /dev/null
  const auto size = static_cast<size_t>(status.st_size);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return Refusal{path + ": " + Errno::last().message()};
  Result<ElfObject, Refusal> object = ElfObject::parse({static_cast<uint8_t*>(memory), size});
  Result<void, Refusal> result =
      object.ok() ? finish_object(object.value()) : Result<void, Refusal>(object.error());
  munmap(memory, size);
  return result;
}

int assemble_text(const DriverOptions& options, const std::string& text) {
  std::vector<std::string> arguments = options.forwarded;
  // With relaxable relocations the linker would rewrite checked instructions.
  arguments.insert(arguments.end(), {"-mrelax-relocations=no", "-o", options.output});
  const Result<int, Refusal> status = run_real_as(options.real_as, arguments, &text);
  if (!status.ok()) {
    complain(status.error().reason);
    return 1;
  }
  if (status.value() != 0) return status.value();
  const Result<void, Refusal> finished = finish_file(options.output);
  if (!finished.ok()) {
    complain(finished.error().reason);
    unlink(options.output.c_str());
    return 1;
  }
  return 0;
}

int pass_through(const DriverOptions& options) {
  std::vector<std::string> arguments = options.forwarded;
  arguments.insert(arguments.end(), options.inputs.begin(), options.inputs.end());
  const Result<int, Refusal> status = run_real_as(options.real_as, arguments, nullptr);
  if (!status.ok()) complain(status.error().reason);
  return status.value_or(1);
}

}  // namespace

int assemble(const DriverOptions& options) {
  if (options.action == DriverOptions::Action::kPassThrough) return pass_through(options);
  const Result<std::string, Refusal> source = read_inputs(options.inputs);
  if (!source.ok()) {
    complain(source.error().reason);
    return 1;
  }
  RewriteOptions rewriting = options.rewrite;
  const bool named =
      !options.inputs.empty() && options.inputs[0] != "-" && options.inputs[0] != "--";
  rewriting.file_name = named ? std::string_view(options.inputs[0]) : "{standard input}";
  const Rewritten rewritten = rewrite(source.value(), rewriting);
  for (const Diagnostic& error : rewritten.errors) print(error, rewriting.file_name);
  if (!rewritten.errors.empty()) return 1;
  if (options.action == DriverOptions::Action::kPrintRewritten) {
    const bool written = std::fwrite(rewritten.text.data(), 1, rewritten.text.size(), stdout) ==
                             rewritten.text.size() &&
                         std::fflush(stdout) == 0;
    if (!written) complain("can't write the output");
    return written ? 0 : 1;
  }
  return assemble_text(options, rewritten.text);
}

}  // namespace rawposix::rewrite
