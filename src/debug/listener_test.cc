// SPDX-License-Identifier: Apache-2.0
#include "debug/listener.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

namespace rawposix::debug {
namespace {

TEST(Listener, TakesPortsOfThisMachineOnly) {
  for (const char* good : {":0", "localhost:0", "127.0.0.1:0"}) {
    auto listener = Listener::open(good);
    ASSERT_TRUE(listener.ok()) << listener.error();
    EXPECT_TRUE(listener.value().address().starts_with("127.0.0.1:"));
    EXPECT_NE(listener.value().address(), "127.0.0.1:0");
  }
  for (const char* bad : {"", "x", ":", ":x", ":65536", ":1x", "0.0.0.0:1", "example.org:1"}) {
    EXPECT_FALSE(Listener::open(bad).ok()) << bad;
  }
}

TEST(Listener, MakesASocketForItsUserAlone) {
  std::string path = testing::TempDir() + "/gdb-socket-" + std::to_string(getpid());
  auto listener = Listener::open(path);
  ASSERT_TRUE(listener.ok()) << listener.error();
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_FALSE(Listener::open(path).ok()) << "twice";

  UniqueFd client(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  EXPECT_TRUE(listener.value().accept().valid());
  EXPECT_NE(stat(path.c_str(), &status), 0) << "the socket stays behind";
}

}  // namespace
}  // namespace rawposix::debug
