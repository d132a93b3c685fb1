// SPDX-License-Identifier: Apache-2.0
#include "cage/signal_relay.h"

#include <gtest/gtest.h>

#include "cage/exit.h"
#include "cage/task.h"

namespace rawposix::cage {
namespace {

class SignalRelayTest : public testing::Test {
 protected:
  SignalRelayTest() {
    Cage::Parts parts;
    parts.memory = mm::AddressSpace::create(slots_, nullptr, {}).value();
    parts.actions = std::make_shared<SharedActions>();
    parts.limits = Rlimits::of_host();
    const pid_t pid = world_.tree().allocate_id(UINT64_MAX).value();
    cage_ = std::make_shared<Cage>(world_, pid, World::kInitPid, std::move(parts));
    task_ = std::make_shared<Task>(cage_, pid, Task::Parts{}, nullptr);
    EXPECT_TRUE(cage_->add_task(*task_));
    world_.tree().add_task(*task_);
    world_.tree().add_root(cage_);
    cage_->signals().set_mask(*task_, signal::SignalSet{SIGUSR1});
  }
  ~SignalRelayTest() override {
    stop();
    end_task(*task_, {});
    task_.reset();
    world_.end();
  }

  void stop() {
    world_.relay().stop();
    world_.relay().give_back();
  }

  bool has_come() { return cage_->signals().pending(*task_).has(SIGUSR1); }

  sfi::SlotArena arena_;
  mm::WarmSlots slots_{arena_};
  loader::ImageCache images_;
  host::ThreadPool threads_;
  World world_{Machine{slots_, images_, threads_}};
  std::shared_ptr<Cage> cage_;
  std::shared_ptr<Task> task_;
};

TEST_F(SignalRelayTest, WhatTheProcessIsSentTheFirstCageGets) {
  ASSERT_TRUE(world_.relay().start(*task_).ok());
  raise(SIGUSR1);
  EXPECT_TRUE(task_->waiter().interrupted());
  EXPECT_FALSE(has_come());
  world_.relay().pass_on();
  EXPECT_TRUE(has_come());
}

// Another task of the world may come by between the end of the first and that of the world.
TEST_F(SignalRelayTest, NothingIsPassedOnOnceItIsStopped) {
  ASSERT_TRUE(world_.relay().start(*task_).ok());
  raise(SIGUSR1);
  world_.relay().stop();
  raise(SIGUSR1);
  world_.relay().pass_on();
  EXPECT_FALSE(has_come());
  EXPECT_FALSE(world_.relay().stop_process(SIGTSTP));
}

TEST_F(SignalRelayTest, OneWorldAtATime) {
  ASSERT_TRUE(world_.relay().start(*task_).ok());
  SignalRelay other(world_.tree());
  EXPECT_EQ(other.start(*task_).error(), Errno(EBUSY));
  stop();
  EXPECT_TRUE(other.start(*task_).ok());
  other.stop();
  other.give_back();
}

}  // namespace
}  // namespace rawposix::cage
