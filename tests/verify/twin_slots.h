// SPDX-License-Identifier: Apache-2.0
// Two slots that run the same guest state: whatever depends on a slot's address shows as a
// difference.
#pragma once

#include <random>
#include <span>
#include <string>

#include "slot_machine.h"

namespace rawposix::verify {

// In the upper halves of guest registers: canonical, and nothing is mapped there.
inline constexpr uint64_t kBait = uint64_t{0x2a5a} << 32;

class TwinSlots {
 public:
  TwinSlots() : vectors_(SlotMachine::current_vectors()) {}

  SlotMachine& operator[](size_t index) { return machines_[index]; }

  // Registers that make addresses in the data area likely, wrapped sums included.
  Machine random_state(std::mt19937& random) const;
  void load(std::span<const uint8_t> code);
  // Fills data and stack with a fixed pattern.
  void reset_memory();

 private:
  std::vector<uint8_t> vectors_;
  std::array<SlotMachine, 2> machines_;
};

// One for the whole process.
TwinSlots& slots();

bool is_memory_fault(const Machine& machine);

// What an instruction did beyond its slot; empty if nothing.
std::string escape(SlotMachine& slot, const Machine& before, const Machine& after);

// What the guest can see: registers but for the parts that I3, I4 and I7 except.
Machine guest_view(SlotMachine& slot, Machine machine);

// Where two views, or the memories of the slots, differ; empty if nowhere.
std::string difference(const Machine& a, const Machine& b);

}  // namespace rawposix::verify
