// SPDX-License-Identifier: Apache-2.0
// bench_memory CAGE COUNT
// Resident memory that COUNT idle cages of a program add to the host process, per cage.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "rawposix/rawposix.h"

namespace {

long resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmRSS:") {
      long kib = 0;
      status >> kib;
      return kib;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_memory CAGE COUNT\n");
    return 2;
  }
  size_t count = static_cast<size_t>(std::atoi(argv[2]));
  int ends[2];
  if (pipe(ends) != 0) return 1;
  rawposix::Expected<rawposix::Kernel> kernel = rawposix::Kernel::create();
  if (!kernel) return 1;
  std::vector<std::unique_ptr<rawposix::Cage>> cages;
  std::vector<std::thread> threads;
  long before = resident_kib();
  for (size_t index = 0; index < count; index++) {
    rawposix::CageOptions options;
    options.program = argv[1];
    options.standard_input = rawposix::Stream::descriptor(ends[0]);
    rawposix::Expected<rawposix::Cage> cage = kernel.value().create_cage(options);
    if (!cage) {
      std::fprintf(stderr, "%s\n", cage.error().message.c_str());
      return 1;
    }
    cages.push_back(std::make_unique<rawposix::Cage>(std::move(cage.value())));
    threads.emplace_back([&cage = *cages.back()] { cage.run(); });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  long after = resident_kib();
  std::printf("  %zu idle cages: %.1f KiB each, host thread and the program's own pages included\n",
              count, static_cast<double>(after - before) / static_cast<double>(count));
  close(ends[1]);
  for (std::thread& thread : threads) thread.join();
  return 0;
}
