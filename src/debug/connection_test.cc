// SPDX-License-Identifier: Apache-2.0
#include "debug/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>

namespace rawposix::debug {
namespace {

class Line : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ours_.emplace(UniqueFd(ends[0]));
    theirs_.reset(ends[1]);
  }
  void say(std::string_view text) {
    ASSERT_EQ(write(theirs_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string heard() {
    char text[256];
    ssize_t count = recv(theirs_.get(), text, sizeof text, MSG_DONTWAIT);
    return std::string(text, count > 0 ? static_cast<size_t>(count) : 0);
  }

  std::optional<Connection> ours_;
  UniqueFd theirs_;
  std::string packet_;
};

TEST_F(Line, ConfirmsGoodPacketsAndRefusesDamagedOnes) {
  say("+$m0,4#00$m0,4#fd");
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kPacket);
  EXPECT_EQ(packet_, "m0,4");
  EXPECT_EQ(heard(), "-+");
}

TEST_F(Line, SendsAgainWhenAsked) {
  ours_->send("OK");
  EXPECT_EQ(heard(), "$OK#9a");
  say("-$?#3f");
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kPacket);
  EXPECT_EQ(heard(), "$OK#9a+");
}

TEST_F(Line, ConfirmsNothingOnceTold) {
  ours_->stop_confirming();
  say("$?#00");
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kPacket);
  EXPECT_EQ(heard(), "");
}

TEST_F(Line, HearsInterruptsBetweenPackets) {
  EXPECT_FALSE(ours_->has_input());
  say("\x03$?#3f");
  EXPECT_TRUE(ours_->has_input());
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kInterrupt);
  EXPECT_TRUE(ours_->has_input());
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kPacket);
  EXPECT_FALSE(ours_->has_input());
}

TEST_F(Line, DropsPacketsThatAreTooLong) {
  ours_->stop_confirming();
  say("$" + std::string(kPacketSize + 1, 'x') + "#00$?#3f");
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kPacket);
  EXPECT_EQ(packet_, "?");
}

TEST_F(Line, EndsWithItsPeerEvenInAPacket) {
  say("$m0,");
  theirs_.reset();
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kGone);
  EXPECT_TRUE(ours_->closed());
  ours_->send("OK");  // to nobody
  EXPECT_EQ(ours_->receive(packet_), Connection::Input::kGone);
}

}  // namespace
}  // namespace rawposix::debug
