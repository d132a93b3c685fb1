// SPDX-License-Identifier: Apache-2.0
// bench_sequential NATIVE CAGE COUNT REPEATS
// Runs a program COUNT times one after the other: as processes (vfork-like posix_spawn is not used:
// fork, exec, wait), and as cages of this process. Prints "native-us cage-us" a repeat.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "rawposix/rawposix.h"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_each(Clock::time_point start, int count) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count() / count;
}

double run_processes(const char* program, int count) {
  Clock::time_point start = Clock::now();
  for (int round = 0; round < count; round++) {
    pid_t child = fork();
    if (child == 0) {
      execl(program, program, static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) std::exit(1);
  }
  return microseconds_each(start, count);
}

double run_cages(rawposix::Kernel& kernel, const char* program, int count) {
  Clock::time_point start = Clock::now();
  for (int round = 0; round < count; round++) {
    rawposix::CageOptions options;
    options.program = program;
    rawposix::Expected<rawposix::Cage> cage = kernel.create_cage(options);
    if (!cage) {
      std::fprintf(stderr, "%s\n", cage.error().message.c_str());
      std::exit(1);
    }
    if (!cage.value().run().success()) std::exit(1);
  }
  return microseconds_each(start, count);
}

// Before the kernel reserves its address space: forking this process stays cheap.
double run_processes_in_small_process(const char* program, int count) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  pid_t child = fork();
  if (child == 0) {
    double result = run_processes(program, count);
    _exit(write(ends[1], &result, sizeof result) == sizeof result ? 0 : 1);
  }
  double result = 0;
  if (read(ends[0], &result, sizeof result) != sizeof result) std::exit(1);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: bench_sequential NATIVE CAGE COUNT REPEATS\n");
    return 2;
  }
  int count = std::atoi(argv[3]);
  int repeats = std::atoi(argv[4]);
  for (int repeat = 0; repeat < repeats; repeat++) {
    double native = run_processes_in_small_process(argv[1], count);
    rawposix::Expected<rawposix::Kernel> kernel = rawposix::Kernel::create();
    if (!kernel) {
      std::fprintf(stderr, "%s\n", kernel.error().message.c_str());
      return 1;
    }
    std::printf("%.3f %.3f\n", native, run_cages(kernel.value(), argv[2], count));
  }
  return 0;
}
