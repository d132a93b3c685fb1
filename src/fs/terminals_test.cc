// SPDX-License-Identifier: Apache-2.0
#include "fs/terminals.h"

#include <pty.h>
#include <sys/wait.h>

#include <functional>

#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

// The host layer keeps /proc/self/fd open; after fork() that is still the parent's.
void renew_own_descriptors() {
  const std::string parents = "/proc/" + std::to_string(getppid()) + "/fd";
  UniqueFd own(::open("/proc/self/fd", O_PATH | O_DIRECTORY));
  for (int fd = 3; fd < 256; fd++) {
    std::error_code none;
    auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none);
    if (target == parents) ::dup2(own.get(), fd);
  }
}

// What `attempt` answers in a process of its own whose controlling terminal is a fresh one, open as
// descriptor 0, 1 and 2.
int at_a_terminal(const std::function<int()>& attempt) {
  int master = -1;
  pid_t child = forkpty(&master, nullptr, nullptr, nullptr);
  if (child == 0) {
    renew_own_descriptors();
    _exit(attempt());
  }
  int status = -1;
  waitpid(child, &status, 0);
  close(master);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class TerminalsTest : public TreeTest {
 protected:
  // errno of opening `path` in a cage whose stream is the terminal opened with `stream_flags`, or
  // /dev/null for -1.
  int open_given(int stream_flags, int flags, const std::string& path = "/dev/tty") {
    return at_a_terminal([&] {
      const char* name = stream_flags >= 0 ? ttyname(0) : "/dev/null";
      UniqueFd stream(::open(name, stream_flags >= 0 ? stream_flags : O_RDWR));
      if (!space->adopt_stream(stream.get()).ok()) return -1;
      return cage->error_of_open(path, flags);
    });
  }
};

TEST_F(TerminalsTest, NotGiven) {
  build();
  EXPECT_EQ(open_given(-1, O_RDWR), ENXIO);
  EXPECT_EQ(open_given(-1, O_RDONLY), ENXIO);
}

TEST_F(TerminalsTest, GivenForReadingAndWriting) {
  build();
  EXPECT_EQ(open_given(O_RDWR, O_RDWR), 0);
  EXPECT_EQ(open_given(O_RDWR, O_RDONLY), 0);
}

TEST_F(TerminalsTest, GivenForLess) {
  build();
  EXPECT_EQ(open_given(O_RDONLY, O_RDONLY), 0);
  EXPECT_EQ(open_given(O_RDONLY, O_RDWR), EACCES);
  EXPECT_EQ(open_given(O_RDONLY, O_WRONLY), EACCES);
  EXPECT_EQ(open_given(O_WRONLY, O_WRONLY), 0);
  EXPECT_EQ(open_given(O_WRONLY, O_RDONLY), EACCES);
}

TEST_F(TerminalsTest, AnotherTerminalIsNotThisOne) {
  build();
  int master = -1;
  int slave = -1;
  ASSERT_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(at_a_terminal([&] {
              if (!space->adopt_stream(slave).ok()) return -1;
              return cage->error_of_open("/dev/tty", O_RDWR);
            }),
            ENXIO);
  close(master);
  close(slave);
}

TEST_F(TerminalsTest, AHostsDirectoryOfDevicesGivesNoMore) {
  builder.add_bind({"/dev", "/host_dev", MountAccess::kReadWrite});
  build();
  EXPECT_EQ(open_given(-1, O_RDWR, "/host_dev/tty"), ENXIO);
  EXPECT_EQ(open_given(O_RDWR, O_RDWR, "/host_dev/tty"), 0);
  EXPECT_EQ(open_given(-1, O_RDWR, "/host_dev/null"), 0);
}

TEST_F(TerminalsTest, ABindOfTheTerminalGivesIt) {
  builder.add_bind({"/dev/tty", "/terminal", MountAccess::kReadWrite});
  build();
  EXPECT_EQ(open_given(-1, O_RDWR, "/terminal"), 0);
}

}  // namespace
}  // namespace rawposix::fs
