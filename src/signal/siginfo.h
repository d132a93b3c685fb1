// SPDX-License-Identifier: Apache-2.0
// What a signal tells, filled in as Linux does (man 2 sigaction, "The siginfo_t argument").
#pragma once

#include <sys/types.h>

#include "abi/signal.h"

namespace rawposix::signal {

inline uint64_t pair(int32_t low, uint32_t high) {
  return static_cast<uint32_t>(low) | uint64_t{high} << 32;
}

inline abi::Siginfo plain_info(int signal, int code) {
  return {.signal = signal, .error = 0, .code = code, .padding0 = 0, .fields = {}};
}

// kill(), tgkill() and sigqueue().
inline abi::Siginfo sent_info(int signal, int code, pid_t pid, uid_t uid, uint64_t value = 0) {
  abi::Siginfo info = plain_info(signal, code);
  info.fields[0] = pair(pid, uid);
  info.fields[1] = value;
  return info;
}

inline abi::Siginfo child_info(int signal, int code, pid_t pid, uid_t uid, int status,
                               uint64_t user_ticks, uint64_t system_ticks) {
  abi::Siginfo info = plain_info(signal, code);
  info.fields[0] = pair(pid, uid);
  info.fields[1] = static_cast<uint32_t>(status);
  info.fields[2] = user_ticks;
  info.fields[3] = system_ticks;
  return info;
}

inline abi::Siginfo fault_info(int signal, int code, uint64_t address) {
  abi::Siginfo info = plain_info(signal, code);
  info.fields[0] = address;
  return info;
}

// What read(2) gives of a signalfd.
abi::SignalfdSiginfo record_of(const abi::Siginfo& info);

}  // namespace rawposix::signal
