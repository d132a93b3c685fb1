// SPDX-License-Identifier: Apache-2.0
// A cage with a small program, made of machine code, for tests of the debugger. The kernel's part
// is played by callbacks that end the cage at each system call and fault.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "cage/exit.h"
#include "cage/fault.h"
#include "cage/start.h"
#include "cage/task.h"
#include "loader/test_elf.h"
#include "sfi/run.h"

namespace rawposix::debug {

struct TestTarget {
  // The entry calls `kFunction`, which returns to kReturn; there is a store to kVariable, and the
  // end is a system call.
  static constexpr uint64_t kEntry = loader::TestElf::kText + 32;
  static constexpr uint64_t kPush = kEntry + 5;
  static constexpr uint64_t kReturn = loader::TestElf::kText + 64;
  static constexpr uint64_t kFunction = loader::TestElf::kText + 96;
  static constexpr uint64_t kPop = kFunction + 3;
  static constexpr uint64_t kJump = kFunction + 5;  // where Q1 begins
  static constexpr uint64_t kVariable = loader::TestElf::kData;

  static loader::TestElf program() {
    loader::TestElf elf;
    elf.text.assign(128, 0x90);
    auto put = [&elf](size_t at, std::initializer_list<uint8_t> bytes) {
      std::copy(bytes.begin(), bytes.end(), elf.text.begin() + static_cast<ptrdiff_t>(at));
    };
    put(32, {0xb8, 5, 0, 0, 0});                                      // mov $5, %eax
    put(37, {0x68, 0x40, 0x10, 0x10, 0x00});                          // push $kReturn
    put(42, {0xe9, 49, 0, 0, 0});                                     // jmp kFunction
    put(64, {0x65, 0x67, 0x89, 0x04, 0x25, 0x00, 0x20, 0x10, 0x00});  // mov %eax, kVariable
    put(73, {0x44, 0x8d, 0x1d, 0, 0, 0, 0});                          // lea 0(%rip), %r11d
    put(80, {0x41, 0xff, 0x66, 0x18});                                // jmp *24(%r14)
    put(96, {0x83, 0xc0, 0x01});                                      // add $1, %eax
    put(99, {0x41, 0x5b});                                            // pop %r11
    put(101, {0x41, 0x83, 0xe3, 0xe0, 0x4d, 0x03, 0x1e, 0x41, 0xff, 0xe3});
    elf.segments[1].p_filesz = elf.segments[1].p_memsz = elf.text.size();
    return elf;
  }

  TestTarget() {
    EXPECT_TRUE(sfi::setup().ok());
    std::vector<std::byte> bytes = program().build();
    loader::MemorySource source(bytes);
    auto loaded = loader::Image::load(source, "target");
    EXPECT_TRUE(loaded.ok()) << loaded.error().message();
    cage::Cage::Parts parts;
    parts.image = std::move(loaded).value();
    parts.actions = std::make_shared<cage::SharedActions>();
    parts.limits = cage::Rlimits::of_host();
    parts.name = "target";
    auto memory = mm::AddressSpace::create(arena);
    EXPECT_TRUE(memory.ok());
    parts.memory = std::move(memory).value();
    cage = std::make_shared<cage::Cage>(world, 7, 1, std::move(parts));
    task = std::make_shared<cage::Task>(cage, 7, cage::Task::Parts{}, nullptr);
    EXPECT_TRUE(cage->add_task(*task));
    world.tree().add_task(*task);
    world.tree().add_root(cage);
    task->context().on_system_call = [](sfi::Context* context) -> int64_t {
      auto& self = *static_cast<cage::Task*>(context->owner);
      cage::exit_group(self, static_cast<int>(context->regs.rax));
      return 1;
    };
    task->context().on_event = [](sfi::Context* context, sfi::Event event) -> int64_t {
      auto& self = *static_cast<cage::Task*>(context->owner);
      if (event == sfi::Event::kInterrupt) {
        context->interrupts.store(0);
        return self.cage().exiting() ? 1 : 0;
      }
      cage::signal_fault(self, context->fault);
      return 1;
    };
    loader::StartInfo start;
    start.arguments = {"target"};
    start.path = "target";
    auto entry = cage::load_program(*cage, {}, cage->address_space(), *cage->image(), start);
    EXPECT_TRUE(entry.ok());
    cage::enter_program(*task, *cage->image(), entry.value());
  }

  uint8_t byte_at(uint64_t address) const {
    uint8_t byte = 0;
    EXPECT_TRUE(task->memory().copy_in(&byte, mm::GuestAddr{address}, 1).ok());
    return byte;
  }

  sfi::SlotArena arena;
  mm::WarmSlots slots{arena};
  loader::ImageCache images;
  host::ThreadPool threads;
  cage::World world{cage::Machine{slots, images, threads}};
  std::shared_ptr<cage::Cage> cage;
  std::shared_ptr<cage::Task> task;
};

}  // namespace rawposix::debug
