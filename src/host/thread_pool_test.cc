// SPDX-License-Identifier: Apache-2.0
#include "host/thread_pool.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

namespace rawposix::host {
namespace {

constexpr int kStarters = 4;
constexpr int kJobsEach = 64;

struct Work {
  std::atomic<int> runs{0};
  std::atomic<bool>* may_end = nullptr;
  bool started = false;
};

void work(void* argument) {
  auto& own = *static_cast<Work*>(argument);
  own.runs++;
  own.may_end->wait(false);
}

// So that malloc() needs no more address space.
void reserve_heap() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  std::vector<std::unique_ptr<std::array<char, 64 * 1024>>> blocks(64);
  for (auto& block : blocks) block = std::make_unique<std::array<char, 64 * 1024>>();
}

// Several start jobs at once while Linux has memory for some threads only: each job that was
// started runs once, the others never do. The exit code says what went wrong.
[[noreturn]] void start_more_than_there_are_threads() {
  std::atomic<bool> may_end{false};
  std::array<Work, kStarters * kJobsEach> jobs;
  for (Work& job : jobs) job.may_end = &may_end;
  int failed = 0;
  {
    ThreadPool pool;
    std::vector<std::thread> starters;
    std::atomic<bool> go{false};
    for (int i = 0; i < kStarters; i++) {
      starters.emplace_back([&, i] {
        go.wait(false);
        for (int k = 0; k < kJobsEach; k++) {
          Work& job = jobs[static_cast<size_t>(i * kJobsEach + k)];
          job.started = pool.start({work, &job}).ok();
        }
      });
    }
    reserve_heap();
    // Room for some stacks of 256 KiB.
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t room = pages * static_cast<uint64_t>(getpagesize()) + (16U << 20);
    const rlimit limit{room, room};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(1);
    go = true;
    go.notify_all();
    for (std::thread& starter : starters) starter.join();
    may_end = true;
    may_end.notify_all();
  }
  for (const Work& job : jobs) {
    if (job.runs != (job.started ? 1 : 0)) _exit(2);
    failed += job.started ? 0 : 1;
  }
  _exit(failed == 0 ? 3 : 0);
}

TEST(ThreadPool, AJobThatCouldNotBeStartedNeverRuns) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need all of the address space";
#endif
  EXPECT_EXIT(start_more_than_there_are_threads(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rawposix::host
