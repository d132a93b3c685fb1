// SPDX-License-Identifier: Apache-2.0
#include "debug/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "support/check.h"

namespace rawposix::debug {
namespace {

constexpr int kInterruptEvery_ms = 20;

}  // namespace

Watcher::~Watcher() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_release);
  wake();
  thread_.join();
}

void Watcher::watch(int fd) {
  if (!thread_.joinable()) start();
  watched_.store(fd, std::memory_order_release);
  wake();
}

void Watcher::pause() { watched_.store(-1, std::memory_order_release); }

void Watcher::start() {
  event_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(event_.valid());
  // The process's signals are for its other threads.
  sigset_t all;
  sigset_t previous;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &previous);
  thread_ = std::thread([this] { loop(); });
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

void Watcher::wake() {
  uint64_t one = 1;
  ssize_t ignored = write(event_.get(), &one, sizeof one);
  static_cast<void>(ignored);
}

void Watcher::loop() {
  while (!stopping_.load(std::memory_order_acquire)) {
    // A negative descriptor is one that poll() ignores.
    pollfd entries[] = {{event_.get(), POLLIN, 0},
                        {watched_.load(std::memory_order_acquire), POLLIN, 0}};
    if (poll(entries, 2, -1) < 0) continue;
    if (entries[0].revents != 0) {
      uint64_t count = 0;
      ssize_t ignored = read(event_.get(), &count, sizeof count);
      static_cast<void>(ignored);
    }
    if (entries[1].revents == 0 || entries[1].fd != watched_.load(std::memory_order_acquire)) {
      continue;
    }
    // An interruption that was asked for before may have come too early; this one must be sent.
    task_.context().interrupts.store(0, std::memory_order_release);
    task_.interrupt();
    pollfd pace{event_.get(), POLLIN, 0};
    poll(&pace, 1, kInterruptEvery_ms);
  }
}

}  // namespace rawposix::debug
