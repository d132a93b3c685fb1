// SPDX-License-Identifier: Apache-2.0
// Signal frames: what a handler finds on its stack, and what rt_sigreturn(2) makes of it again, in
// Linux's layout for x86-64. All of a frame is the guest's to change: what comes back is checked so
// that it can harm the cage alone.
#pragma once

#include "mm/guest_memory.h"
#include "sfi/context.h"
#include "signal/actions.h"
#include "signal/alternate_stack.h"

namespace rawposix::signal {

struct FrameRequest {
  const Action& action;
  const abi::Siginfo& info;
  SignalSet saved_mask;               // what rt_sigreturn() is to restore
  const sfi::Fault* fault = nullptr;  // that the signal is about
};

// Saves the context on the guest's stack and points it at the handler. EFAULT if there is no stack;
// then nothing has changed.
Result<> push_frame(sfi::Context& context, const mm::GuestMemory& memory, AlternateStack& stack,
                    const FrameRequest& request);

// Restores the context from the frame at its stack pointer, and returns the mask. EFAULT if there
// is no frame or it can't be gone on from.
Result<SignalSet> pop_frame(sfi::Context& context, const mm::GuestMemory& memory,
                            AlternateStack& stack);

}  // namespace rawposix::signal
