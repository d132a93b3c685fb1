// SPDX-License-Identifier: Apache-2.0
// What the calls have in common that send signals.
#pragma once

#include "syscall/handlers.h"

namespace rawposix::syscall {

// EINVAL; 0 is allowed and sends nothing.
Result<> check_number(int32_t number);

abi::Siginfo info_from(const Task& task, int32_t number, int code);
// What a guest gives. EPERM: nobody can pretend to be the kernel or kill() towards another.
Result<abi::Siginfo> read_info(Task& task, pid_t target, UserIn<abi::Siginfo> from);

// EPERM, EAGAIN.
Result<> send_to(Task& task, cage::Cage& target, const abi::Siginfo& info);

}  // namespace rawposix::syscall
