// SPDX-License-Identifier: Apache-2.0
#include "twin_slots.h"

#include <cpuid.h>
#include <signal.h>

#include <algorithm>
#include <cstring>

namespace rawposix::verify {
namespace {

// A part of the XSAVE image (Intel SDM 1, 13.4).
struct Component {
  unsigned number;
  size_t offset;
  size_t size;
  size_t end() const { return offset + size; }
};
constexpr size_t kXstateHeader = 512;

// Upper halves of YMM, mask registers, upper halves of ZMM, ZMM16 to ZMM31.
const std::vector<Component>& vector_components() {
  static const std::vector<Component> kComponents = [] {
    std::vector<Component> components;
    for (unsigned number : {2u, 5u, 6u, 7u}) {
      unsigned size = 0, offset = 0, c = 0, d = 0;
      __get_cpuid_count(0xd, number, &size, &offset, &c, &d);
      if (size != 0) components.push_back({number, offset, size});
    }
    return components;
  }();
  return kComponents;
}

// Components in their initial state keep whatever bytes the image had.
void clear_unused(std::vector<uint8_t>& vectors) {
  if (vectors.size() < kXstateHeader + 64) return;
  uint64_t used = 0;
  std::memcpy(&used, &vectors[kXstateHeader], sizeof(used));
  for (const Component& component : vector_components()) {
    if ((used >> component.number & 1) != 0 || component.end() > vectors.size()) continue;
    std::fill_n(vectors.begin() + static_cast<ptrdiff_t>(component.offset), component.size,
                uint8_t{0});
  }
  // A component may be in its initial state without being known to be.
  std::fill_n(vectors.begin() + kXstateHeader, 64, uint8_t{0});
}

uint64_t bait(std::mt19937& random) {
  switch (random() % 4) {
    case 0:
      return kBait | random() % 16;
    case 1:
      return kBait | static_cast<uint32_t>(-64 * static_cast<int32_t>(random() % 8));
    default:
      return kBait | (kDataArea + kDataSize / 2 + 64 * (random() % 16));
  }
}

void fill_extended(std::vector<uint8_t>& vectors, std::mt19937& random) {
  uint64_t components = 3;
  for (const Component& component : vector_components()) {
    if (component.end() > vectors.size()) continue;
    components |= uint64_t{1} << component.number;
    for (size_t at = component.offset; at < component.end(); at += 4) {
      auto value = static_cast<uint32_t>(bait(random));
      std::memcpy(&vectors[at], &value, sizeof(value));
    }
  }
  std::memcpy(&vectors[kXstateHeader], &components, sizeof(components));
}

}  // namespace

Machine TwinSlots::random_state(std::mt19937& random) const {
  Machine state;
  for (int i = 0; i <= REG_RIP; i++) state.registers[i] = static_cast<int64_t>(bait(random));
  state.registers[REG_RSP] = kStackPointer;
  state.registers[REG_EFL] = 0x202 | (random() & 0x8d5 & ~0x100u);
  state.vectors = vectors_;
  // XMM registers hold indices and offsets, too.
  for (size_t at = 160; at < 416; at += 4) {
    auto value = static_cast<uint32_t>(bait(random));
    std::memcpy(&state.vectors[at], &value, sizeof(value));
  }
  fill_extended(state.vectors, random);
  return state;
}

void TwinSlots::load(std::span<const uint8_t> code) {
  for (SlotMachine& machine : machines_) machine.load_code(code);
}

void TwinSlots::reset_memory() {
  for (SlotMachine& machine : machines_) {
    for (std::span<uint8_t> area : {machine.data(), machine.stack()}) {
      for (size_t i = 0; i < area.size(); i += 4) {
        auto word = static_cast<uint32_t>(i * 0x01000193 + 7);
        std::memcpy(&area[i], &word, sizeof(word));
      }
    }
  }
}

TwinSlots& slots() {
  static TwinSlots instance;
  return instance;
}

bool is_memory_fault(const Machine& machine) {
  return (machine.signal == SIGSEGV || machine.signal == SIGBUS) && machine.code > 0 &&
         machine.code != SI_KERNEL;
}

std::string escape(SlotMachine& slot, const Machine& before, const Machine& after) {
  if (after.gs_base != slot.base()) return "%gs base changed";
  if (after.registers[REG_R14] != before.registers[REG_R14]) return "%r14 changed";
  auto rsp = static_cast<uint64_t>(after.registers[REG_RSP]);
  if (rsp >> 32 != slot.base() >> 32) return "%rsp left the slot";
  if (rsp - static_cast<uint64_t>(before.registers[REG_RSP]) + 128 > 136) return "%rsp moved far";
  if (!is_memory_fault(after)) return "";
  bool inside =
      after.fault_address >= slot.base() && after.fault_address < slot.base() + kSlotSize + 4096;
  return inside ? "" : "reached out of the slot";
}

Machine guest_view(SlotMachine& slot, Machine machine) {
  auto relative = [&](int index) {
    auto value = static_cast<uint64_t>(machine.registers[index]);
    if (value >> 32 == slot.base() >> 32) machine.registers[index] &= 0xffffffff;
  };
  relative(REG_RSP);
  relative(REG_RIP);
  machine.registers[REG_R11] &= 0xffffffff;
  machine.registers[REG_R14] = 0;
  if (is_memory_fault(machine)) machine.fault_address -= slot.base();
  if (machine.signal == SIGTRAP || machine.signal == SIGFPE || machine.signal == SIGILL) {
    machine.fault_address = 0;
  }
  for (int index : {REG_CSGSFS, REG_OLDMASK, REG_CR2}) machine.registers[index] = 0;
  // Last x87 instruction and operand (64-bit only in the kernel's image), the kernel's own bytes.
  if (machine.vectors.size() >= 512) {
    std::fill_n(machine.vectors.begin() + 8, 16, uint8_t{0});
    std::fill_n(machine.vectors.begin() + 464, 48, uint8_t{0});
    clear_unused(machine.vectors);
  }
  return machine;
}

std::string difference(const Machine& a, const Machine& b) {
  if (a.signal != b.signal) return "signals differ";
  if (a.fault_address != b.fault_address) return "fault addresses differ";
  if (a.registers != b.registers) return "registers differ";
  if (a.vectors != b.vectors) return "vector registers differ";
  bool data = std::ranges::equal(slots()[0].data(), slots()[1].data());
  bool stack = std::ranges::equal(slots()[0].stack(), slots()[1].stack());
  return data && stack ? "" : "memory differs";
}

}  // namespace rawposix::verify
