// SPDX-License-Identifier: Apache-2.0
#include "fs/record_locks.h"

#include <sys/file.h>
#include <sys/wait.h>

#include <thread>

#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

enum class Wait : uint8_t { kNo, kYes };

abi::Flock range(short type, int64_t start, int64_t length) {
  return {type, SEEK_SET, 0, start, length, 0, 0};
}

class RecordLocksTest : public TreeTest {
 protected:
  void SetUp() override {
    build();
    second = std::make_unique<Cage>(*space);
    one = cage->open("/h/f", O_CREAT | O_RDWR).value();
    two = second->open("/h/f", O_RDWR).value();
  }
  int set(Cage& who, FileRef& file, const abi::Flock& lock, Wait wait = Wait::kNo) {
    LockOwner owner{&who.fds, &who == cage.get() ? 11 : 22};
    sync::Waiter waiter;
    return error_of(
        file->set_lock(owner, LockScope::kProcess, wait == Wait::kYes ? &waiter : nullptr, lock));
  }
  abi::Flock test(Cage& who, FileRef& file, abi::Flock lock) {
    LockOwner owner{&who.fds, 0};
    EXPECT_TRUE(file->test_lock(owner, LockScope::kProcess, lock).ok());
    return lock;
  }
  // What another process of the host is answered.
  bool host_can(short type, int64_t start, int64_t length) {
    UniqueFd fd(::open(host.at("f").c_str(), O_RDWR | O_CLOEXEC));
    struct flock lock {};
    lock.l_type = type;
    lock.l_start = start;
    lock.l_len = length;
    return ::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0;
  }

  std::unique_ptr<Cage> second;
  FileRef one;
  FileRef two;
};

TEST_F(RecordLocksTest, CagesExcludeEachOther) {
  EXPECT_EQ(set(*cage, one, range(F_WRLCK, 10, 10)), 0);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 15, 1)), EAGAIN);
  EXPECT_EQ(set(*second, two, range(F_RDLCK, 0, 11)), EAGAIN);
  EXPECT_EQ(set(*second, two, range(F_RDLCK, 0, 10)), 0);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 20, 0)), 0);
  EXPECT_EQ(set(*cage, one, range(F_UNLCK, 12, 2)), 0);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 12, 2)), 0);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 11, 1)), EAGAIN);
  // One's own locks are no obstacle, whatever descriptor asks.
  FileRef again = cage->open("/h/f", O_RDWR).value();
  EXPECT_EQ(set(*cage, again, range(F_RDLCK, 10, 2)), 0);
  EXPECT_EQ(set(*second, two, range(F_RDLCK, 10, 2)), 0);
}

TEST_F(RecordLocksTest, TellsWhoIsInTheWay) {
  ASSERT_EQ(set(*cage, one, range(F_RDLCK, 100, 50)), 0);
  abi::Flock found = test(*second, two, range(F_WRLCK, 120, 1));
  EXPECT_EQ(found.type, F_RDLCK);
  EXPECT_EQ(found.start, 100);
  EXPECT_EQ(found.length, 50);
  EXPECT_EQ(found.pid, 11);
  EXPECT_EQ(test(*second, two, range(F_RDLCK, 120, 1)).type, F_UNLCK);
  EXPECT_EQ(test(*cage, one, range(F_WRLCK, 120, 1)).type, F_UNLCK);
}

TEST_F(RecordLocksTest, NeedTheRightAccess) {
  FileRef reader = cage->open("/h/f", O_RDONLY).value();
  FileRef writer = cage->open("/h/f", O_WRONLY).value();
  EXPECT_EQ(set(*cage, reader, range(F_WRLCK, 0, 1)), EBADF);
  EXPECT_EQ(set(*cage, writer, range(F_RDLCK, 0, 1)), EBADF);
  EXPECT_EQ(set(*cage, reader, range(F_RDLCK, 0, 1)), 0);
}

TEST_F(RecordLocksTest, AnyCloseDropsThem) {
  ASSERT_EQ(set(*cage, one, range(F_WRLCK, 0, 0)), 0);
  int number = cage->number_of(cage->open("/h/f").value());
  int other = cage->number_of(cage->open("/h/g", O_CREAT | O_RDWR).value());
  ASSERT_TRUE(cage->fds.close(FdNum{other}).ok());
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 0, 1)), EAGAIN);
  ASSERT_TRUE(cage->fds.close(FdNum{number}).ok());
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 0, 1)), 0);
}

TEST_F(RecordLocksTest, TheHostSeesThem) {
  ASSERT_EQ(set(*cage, one, range(F_RDLCK, 0, 10)), 0);
  ASSERT_EQ(set(*second, two, range(F_RDLCK, 5, 10)), 0);
  EXPECT_FALSE(host_can(F_WRLCK, 0, 1));
  EXPECT_TRUE(host_can(F_RDLCK, 0, 100));
  EXPECT_TRUE(host_can(F_WRLCK, 15, 1));
  // One of two readers leaves: the other's part stays.
  ASSERT_EQ(set(*cage, one, range(F_UNLCK, 0, 0)), 0);
  EXPECT_TRUE(host_can(F_WRLCK, 0, 5));
  EXPECT_FALSE(host_can(F_WRLCK, 5, 1));
  ASSERT_EQ(set(*second, two, range(F_UNLCK, 0, 0)), 0);
  EXPECT_TRUE(host_can(F_WRLCK, 0, 0));
}

