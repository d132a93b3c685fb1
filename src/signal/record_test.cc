// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "signal/siginfo.h"

namespace rawposix::signal {
namespace {

TEST(Record, OfWhatWasSent) {
  const abi::SignalfdSiginfo record = record_of(sent_info(SIGTERM, SI_USER, 12, 34));
  EXPECT_EQ(record.signal, static_cast<uint32_t>(SIGTERM));
  EXPECT_EQ(record.code, SI_USER);
  EXPECT_EQ(record.pid, 12U);
  EXPECT_EQ(record.uid, 34U);
  EXPECT_EQ(record.pointer, 0U);
}

TEST(Record, OfWhatWasQueued) {
  const abi::SignalfdSiginfo record = record_of(sent_info(40, SI_QUEUE, 12, 34, 0x100000005));
  EXPECT_EQ(record.pid, 12U);
  EXPECT_EQ(record.pointer, 0x100000005U);
  EXPECT_EQ(record.integer, 5);
}

TEST(Record, OfAChild) {
  const abi::SignalfdSiginfo record =
      record_of(child_info(SIGCHLD, CLD_EXITED, 12, 34, 3, 100, 200));
  EXPECT_EQ(record.pid, 12U);
  EXPECT_EQ(record.uid, 34U);
  EXPECT_EQ(record.status, 3);
  EXPECT_EQ(record.user_time, 100U);
  EXPECT_EQ(record.system_time, 200U);
}

TEST(Record, OfATimer) {
  abi::Siginfo info = plain_info(SIGALRM, SI_TIMER);
  info.fields[0] = pair(3, 7);
  info.fields[1] = 9;
  const abi::SignalfdSiginfo record = record_of(info);
  EXPECT_EQ(record.timer, 3U);
  EXPECT_EQ(record.overrun, 7U);
  EXPECT_EQ(record.integer, 9);
  EXPECT_EQ(record.pid, 0U);
}

TEST(Record, OfAFault) {
  const abi::SignalfdSiginfo record = record_of(fault_info(SIGSEGV, SEGV_MAPERR, 0x1234));
  EXPECT_EQ(record.address, 0x1234U);
  EXPECT_EQ(record.pid, 0U);
}

// The signal alone doesn't tell: anybody may send a SIGSEGV.
TEST(Record, OfAFaultThatWasSent) {
  const abi::SignalfdSiginfo record = record_of(sent_info(SIGSEGV, SI_USER, 12, 34));
  EXPECT_EQ(record.pid, 12U);
  EXPECT_EQ(record.address, 0U);
}

}  // namespace
}  // namespace rawposix::signal
