// SPDX-License-Identifier: Apache-2.0
// A stopped task's registers as gdb numbers them, and the target description that tells gdb so. The
// task's flags and vector state are in its context (Context::restore_all).
//
// Nothing that gdb writes can break what sfi.md section 1 says of registers: addresses lose their
// upper halves, flags and control bits that are not the guest's are kept, and %rip goes to safe
// points only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sfi/context.h"
#include "sfi/layout.h"

namespace rawposix::debug {

// Numbers with a meaning of their own: they go with each stop.
inline constexpr unsigned kRbp = 6;
inline constexpr unsigned kRsp = 7;
inline constexpr unsigned kRip = 16;

// The `target.xml` that numbers and sizes follow.
std::string target_description();

unsigned register_count();
// 0 if there is no such register.
size_t register_size(unsigned number);

// Brings what the context says of vector registers into a form in which each can be read and
// written. Once after each stop, before the functions below.
void spread_vectors(sfi::Context& context);

// `to` and `from` are of the register's size.
void read_register(const sfi::Context& context, unsigned number, std::span<std::byte> to);
// As the kernel's struct user_regs_struct has them.
inline constexpr size_t kUserRegisters = 27;
std::array<uint64_t, kUserRegisters> user_registers(const sfi::Context& context);
// False if the register can't have this value.
bool write_register(sfi::Context& context, unsigned number, std::span<const std::byte> from);

// Whether the guest may go on at `address`.
bool may_resume_at(const sfi::Context& context, uint64_t address);

}  // namespace rawposix::debug
