// SPDX-License-Identifier: Apache-2.0
// Executes single guest instructions in a slot set up as in a cage, and tells what they did. One
// instruction runs between two signals: SIGUSR1 loads the guest's registers, the trap flag brings
// back control. Everything around the slot is inaccessible.
#pragma once

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rawposix::verify {

inline constexpr uint64_t kSlotSize = uint64_t{1} << 32;
inline constexpr uint32_t kCodeArea = 0x100000;
inline constexpr uint32_t kDataArea = 0x20000000;
inline constexpr uint32_t kDataSize = 0x4000;
inline constexpr uint32_t kStackArea = 0x30000000;  // lowest mapped byte
inline constexpr uint32_t kStackSize = 0x4000;
inline constexpr uint32_t kStackPointer = kStackArea + kStackSize / 2;

struct Machine {
  std::array<int64_t, NGREG> registers = {};  // as in ucontext; rip and rsp are host addresses
  std::vector<uint8_t> vectors;               // XSAVE image, standard format
  int signal = 0;                             // of the way back: SIGTRAP if all went well
  int code = 0;
  uint64_t fault_address = 0;
  uint64_t gs_base = 0;
};

class SlotMachine {
 public:
  // Reserves the slot. Processes have one or two of these, for their whole life.
  SlotMachine();
  SlotMachine(const SlotMachine&) = delete;
  SlotMachine& operator=(const SlotMachine&) = delete;

  uint64_t base() const { return base_; }
  uint64_t context() const { return reinterpret_cast<uint64_t>(context_); }
  uint64_t entry(unsigned index) const { return context_[2 + index]; }
  std::span<uint8_t> data() const { return {at(kDataArea), kDataSize}; }
  std::span<uint8_t> stack() const { return {at(kStackArea), kStackSize}; }
  uint8_t* at(uint32_t offset) const { return reinterpret_cast<uint8_t*>(base_ + offset); }

  void load_code(std::span<const uint8_t> code);
  // The state in which this slot runs `guest` at a safe point: %rip, %rsp and %r14 become host
  // addresses, the upper half of %r11 becomes the slot's.
  Machine enter(const Machine& guest, uint32_t position = 0) const;
  // Runs one instruction in the state given.
  Machine step(const Machine& before);

  // The state of this process's vector registers, as a start for Machine::vectors.
  static std::vector<uint8_t> current_vectors();

 private:
  uint64_t base_ = 0;
  uint64_t scratch_ = 0;  // upper half of %r11
  uint64_t* context_ = nullptr;
};

}  // namespace rawposix::verify
