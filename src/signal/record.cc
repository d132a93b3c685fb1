// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "signal/siginfo.h"

namespace rawposix::signal {
namespace {

// What the union of siginfo holds (kernel/signal.c, siginfo_layout()).
enum class Layout : uint8_t { kKill, kTimer, kPoll, kFault, kChild, kQueued, kSystemCall };

Layout layout_of(const abi::Siginfo& info) {
  if (info.code > SI_USER && info.code < SI_KERNEL) {
    switch (info.signal) {
      case SIGILL:
      case SIGFPE:
      case SIGSEGV:
      case SIGBUS:
      case SIGTRAP:
        return Layout::kFault;
      case SIGCHLD:
        return Layout::kChild;
      case SIGSYS:
        return Layout::kSystemCall;
      default:
        return info.code <= POLL_HUP ? Layout::kPoll : Layout::kKill;
    }
  }
  if (info.code == SI_TIMER) return Layout::kTimer;
  if (info.code == SI_SIGIO) return Layout::kPoll;
  return info.code < 0 ? Layout::kQueued : Layout::kKill;
}

constexpr uint32_t low(uint64_t pair) { return static_cast<uint32_t>(pair); }
constexpr uint32_t high(uint64_t pair) { return static_cast<uint32_t>(pair >> 32); }

}  // namespace

abi::SignalfdSiginfo record_of(const abi::Siginfo& info) {
  abi::SignalfdSiginfo record{};
  record.signal = static_cast<uint32_t>(info.signal);
  record.error = info.error;
  record.code = info.code;
  const auto& fields = info.fields;
  switch (layout_of(info)) {
    case Layout::kTimer:
      record.timer = low(fields[0]);
      record.overrun = high(fields[0]);
      record.pointer = fields[1];
      record.integer = static_cast<int32_t>(low(fields[1]));
      break;
    case Layout::kPoll:
      record.band = low(fields[0]);
      record.fd = static_cast<int32_t>(low(fields[1]));
      break;
    case Layout::kFault:
      record.address = fields[0];
      break;
    case Layout::kSystemCall:
      record.call_address = fields[0];
      record.system_call = static_cast<int32_t>(low(fields[1]));
      record.architecture = high(fields[1]);
      break;
    case Layout::kChild:
      record.status = static_cast<int32_t>(low(fields[1]));
      record.user_time = fields[2];
      record.system_time = fields[3];
      record.pid = low(fields[0]);
      record.uid = high(fields[0]);
      break;
    case Layout::kQueued:
      record.pointer = fields[1];
      record.integer = static_cast<int32_t>(low(fields[1]));
      [[fallthrough]];
    case Layout::kKill:
      record.pid = low(fields[0]);
      record.uid = high(fields[0]);
      break;
  }
  return record;
}

}  // namespace rawposix::signal
