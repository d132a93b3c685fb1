// SPDX-License-Identifier: Apache-2.0
// The debugger as gdb sees it: packets over a socket, a real task behind.
#include "debug/debugger.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <random>
#include <thread>

#include "debug/test_target.h"

namespace rawposix::debug {
namespace {

class Client {
 public:
  explicit Client(const std::string& path) : socket_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.data(), path.size());
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    ask("QStartNoAckMode");
  }
  void send(const std::string& packet) {
    uint8_t sum = 0;
    for (char c : packet) sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
    std::byte byte{sum};
    std::string text = "$" + packet + "#" + to_hex(std::span(&byte, 1));
    EXPECT_EQ(write(socket_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // Without frame; "gone" when there is nothing more.
  std::string receive() {
    std::string packet;
    int c = next();
    while (c == '+') c = next();
    if (c != '$') return "gone";
    for (c = next(); c != '#'; c = next()) packet += static_cast<char>(c);
    next();
    next();
    return packet;
  }
  std::string ask(const std::string& packet) {
    send(packet);
    return receive();
  }
  uint64_t rip() {
    std::string text = ask("p10");
    Reader reader(text);
    uint64_t value = 0;
    EXPECT_TRUE(reader.bytes(std::as_writable_bytes(std::span(&value, 1)))) << text;
    return value;
  }

 private:
  int next() {
    uint8_t byte = 0;
    return read(socket_.get(), &byte, 1) == 1 ? byte : -1;
  }
  UniqueFd socket_;
};

class DebuggerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "/debugger-" + std::to_string(getpid());
    auto debugger = Debugger::create(path);
    ASSERT_TRUE(debugger.ok()) << debugger.error();
    debugger_ = std::move(debugger).value();
    runner_ = std::thread([this] {
      debugger_->start(*target_.task);
      target_.task->run();
      debugger_->finish();
    });
    gdb_.emplace(path);
  }
  void TearDown() override {
    gdb_.reset();
    if (runner_.joinable()) runner_.join();
  }

  TestTarget target_;
  std::unique_ptr<Debugger> debugger_;
  std::thread runner_;
  std::optional<Client> gdb_;
};

TEST_F(DebuggerTest, StepsCallsAndReturnsAsOne) {
  EXPECT_TRUE(gdb_->ask("?").starts_with("T05"));
  uint64_t expected[] = {TestTarget::kPush,   TestTarget::kFunction,   TestTarget::kPop,
                         TestTarget::kReturn, TestTarget::kReturn + 9, TestTarget::kReturn + 16};
  EXPECT_EQ(gdb_->rip(), TestTarget::kEntry);
  for (uint64_t address : expected) {
    EXPECT_TRUE(gdb_->ask("vCont;s:7").starts_with("T05"));
    EXPECT_EQ(gdb_->rip(), address);
  }
  EXPECT_EQ(gdb_->ask("vCont;s:7"), "W06") << "the system call";
}

TEST_F(DebuggerTest, StopsAtBreakpointsAndGoesOn) {
  std::string at = to_hex(TestTarget::kFunction);
  EXPECT_EQ(gdb_->ask("Z0," + at + ",1"), "OK");
  EXPECT_EQ(gdb_->ask("m" + at + ",3"), "83c001") << "what gdb reads is the program";
  std::string stop = gdb_->ask("c");
  EXPECT_NE(stop.find("swbreak:;"), std::string::npos) << stop;
  EXPECT_EQ(gdb_->rip(), TestTarget::kFunction);
  EXPECT_EQ(gdb_->ask("P0=0900000000000000"), "OK");
  EXPECT_EQ(gdb_->ask("z0," + at + ",1"), "OK");
  EXPECT_EQ(gdb_->ask("c"), "W0a");
}

TEST_F(DebuggerTest, StopsWhereASequenceBegins) {
  // The processor is inside the sequence after the int3; the registers must not be settled by it.
  EXPECT_EQ(gdb_->ask("Z0," + to_hex(TestTarget::kJump) + ",1"), "OK");
  gdb_->ask("c");
  EXPECT_EQ(gdb_->rip(), TestTarget::kJump);
  EXPECT_EQ(gdb_->ask("z0," + to_hex(TestTarget::kJump) + ",1"), "OK");
  gdb_->ask("s");
  EXPECT_EQ(gdb_->rip(), TestTarget::kReturn);
}

TEST_F(DebuggerTest, WatchesMemory) {
  EXPECT_EQ(gdb_->ask("Z2," + to_hex(TestTarget::kVariable) + ",4"), "OK");
  std::string stop = gdb_->ask("c");
  EXPECT_NE(stop.find("watch:" + to_hex(TestTarget::kVariable) + ";"), std::string::npos) << stop;
  EXPECT_EQ(gdb_->rip(), TestTarget::kReturn + 9);
}

TEST_F(DebuggerTest, RefusesWhatWouldBreakTheCage) {
  EXPECT_EQ(gdb_->ask("Z0," + to_hex(TestTarget::kJump + 7) + ",1"), "E16");
  EXPECT_EQ(gdb_->ask("c" + to_hex(TestTarget::kJump + 7)), "E16");
  EXPECT_EQ(gdb_->ask("M" + to_hex(TestTarget::kEntry) + ",1:90"), "E0e") << "text";
  EXPECT_EQ(gdb_->ask("M100000000,1:90"), "E0e") << "beyond the slot";
  EXPECT_EQ(gdb_->ask("m0,10"), "E0e");
  EXPECT_EQ(gdb_->ask("mffffffffffffffff,10"), "E0e");
  EXPECT_EQ(gdb_->ask("M" + to_hex(TestTarget::kVariable) + ",1:"), "E16");
  EXPECT_EQ(gdb_->ask("M" + to_hex(TestTarget::kVariable) + ",1:07"), "OK");
  EXPECT_EQ(target_.byte_at(TestTarget::kVariable), 7);
}

TEST_F(DebuggerTest, DetachesAndKills) {
  EXPECT_EQ(gdb_->ask("Z0," + to_hex(TestTarget::kFunction) + ",1"), "OK");
  EXPECT_EQ(gdb_->ask("D"), "OK");
  EXPECT_EQ(gdb_->receive(), "gone");
  runner_.join();
  EXPECT_EQ(target_.cage->exit_status().code, 6);
  EXPECT_EQ(target_.cage->exit_status().signal, 0);
}

TEST_F(DebuggerTest, LetsTheProgramRunWhenGdbIsGone) {
  EXPECT_EQ(gdb_->ask("Z0," + to_hex(TestTarget::kFunction) + ",1"), "OK");
  gdb_.reset();
  runner_.join();
  EXPECT_EQ(target_.cage->exit_status().code, 6);
}

TEST_F(DebuggerTest, SurvivesAnyPacket) {
  std::minstd_rand random(1);
  constexpr char kAlphabet[] = "gGpPmMXZzHTqQv?0123456789abcdef,;:=-}Cont Xfer:features:read:";
  for (int round = 0; round < 3000; round++) {
    std::string packet(1 + random() % 40, ' ');
    for (char& c : packet) c = kAlphabet[random() % (sizeof kAlphabet - 1)];
    // These would end the stop.
    if (packet[0] == 'C' || packet[0] == 'c' || packet[0] == 'D') packet[0] = 'm';
    ASSERT_NE(gdb_->ask(packet), "gone") << packet;
  }
  EXPECT_TRUE(gdb_->ask("?").starts_with("T05"));
  EXPECT_EQ(gdb_->ask("qC"), "QC7");
}

}  // namespace
}  // namespace rawposix::debug
