// SPDX-License-Identifier: Apache-2.0
#include "cage/credentials.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>

namespace rawposix::cage {
namespace {

constexpr std::array<uint32_t, 5> kSome = {0, 1, 1000, 1001, Ids::kUnchanged};

struct Step {
  int call;
  std::array<uint32_t, 3> ids;
};

int expected(Credentials& mine, const Step& step) {
  const Ids before = mine.user;
  const bool privileged = mine.can(7);  // CAP_SETUID
  Result<> outcome;
  switch (step.call) {
    case SYS_setuid:
      outcome = mine.user.set(step.ids[0], privileged);
      break;
    case SYS_setreuid:
      outcome = mine.user.set_real_effective(step.ids[0], step.ids[1], privileged);
      break;
    case SYS_setresuid:
      outcome = mine.user.set_all(step.ids[0], step.ids[1], step.ids[2], privileged);
      break;
    default:
      mine.user.set_file_system(step.ids[0], privileged);
      mine.adjust_file_capabilities(before.file_system);
      return static_cast<int>(before.file_system);
  }
  if (!outcome.ok()) return -outcome.error().number();
  mine.adjust_capabilities(before);
  return 0;
}

uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct halves[2]{};
  syscall(SYS_capget, &header, halves);
  return halves[0].effective | uint64_t{halves[1].effective} << 32;
}

// Random changes of user ids give what Linux gives. Only root's changes are of interest, so that
// the test is for a host where it has the right to.
void compare(unsigned seed) {
  std::mt19937 random(seed);
  Credentials mine = Credentials::of_host();
  const uint64_t given = effective_capabilities();  // a container's root lacks some
  for (int count = 0; count < 12; count++) {
    constexpr std::array kCalls = {SYS_setuid, SYS_setreuid, SYS_setresuid, SYS_setfsuid};
    Step step{static_cast<int>(kCalls[random() % kCalls.size()]), {}};
    for (uint32_t& id : step.ids) id = kSome[random() % kSome.size()];
    long native = syscall(step.call, step.ids[0], step.ids[1], step.ids[2]);
    if (native < 0) native = -errno;
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    const int ours = expected(mine, step);
    syscall(SYS_getresuid, &real, &effective, &saved);
    if (native != ours || real != mine.user.real || effective != mine.user.effective ||
        saved != mine.user.saved ||
        effective_capabilities() != (mine.capabilities.effective & given)) {
      std::fprintf(stderr, "seed %u, step %d: call %d(%d, %d, %d): %ld and %d\n", seed, count,
                   step.call, static_cast<int>(step.ids[0]), static_cast<int>(step.ids[1]),
                   static_cast<int>(step.ids[2]), native, ours);
      _exit(1);
    }
  }
  _exit(0);
}

TEST(Credentials, ChangeAsOnLinux) {
  for (unsigned seed = 0; seed < 300; seed++) {
    pid_t child = fork();
    if (child == 0) compare(seed);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "seed " << seed;
  }
}

TEST(Credentials, ACapabilityOnceGivenUpIsGone) {
  Credentials mine;
  mine.capabilities = {Capabilities::kAll, Capabilities::kAll, 0};
  EXPECT_TRUE(mine.set_capabilities({1, 3, 3}).ok());
  EXPECT_TRUE(mine.can(0));
  EXPECT_FALSE(mine.can(1));
  EXPECT_EQ(mine.set_capabilities({7, 7, 0}).error(), Errno(EPERM));
  EXPECT_EQ(mine.set_capabilities({7, 3, 0}).error(), Errno(EPERM));
  EXPECT_TRUE(mine.set_capabilities({3, 3, 0}).ok());
}

TEST(Credentials, AProgramHasWhatItsUserHas) {
  Credentials mine;
  mine.user = {1000, 0, 5, 0};
  mine.execute();
  EXPECT_EQ(mine.user.saved, 0U);
  EXPECT_EQ(mine.capabilities.effective, Capabilities::kAll);
  mine.user = {1000, 1000, 0, 1000};
  mine.execute();
  EXPECT_EQ(mine.user.saved, 1000U);
  EXPECT_EQ(mine.capabilities.permitted, 0U);
}

}  // namespace
}  // namespace rawposix::cage
