// SPDX-License-Identifier: Apache-2.0
// Runs an untrusted filter program over a text, twice: once as it is meant, once with input that it
// can't take. The host goes on whatever the filter does.
//
//   plugin_host FILTER      FILTER is built with x86_64-cage-linux-musl-gcc (see filter.c)
#include <rawposix/rawposix.h>

#include <cstdio>
#include <string>

namespace {

int filter(rawposix::Kernel& kernel, const char* program, const std::string& input) {
  rawposix::CageOptions options;
  options.program = program;
  options.arguments = {"filter"};
  options.standard_input = rawposix::Stream::text(input);
  options.standard_output = rawposix::Stream::capture();

  rawposix::Expected<rawposix::Cage> cage = kernel.create_cage(options);
  if (!cage) {
    std::fprintf(stderr, "%s\n", cage.error().message.c_str());
    return 1;
  }
  rawposix::ExitStatus status = cage.value().run();
  if (status.success()) {
    std::printf("filtered: %s", cage.value().captured_output().c_str());
  } else {
    std::printf("the filter ended with %d; the host goes on\n", status.shell_code());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: plugin_host FILTER\n");
    return 2;
  }
  rawposix::Expected<rawposix::Kernel> kernel = rawposix::Kernel::create();
  if (!kernel) {
    std::fprintf(stderr, "%s\n", kernel.error().message.c_str());
    return 1;
  }
  int failed = filter(kernel.value(), argv[1], "hello from a cage\n");
  return failed != 0 ? failed : filter(kernel.value(), argv[1], "!\n");
}
