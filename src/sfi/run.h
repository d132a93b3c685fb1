// SPDX-License-Identifier: Apache-2.0
// Running guest code on a host thread.
#pragma once

#include "sfi/context.h"
#include "support/result.h"

namespace rawposix::sfi {

// Once per process, before any run(): looks at the processor and installs the fault handlers.
// ENOSYS where the processor or the host kernel lacks what cages need.
Result<> setup();

// Whether the kernel keeps the upper halves of %ymm. The compiler's own test would have each start
// of the program ask cpuid for all that there is.
bool has_avx();

// Bytes of an XSAVE area for the state that tasks have. Asks the processor, which takes long.
size_t xsave_area_size();

// Prepares a fresh context for the slot at `base`; registers are all zero.
void initialize(Context& context, std::byte* base);

// Gives `to` the guest's state of `from`, but for its base: what a new task starts with.
void copy_state(Context& to, const Context& from);

// Moves the context to another slot. If it is the running one, it goes back to the guest there.
void change_base(Context& context, std::byte* base);

// Goes to the guest at context.regs and returns the first callback's result that isn't 0. The
// calling thread runs one context at a time. The context must not be used elsewhere meanwhile, but
// for interrupt().
int64_t run(Context& context);

// Marks the vector state as fresh (all zero, default control words), flags as clear and makes the
// next return to the guest load all of it: for the start of a program.
void reset_vectors(Context& context);

// Makes the task leave guest code (or not enter it) and have on_event called with kInterrupt.
// `host_thread_id` is the thread in run(), or 0 if there is none yet. on_event clears
// context.interrupts itself.
void interrupt(Context& context, pid_t host_thread_id);

}  // namespace rawposix::sfi
