// SPDX-License-Identifier: Apache-2.0
#include "debug/registers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sfi/run.h"
#include "support/check.h"

namespace rawposix::debug {
namespace {

using sfi::Context;
using sfi::Registers;

// Of the XSAVE area in standard format (Intel SDM 1, 13.4).
constexpr size_t kX87Control = 0;
constexpr size_t kX87Status = 2;
constexpr size_t kX87Tags = 4;  // one bit for each register: not empty
constexpr size_t kX87Opcode = 6;
constexpr size_t kX87InstructionOffset = 8;
constexpr size_t kX87InstructionSegment = 12;
constexpr size_t kX87OperandOffset = 16;
constexpr size_t kX87OperandSegment = 20;
constexpr size_t kMxcsr = 24;
constexpr size_t kX87Stack = 32;
constexpr size_t kXmm = 160;
constexpr size_t kPresent = 512;  // XSTATE_BV
constexpr size_t kYmmHigh = 576;
constexpr size_t kVectorStride = 16;
constexpr uint64_t kX87Component = 1;
constexpr uint64_t kSseComponent = 2;
constexpr uint64_t kAvxComponent = 4;
constexpr uint16_t kX87ControlInitial = 0x37f;
constexpr uint32_t kMxcsrBits = 0xffff;

constexpr uint64_t kGuestFlags = 0xcd5;  // CF PF AF ZF SF DF OF
constexpr uint64_t kUserCodeSegment = 0x33;
constexpr uint64_t kUserDataSegment = 0x2b;

enum class Kind : uint8_t {
  kGeneral,        // of Registers, whole
  kHalf,           // of Registers, below 4 GiB
  kInstruction,    // %rip
  kFlags,          // the guest's part of them
  kFixed,          // reads as `offset`, can't be changed
  kVector,         // bytes of the XSAVE area
  kX87Word,        // 16 bits of it, 32 for gdb
  kX87FullTags,    // two bits for each register
  kMxcsrWord,      // without bits that fault
  kThreadPointer,  // what the guest has in place of %fs
};

struct Description {
  const char* name;
  const char* type;
  uint8_t size;
  Kind kind;
  size_t offset;
  const char* feature = nullptr;  // where one begins
};

constexpr size_t of_stack(size_t index) { return kX87Stack + index * kVectorStride; }
constexpr size_t of_xmm(size_t index) { return kXmm + index * kVectorStride; }
constexpr size_t of_ymm(size_t index) { return kYmmHigh + index * kVectorStride; }

#define GENERAL(name) \
  { #name, "int64", 8, Kind::kGeneral, offsetof(Registers, name) }
#define STACK(index) \
  { "st" #index, "i387_ext", 10, Kind::kVector, of_stack(index) }
#define XMM(index) \
  { "xmm" #index, "vec128", 16, Kind::kVector, of_xmm(index) }
#define YMM(index) \
  { "ymm" #index "h", "uint128", 16, Kind::kVector, of_ymm(index) }

// In the order of gdb's features (gdb/features/i386/64bit-*.xml), of which the last is there on
// some processors only.
constexpr auto kRegisters = std::to_array<Description>({
    {"rax", "int64", 8, Kind::kGeneral, offsetof(Registers, rax), "org.gnu.gdb.i386.core"},
    GENERAL(rbx),
    GENERAL(rcx),
    GENERAL(rdx),
    GENERAL(rsi),
    GENERAL(rdi),
    {"rbp", "data_ptr", 8, Kind::kGeneral, offsetof(Registers, rbp)},
    {"rsp", "data_ptr", 8, Kind::kHalf, offsetof(Registers, rsp)},
    GENERAL(r8),
    GENERAL(r9),
    GENERAL(r10),
    {"r11", "int64", 8, Kind::kHalf, offsetof(Registers, r11)},
    GENERAL(r12),
    GENERAL(r13),
    {"r14", "int64", 8, Kind::kFixed, 0},
    GENERAL(r15),
    {"rip", "code_ptr", 8, Kind::kInstruction, offsetof(Registers, rip)},
    {"eflags", "i386_eflags", 4, Kind::kFlags, offsetof(Registers, rflags)},
    {"cs", "int32", 4, Kind::kFixed, kUserCodeSegment},
    {"ss", "int32", 4, Kind::kFixed, kUserDataSegment},
    {"ds", "int32", 4, Kind::kFixed, 0},
    {"es", "int32", 4, Kind::kFixed, 0},
    {"fs", "int32", 4, Kind::kFixed, 0},
    {"gs", "int32", 4, Kind::kFixed, 0},
    STACK(0),
    STACK(1),
    STACK(2),
    STACK(3),
    STACK(4),
    STACK(5),
    STACK(6),
    STACK(7),
    {"fctrl", "int", 4, Kind::kX87Word, kX87Control},
    {"fstat", "int", 4, Kind::kX87Word, kX87Status},
    {"ftag", "int", 4, Kind::kX87FullTags, kX87Tags},
    {"fiseg", "int", 4, Kind::kX87Word, kX87InstructionSegment},
    {"fioff", "int", 4, Kind::kVector, kX87InstructionOffset},
    {"foseg", "int", 4, Kind::kX87Word, kX87OperandSegment},
    {"fooff", "int", 4, Kind::kVector, kX87OperandOffset},
    {"fop", "int", 4, Kind::kX87Word, kX87Opcode},
    {"xmm0", "vec128", 16, Kind::kVector, of_xmm(0), "org.gnu.gdb.i386.sse"},
    XMM(1),
    XMM(2),
    XMM(3),
    XMM(4),
    XMM(5),
    XMM(6),
    XMM(7),
    XMM(8),
    XMM(9),
    XMM(10),
    XMM(11),
    XMM(12),
    XMM(13),
    XMM(14),
    XMM(15),
    {"mxcsr", "i386_mxcsr", 4, Kind::kMxcsrWord, kMxcsr},
    {"orig_rax", "int64", 8, Kind::kFixed, UINT64_MAX, "org.gnu.gdb.i386.linux"},
    {"fs_base", "int64", 8, Kind::kThreadPointer, 0, "org.gnu.gdb.i386.segments"},
    {"gs_base", "int64", 8, Kind::kFixed, 0},
    {"ymm0h", "uint128", 16, Kind::kVector, of_ymm(0), "org.gnu.gdb.i386.avx"},
    YMM(1),
    YMM(2),
    YMM(3),
    YMM(4),
    YMM(5),
    YMM(6),
    YMM(7),
    YMM(8),
    YMM(9),
    YMM(10),
    YMM(11),
    YMM(12),
    YMM(13),
    YMM(14),
    YMM(15),
});
#undef GENERAL
#undef STACK
#undef XMM
#undef YMM

constexpr unsigned kAvxRegisters = 16;
static_assert(std::string_view(kRegisters[kRbp].name) == "rbp");
static_assert(std::string_view(kRegisters[kRsp].name) == "rsp");
static_assert(std::string_view(kRegisters[kRip].name) == "rip");
static_assert(of_ymm(kAvxRegisters) <= sfi::kVectorStateSize);

constexpr std::string_view kTypes[] = {
    R"(<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>)"
    R"(<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>)"
    R"(<vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>)"
    R"(<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>)"
    R"(<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/>)"
    R"(<field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/>)"
    R"(<field name="uint128" type="uint128"/></union>)"
    R"(<flags id="i386_mxcsr" size="4"><field name="IE" start="0" end="0"/>)"
    R"(<field name="DE" start="1" end="1"/><field name="ZE" start="2" end="2"/>)"
    R"(<field name="OE" start="3" end="3"/><field name="UE" start="4" end="4"/>)"
    R"(<field name="PE" start="5" end="5"/><field name="DAZ" start="6" end="6"/>)"
    R"(<field name="IM" start="7" end="7"/><field name="DM" start="8" end="8"/>)"
    R"(<field name="ZM" start="9" end="9"/><field name="OM" start="10" end="10"/>)"
    R"(<field name="UM" start="11" end="11"/><field name="PM" start="12" end="12"/>)"
    R"(<field name="FZ" start="15" end="15"/></flags>)",
    R"(<flags id="i386_eflags" size="4"><field name="CF" start="0" end="0"/>)"
    R"(<field name="" start="1" end="1"/><field name="PF" start="2" end="2"/>)"
    R"(<field name="AF" start="4" end="4"/><field name="ZF" start="6" end="6"/>)"
    R"(<field name="SF" start="7" end="7"/><field name="TF" start="8" end="8"/>)"
    R"(<field name="IF" start="9" end="9"/><field name="DF" start="10" end="10"/>)"
    R"(<field name="OF" start="11" end="11"/></flags>)"};

std::string_view types_of(std::string_view feature) {
  if (feature == "org.gnu.gdb.i386.sse") return kTypes[0];
  if (feature == "org.gnu.gdb.i386.core") return kTypes[1];
  return {};
}

template <class Number>
Number load(const std::byte* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

template <class Number>
void store(std::byte* to, Number number) {
  std::memcpy(to, &number, sizeof number);
}

uint64_t& field(Registers& registers, size_t offset) {
  // SAFETY: `offset` comes from offsetof() in the table above.
  return *reinterpret_cast<uint64_t*>(reinterpret_cast<std::byte*>(&registers) + offset);
}

uint64_t value_of(const Context& context, const Description& description) {
  switch (description.kind) {
    case Kind::kFixed:
      return description.offset;
    case Kind::kThreadPointer:
      return context.thread_pointer;
    case Kind::kX87Word:
      return load<uint16_t>(context.vectors + description.offset);
    case Kind::kMxcsrWord:
      return load<uint32_t>(context.vectors + description.offset);
    case Kind::kX87FullTags: {
      unsigned tags = 0;
      auto present = load<uint8_t>(context.vectors + description.offset);
      for (unsigned index = 0; index < 8; index++) {
        if ((present >> index & 1) == 0) tags |= 3U << (2 * index);
      }
      return tags;
    }
    default: {
      Registers copy = context.regs;
      return field(copy, description.offset);
    }
  }
}

void set_x87_tags(Context& context, uint64_t tags) {
  uint8_t present = 0;
  for (unsigned index = 0; index < 8; index++) {
    if ((tags >> (2 * index) & 3) != 3) present = static_cast<uint8_t>(present | 1U << index);
  }
  store(context.vectors + kX87Tags, present);
}

bool set_value(Context& context, const Description& description, uint64_t value) {
  switch (description.kind) {
    case Kind::kGeneral:
      field(context.regs, description.offset) = value;
      return true;
    case Kind::kHalf:
      field(context.regs, description.offset) = static_cast<uint32_t>(value);
      return true;
    case Kind::kInstruction:
      if (!may_resume_at(context, value)) return false;
      context.regs.rip = value;
      return true;
    case Kind::kFlags:
      context.regs.rflags = (context.regs.rflags & ~kGuestFlags) | (value & kGuestFlags);
      return true;
    case Kind::kX87Word:
      store(context.vectors + description.offset, static_cast<uint16_t>(value));
      return true;
    case Kind::kX87FullTags:
      set_x87_tags(context, value);
      return true;
    case Kind::kMxcsrWord:
      store(context.vectors + description.offset, static_cast<uint32_t>(value) & kMxcsrBits);
      return true;
    case Kind::kThreadPointer:
      context.thread_pointer = static_cast<uint32_t>(value);
      return true;
    default:
      // gdb writes all registers at once, these with what it has read.
      return true;
  }
}

}  // namespace

unsigned register_count() {
  unsigned count = kRegisters.size();
  return sfi::has_avx() ? count : count - kAvxRegisters;
}

size_t register_size(unsigned number) {
  return number < register_count() ? kRegisters[number].size : 0;
}

std::string target_description() {
  std::string text =
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
      "<architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>";
  for (unsigned number = 0; number < register_count(); number++) {
    const Description& description = kRegisters[number];
    if (description.feature != nullptr) {
      if (number != 0) text += "</feature>";
      text += std::string("<feature name=\"") + description.feature + "\">";
      text += types_of(description.feature);
    }
    text += std::string("<reg name=\"") + description.name + "\" bitsize=\"" +
            std::to_string(description.size * 8) + "\" type=\"" + description.type +
            "\" regnum=\"" + std::to_string(number) + "\"/>";
  }
  return text + "</feature></target>";
}

void spread_vectors(Context& context) {
  CHECK(context.restore_all != 0);
  auto present = load<uint64_t>(context.vectors + kPresent);
  // A component that is not present has its initial value, whatever the bytes are.
  if ((present & kX87Component) == 0) {
    std::memset(context.vectors, 0, kMxcsr);
    std::memset(context.vectors + kX87Stack, 0, kXmm - kX87Stack);
    store(context.vectors + kX87Control, kX87ControlInitial);
  }
  if ((present & kSseComponent) == 0) std::memset(context.vectors + kXmm, 0, 16 * kVectorStride);
  present |= kX87Component | kSseComponent;
  if (register_count() == kRegisters.size()) {
    if ((present & kAvxComponent) == 0) {
      std::memset(context.vectors + kYmmHigh, 0, kAvxRegisters * kVectorStride);
    }
    present |= kAvxComponent;
  }
  store(context.vectors + kPresent, present);
}

void read_register(const Context& context, unsigned number, std::span<std::byte> to) {
  const Description& description = kRegisters.at(number);
  CHECK(to.size() == description.size);
  if (description.kind == Kind::kVector) {
    std::memcpy(to.data(), context.vectors + description.offset, to.size());
    return;
  }
  uint64_t value = value_of(context, description);
  std::memcpy(to.data(), &value, to.size());
}

std::array<uint64_t, kUserRegisters> user_registers(const Context& context) {
  const Registers& regs = context.regs;
  constexpr uint64_t kNoSystemCall = ~uint64_t{0};  // none that is to be made again
  return {regs.r15,
          regs.r14,
          regs.r13,
          regs.r12,
          regs.rbp,
          regs.rbx,
          regs.r11,
          regs.r10,
          regs.r9,
          regs.r8,
          regs.rax,
          regs.rcx,
          regs.rdx,
          regs.rsi,
          regs.rdi,
          kNoSystemCall,
          static_cast<uint32_t>(regs.rip),
          kUserCodeSegment,
          regs.rflags & kGuestFlags,
          static_cast<uint32_t>(regs.rsp),
          kUserDataSegment,
          context.thread_pointer};
}

bool write_register(Context& context, unsigned number, std::span<const std::byte> from) {
  const Description& description = kRegisters.at(number);
  CHECK(from.size() == description.size);
  if (description.kind == Kind::kVector) {
    std::memcpy(context.vectors + description.offset, from.data(), from.size());
    return true;
  }
  uint64_t value = 0;
  std::memcpy(&value, from.data(), from.size());
  return set_value(context, description, value);
}

bool may_resume_at(const Context& context, uint64_t address) {
  if (address >= sfi::kSlotSize) return false;
  const sfi::CodeMap* code = context.code;
  // Elsewhere nothing is executable: the guest faults.
  if (code == nullptr || address - code->start >= code->size) return true;
  return code->is_safe_point(address);
}

}  // namespace rawposix::debug