TEST_F(RecordLocksTest, TheHostsAreSeen) {
  UniqueFd fd(::open(host.at("f").c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_len = 10;
  ASSERT_EQ(::fcntl(fd.get(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(set(*cage, one, range(F_RDLCK, 0, 1)), EAGAIN);
  EXPECT_EQ(test(*cage, one, range(F_RDLCK, 0, 1)).type, F_WRLCK);
  EXPECT_EQ(set(*cage, one, range(F_RDLCK, 10, 1)), 0);
  // And waited for.
  std::thread host_process([&] {
    ::usleep(20000);
    fd.reset();
  });
  EXPECT_EQ(set(*cage, one, range(F_WRLCK, 0, 5), Wait::kYes), 0);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 0, 5)), EAGAIN);
  host_process.join();
}

TEST_F(RecordLocksTest, WaitsForACage) {
  ASSERT_EQ(set(*cage, one, range(F_WRLCK, 0, 1)), 0);
  std::thread holder([&] {
    ::usleep(20000);
    EXPECT_EQ(set(*cage, one, range(F_UNLCK, 0, 1)), 0);
  });
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 0, 1), Wait::kYes), 0);
  holder.join();
  EXPECT_EQ(set(*cage, one, range(F_RDLCK, 0, 1)), EAGAIN);
}

TEST_F(RecordLocksTest, FindsDeadlocks) {
  ASSERT_EQ(set(*cage, one, range(F_WRLCK, 0, 1)), 0);
  ASSERT_EQ(set(*second, two, range(F_WRLCK, 1, 1)), 0);
  std::thread waiter([&] { EXPECT_EQ(set(*second, two, range(F_WRLCK, 0, 1), Wait::kYes), 0); });
  // Only once the other one waits is there a cycle.
  ::usleep(50000);
  EXPECT_EQ(set(*cage, one, range(F_WRLCK, 1, 1), Wait::kYes), EDEADLK);
  EXPECT_EQ(set(*cage, one, range(F_UNLCK, 0, 1)), 0);
  waiter.join();
}

TEST_F(RecordLocksTest, DescriptionLocksAndWholeFileLocks) {
  sync::Waiter waiter;
  LockOwner owner{&cage->fds, 0};
  EXPECT_EQ(error_of(one->set_lock(owner, LockScope::kDescription, nullptr, range(F_WRLCK, 0, 10))),
            0);
  EXPECT_EQ(error_of(two->set_lock(owner, LockScope::kDescription, nullptr, range(F_RDLCK, 0, 1))),
            EAGAIN);
  EXPECT_EQ(set(*cage, one, range(F_WRLCK, 0, 1)), EAGAIN);
  EXPECT_EQ(error_of(one->lock_whole(waiter, LOCK_EX)), 0);
  EXPECT_EQ(error_of(two->lock_whole(waiter, LOCK_SH | LOCK_NB)), EAGAIN);
  EXPECT_EQ(error_of(one->lock_whole(waiter, LOCK_UN)), 0);
  EXPECT_EQ(error_of(two->lock_whole(waiter, LOCK_SH | LOCK_NB)), 0);
}

TEST_F(RecordLocksTest, FilesInMemoryToo) {
  FileRef mine = cage->open("/tmp/f", O_CREAT | O_RDWR).value();
  FileRef yours = second->open("/tmp/f", O_RDWR).value();
  EXPECT_EQ(set(*cage, mine, range(F_WRLCK, 0, 10)), 0);
  EXPECT_EQ(set(*second, yours, range(F_RDLCK, 9, 1)), EAGAIN);
  EXPECT_EQ(set(*second, yours, range(F_RDLCK, 10, 1)), 0);
}

// Every other byte, by locking and by unlocking.
TEST_F(RecordLocksTest, AreLimitedInNumber) {
  int error = 0;
  int64_t at = 0;
  for (; at < 100'000 && error == 0; at += 2) error = set(*cage, one, range(F_WRLCK, at, 1));
  EXPECT_EQ(error, ENOLCK);
  EXPECT_EQ(set(*cage, one, range(F_UNLCK, 0, 1)), 0);
  EXPECT_EQ(set(*cage, one, range(F_WRLCK, 200'000, 1000)), 0);
  EXPECT_EQ(set(*cage, one, range(F_UNLCK, 200'500, 1)), ENOLCK);
  EXPECT_EQ(set(*cage, one, range(F_UNLCK, 200'500, 500)), 0);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 300'000, 1)), ENOLCK);
  // And none of it outlives the descriptor.
  one->descriptor_closed(cage->fds);
  EXPECT_EQ(set(*second, two, range(F_WRLCK, 0, 0)), 0);
  EXPECT_EQ(set(*second, two, range(F_UNLCK, 100, 1)), 0);
}

}  // namespace
}  // namespace rawposix::fs
