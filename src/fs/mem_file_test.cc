// SPDX-License-Identifier: Apache-2.0
// Files in memory as a cage sees them, and attempts to have too much of them.
#include "fs/mem_file.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <thread>

#include "fs/file_copy.h"
#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

constexpr uint64_t kPage = 4096;

class MemFileTest : public TreeTest {
 protected:
  void limit(uint64_t pages, uint64_t inodes) {
    builder.set_limits({.memory_bytes = pages * kPage, .inodes = inodes});
    build();
  }
  std::string rest(FileRef& file) { return Cage::read(*file); }
  // How often `make` succeeds before it says ENOSPC.
  template <class Make>
  int count_until_full(Make make) {
    for (int i = 0; i < 100'000; i++) {
      const int error = make(std::to_string(i));
      if (error == 0) continue;
      EXPECT_EQ(error, ENOSPC);
      return i;
    }
    return -1;
  }

  sync::Waiter waiter;
};

TEST_F(MemFileTest, OffsetsAreTheDescriptions) {
  build();
  FileRef file = cage->open("/tmp/f", O_CREAT | O_RDWR).value();
  EXPECT_EQ(Cage::write(*file, "abcdef"), 6);
  EXPECT_EQ(rest(file), "");
  EXPECT_EQ(file->seek(-2, SEEK_CUR).value(), 4);
  EXPECT_EQ(rest(file), "ef");
  EXPECT_EQ(file->seek(1, SEEK_SET).value(), 1);
  EXPECT_EQ(Cage::write(*file, "B"), 1);
  EXPECT_EQ(rest(file), "cdef");
  EXPECT_EQ(file->seek(0, SEEK_END).value(), 6);
  EXPECT_EQ(error_of(file->seek(-7, SEEK_END)), EINVAL);
  EXPECT_EQ(error_of(file->seek(INT64_MAX, SEEK_CUR)), EOVERFLOW);
  EXPECT_EQ(file->seek(INT64_MAX, SEEK_SET).value(), INT64_MAX);
  EXPECT_EQ(rest(file), "");
  EXPECT_EQ(Cage::write(*file, "x"), -EFBIG);
  EXPECT_EQ(file->seek(0, SEEK_CUR).value(), INT64_MAX);
  EXPECT_EQ(file->seek(2, SEEK_DATA).value(), 2);
  EXPECT_EQ(file->seek(2, SEEK_HOLE).value(), 6);
  FileRef other = cage->open("/tmp/f").value();
  EXPECT_EQ(rest(other), "aBcdef");
}

TEST_F(MemFileTest, RightsAreTheDescriptions) {
  build();
  ASSERT_EQ(cage->write("/tmp/f", "text"), 4);
  FileRef reader = cage->open("/tmp/f").value();
  FileRef writer = cage->open("/tmp/f", O_WRONLY).value();
  EXPECT_EQ(Cage::write(*reader, "x"), -EBADF);
  EXPECT_EQ(rest(writer), "<EBADF>");
  EXPECT_EQ(error_of(reader->truncate(0)), EINVAL);
  EXPECT_EQ(error_of(reader->allocate(0, 0, 1)), EBADF);
  EXPECT_EQ(error_of(writer->allocate(0, 0, 0)), EINVAL);
  EXPECT_EQ(error_of(reader->control_pipe(F_ADD_SEALS, F_SEAL_WRITE)), EPERM);
  EXPECT_EQ(reader->flags(), O_RDONLY | abi::kOpenLargeFile);
  EXPECT_EQ(cage->read("/tmp/f"), "text");
}

TEST_F(MemFileTest, AppendingAndFlags) {
  build();
  ASSERT_EQ(cage->write("/tmp/f", "one"), 3);
  FileRef file = cage->open("/tmp/f", O_RDWR | O_APPEND).value();
  EXPECT_EQ(Cage::write(*file, "two"), 3);
  EXPECT_EQ(file->seek(0, SEEK_CUR).value(), 6);
  ASSERT_TRUE(file->set_flags(0).ok());
  EXPECT_EQ(file->flags() & O_APPEND, 0);
  EXPECT_EQ(file->seek(0, SEEK_SET).value(), 0);
  EXPECT_EQ(Cage::write(*file, "O"), 1);
  std::string more = "!";
  iovec from{more.data(), 1};
  EXPECT_EQ(file->write_at({&from, 1}, 0, RWF_APPEND).value(), 1U);
  EXPECT_EQ(error_of(file->write_at({&from, 1}, 0, 1 << 30)), EOPNOTSUPP);
  EXPECT_EQ(cage->read("/tmp/f"), "Onetwo!");
  EXPECT_EQ(error_of(file->set_flags(O_DIRECT)), EINVAL);
}

TEST_F(MemFileTest, StatusTellsTheContent) {
  build();
  ASSERT_EQ(cage->write("/tmp/f", "text"), 4);
  abi::Stat status = cage->find("/tmp/f").value()->status().value();
  EXPECT_EQ(status.st_size, 4);
  EXPECT_EQ(status.st_blocks, 8);
  EXPECT_EQ(status.st_nlink, 1U);
  timespec times[2] = {{1, 2}, {3, 4}};
  ASSERT_TRUE(cage->find("/tmp/f").value()->set_times(times).ok());
  status = cage->find("/tmp/f").value()->status().value();
  EXPECT_EQ(status.st_atim.tv_sec, 1);
  EXPECT_EQ(status.st_mtim.tv_nsec, 4);
  EXPECT_GT(status.st_ctim.tv_sec, 3);
  ASSERT_EQ(cage->write("/tmp/f", "x", O_APPEND), 1);
  status = cage->find("/tmp/f").value()->status().value();
  EXPECT_GT(status.st_mtim.tv_sec, 3);
  EXPECT_EQ(status.st_atim.tv_sec, 1);
  EXPECT_EQ(cage->read("/tmp/f"), "textx");
  EXPECT_GT(cage->find("/tmp/f").value()->status().value().st_atim.tv_sec, 1);
  int available = 0;
  FileRef file = cage->open("/tmp/f").value();
  ASSERT_TRUE(
      file->control_device(waiter, FIONREAD, std::as_writable_bytes(std::span(&available, 1)))
          .ok());
  EXPECT_EQ(available, 5);
}

TEST_F(MemFileTest, ReadersOfOneDescriptionShareTheBytes) {
  build();
  ASSERT_EQ(cage->write("/tmp/f", std::string(200'000, 'x')), 200'000);
  FileRef file = cage->open("/tmp/f").value();
  std::atomic<size_t> total = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; i++) {
    readers.emplace_back([&] {
      char bytes[700];
      iovec to{bytes, sizeof bytes};
      sync::Waiter own;
      for (size_t count = 1; count > 0; total += count) {
        count = file->read(own, {&to, 1}).value_or(0);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(total, 200'000U);
}

TEST_F(MemFileTest, Locks) {
  build();
  FileRef one = cage->open("/tmp/f", O_CREAT | O_RDWR).value();
  FileRef two = cage->open("/tmp/f", O_RDWR).value();
  ASSERT_TRUE(one->lock_whole(waiter, LOCK_EX | LOCK_NB).ok());
  EXPECT_EQ(error_of(two->lock_whole(waiter, LOCK_EX | LOCK_NB)), EAGAIN);
  one = FileRef();
  EXPECT_TRUE(two->lock_whole(waiter, LOCK_EX | LOCK_NB).ok());
  // Between cages, and between descriptions.
  Cage second(*space);
  FileRef theirs = second.open("/tmp/f", O_RDWR).value();
  abi::Flock lock{F_WRLCK, SEEK_SET, 0, 0, 10, 0, 0};
  LockOwner mine{&cage->fds, 1};
  LockOwner other{&second.fds, 2};
  EXPECT_TRUE(two->set_lock(mine, LockScope::kProcess, nullptr, lock).ok());
  EXPECT_EQ(error_of(theirs->set_lock(other, LockScope::kProcess, nullptr, lock)), EAGAIN);
  EXPECT_EQ(error_of(theirs->set_lock(other, LockScope::kDescription, nullptr, lock)), EAGAIN);
  two->descriptor_closed(cage->fds);
  EXPECT_TRUE(theirs->set_lock(other, LockScope::kProcess, nullptr, lock).ok());
  FileRef reader = cage->open("/tmp/f").value();
  EXPECT_EQ(error_of(reader->set_lock(mine, LockScope::kProcess, nullptr, lock)), EBADF);
}

TEST_F(MemFileTest, SealsOfMemfdCreate) {
  limit(100, 100);
  FileRef file = space->create_memory("name", MFD_ALLOW_SEALING).value();
  EXPECT_EQ(Cage::write(*file, "text"), 4);
  EXPECT_EQ(file->control_pipe(F_GET_SEALS, 0).value(), 0);
  EXPECT_EQ(file->control_pipe(F_ADD_SEALS, F_SEAL_GROW).value(), 0);
  EXPECT_EQ(Cage::write(*file, "more"), -EPERM);
  EXPECT_EQ(error_of(file->truncate(100)), EPERM);
  EXPECT_EQ(error_of(file->allocate(0, 0, 100)), EPERM);
  EXPECT_EQ(file->status().value().st_size, 4);
  EXPECT_EQ(file->control_pipe(F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK).value(), 0);
  EXPECT_EQ(file->seek(0, SEEK_SET).value(), 0);
  EXPECT_EQ(Cage::write(*file, "T"), -EPERM);
  EXPECT_EQ(error_of(file->truncate(1)), EPERM);
  EXPECT_EQ(rest(file), "text");
  FileRef plain = cage->open("/tmp/f", O_CREAT | O_RDWR).value();
  EXPECT_EQ(plain->control_pipe(F_GET_SEALS, 0).value(), F_SEAL_SEAL);
  EXPECT_EQ(error_of(plain->control_pipe(F_ADD_SEALS, F_SEAL_WRITE)), EPERM);
  EXPECT_EQ(file->status().value().st_nlink, 0U);
}

TEST_F(MemFileTest, MemfdCreateIsCounted) {
  limit(100, 100);
  FileRef file = space->create_memory("name", 0).value();
  EXPECT_EQ(error_of(file->truncate(101 * kPage)), ENOSPC);
  EXPECT_EQ(error_of(file->truncate(60 * kPage)), 0);
  EXPECT_EQ(cage->write("/tmp/f", std::string(50 * kPage, 'x')), static_cast<int>(40 * kPage));
  file = FileRef();
  EXPECT_EQ(cage->write("/tmp/f", std::string(50 * kPage, 'x')), static_cast<int>(50 * kPage));
  std::vector<FileRef> many;
  EXPECT_LT(count_until_full([&](const std::string&) {
              auto made = space->create_memory("name", 0);
              if (made.ok()) many.push_back(made.value());
              return error_of(made);
            }),
            100);
}

TEST_F(MemFileTest, InodesAreCounted) {
  limit(1000, 200);
  const uint64_t at_start = space->inodes().used();
  auto expect_full = [&](const char* what, auto make, auto remove) {
    SCOPED_TRACE(what);
    const int made = count_until_full(make);
    EXPECT_EQ(made, static_cast<int>(200 - at_start));
    for (int i = 0; i < made; i++) ASSERT_EQ(remove(std::to_string(i)), 0);
    EXPECT_EQ(space->inodes().used(), at_start);
  };
  auto unlink = [&](const std::string& name) {
    return error_of(remove_at(context(), kCwd, "/tmp/" + name, RemoveKind::kFile));
  };
  expect_full(
      "files",
      [&](const std::string& name) { return cage->error_of_open("/tmp/" + name, O_CREAT); },
      unlink);
  expect_full(
      "directories",
      [&](const std::string& name) {
        return error_of(make_directory_at(context(), kCwd, "/tmp/" + name, 0755));
      },
      [&](const std::string& name) {
        return error_of(remove_at(context(), kCwd, "/tmp/" + name, RemoveKind::kDirectory));
      });
  expect_full(
      "symbolic links",
      [&](const std::string& name) {
        return error_of(make_symlink_at(context(), "x", kCwd, "/tmp/" + name));
      },
      unlink);
  std::vector<FileRef> unnamed;
  expect_full(
      "unnamed files",
      [&](const std::string&) {
        auto file = cage->open("/tmp", O_TMPFILE | O_RDWR);
        if (file.ok()) unnamed.push_back(file.value());
        return error_of(file);
      },
      [&](const std::string&) {
        unnamed.clear();
        return 0;
      });
}

TEST_F(MemFileTest, LinksAndLongTargetsAreCounted) {
  limit(50, 200);
  ASSERT_EQ(cage->error_of_open("/tmp/f", O_CREAT), 0);
  int made = count_until_full([&](const std::string& name) {
    return error_of(make_link_at(context(), kCwd, "/tmp/f", kCwd, "/tmp/" + name, 0));
  });
  EXPECT_GT(made, 100);
  EXPECT_LT(made, 200);
  // Renamed links stay counted, as often as you like.
  for (int i = 0; i < 1000; i++) {
    std::string from = "/tmp/" + std::to_string(i % 2);
    std::string to = "/tmp/r" + std::to_string(i % 2);
    ASSERT_TRUE(
        rename_at(context(), kCwd, i % 4 < 2 ? from : to, kCwd, i % 4 < 2 ? to : from, 0).ok());
  }
  EXPECT_EQ(space->inodes().used(), 200U);
  for (int i = 0; i < made; i++) {
    ASSERT_TRUE(remove_at(context(), kCwd, "/tmp/" + std::to_string(i), RemoveKind::kFile).ok());
  }
  const std::string target(200, 'x');
  made = count_until_full([&](const std::string& name) {
    return error_of(make_symlink_at(context(), target, kCwd, "/tmp/" + name));
  });
  EXPECT_EQ(made, 50);
  abi::Statfs info = cage->find("/tmp").value()->file_system().value();
  EXPECT_EQ(info.f_blocks, 50U);
  EXPECT_EQ(info.f_bfree, 0U);
  EXPECT_EQ(info.f_files, 200U);
}

TEST_F(MemFileTest, CopiesBetweenMemoryAndHost) {
  build();
  host.file("h", "from the host");
  ASSERT_EQ(cage->write("/tmp/m", "from memory"), 11);
  FileRef memory = cage->open("/tmp/m", O_RDWR).value();
  FileRef file = cage->open("/h/h", O_RDWR).value();
  int64_t at = 5;
  EXPECT_EQ(send_file(waiter, *file, *memory, &at, 100).value(), 6U);
  EXPECT_EQ(at, 11);
  EXPECT_EQ(host.read("h"), "memory" + std::string("from the host").substr(6));
  EXPECT_EQ(memory->seek(0, SEEK_CUR).value(), 0);
  int64_t from = 0;
  EXPECT_EQ(copy_range(waiter, *file, &from, *memory, nullptr, 6).value(), 6U);
  EXPECT_EQ(cage->read("/tmp/m"), "memoryemory");
  EXPECT_EQ(memory->seek(0, SEEK_CUR).value(), 6);
  // Onto itself.
  int64_t to = 3;
  from = 0;
  EXPECT_EQ(error_of(copy_range(waiter, *memory, &from, *memory, &to, 6)), EINVAL);
  EXPECT_EQ(copy_range(waiter, *memory, &from, *memory, &to, 3).value(), 3U);
  EXPECT_EQ(cage->read("/tmp/m"), "memmememory");
  FileRef directory = cage->open("/tmp").value();
  EXPECT_EQ(error_of(copy_range(waiter, *directory, nullptr, *memory, nullptr, 1)), EISDIR);
  EXPECT_EQ(error_of(send_file(waiter, *memory, *directory, nullptr, 1)), EINVAL);
  FileRef reader = cage->open("/tmp/m").value();
  EXPECT_EQ(error_of(send_file(waiter, *reader, *file, nullptr, 1)), EBADF);
}

// What doesn't fit is still there to be read.
TEST_F(MemFileTest, ACopyThatEndsEarlyLosesNothing) {
  limit(10, 100);
  ASSERT_EQ(cage->write("/tmp/full", std::string(8 * kPage, 'x')), static_cast<int>(8 * kPage));
  host.file("h", std::string(3 * kPage, 'y') + "end");
  FileRef from = cage->open("/h/h").value();
  FileRef to = cage->open("/tmp/copy", O_CREAT | O_RDWR).value();
  EXPECT_EQ(send_file(waiter, *to, *from, nullptr, 100'000).value(), 2 * kPage);
  EXPECT_EQ(from->seek(0, SEEK_CUR).value(), static_cast<int64_t>(2 * kPage));
  EXPECT_EQ(error_of(send_file(waiter, *to, *from, nullptr, 100'000)), ENOSPC);
}

TEST_F(MemFileTest, PermissionsAreChecked) {
  if (geteuid() == 0) GTEST_SKIP() << "root may do everything";
  build();
  ASSERT_EQ(cage->write("/tmp/f", "text"), 4);
  ASSERT_TRUE(cage->find("/tmp/f").value()->set_mode(0400).ok());
  EXPECT_EQ(cage->error_of_open("/tmp/f", O_RDWR), EACCES);
  EXPECT_EQ(cage->error_of_open("/tmp/f", O_RDONLY | O_TRUNC), EACCES);
  EXPECT_EQ(error_of(cage->find("/tmp/f").value()->truncate(0)), EACCES);
  EXPECT_EQ(cage->read("/tmp/f"), "text");
}

TEST_F(MemFileTest, PathsFollowTheNames) {
  build();
  ASSERT_EQ(cage->write("/tmp/f", "text"), 4);
  NodeRef node = cage->find("/tmp/f").value();
  EXPECT_EQ(space->path_of(*node).value(), "/tmp/f");
  ASSERT_TRUE(make_directory_at(context(), kCwd, "/tmp/d", 0755).ok());
  ASSERT_TRUE(rename_at(context(), kCwd, "/tmp/f", kCwd, "/tmp/d/g", 0).ok());
  EXPECT_EQ(space->path_of(*node).value(), "/tmp/d/g");
  ASSERT_TRUE(rename_at(context(), kCwd, "/tmp/d", kCwd, "/tmp/e", 0).ok());
  EXPECT_EQ(space->path_of(*node).value(), "/tmp/e/g");
  EXPECT_EQ(shown_name(*cage->open("/tmp/e/g").value()), "/tmp/e/g");
  ASSERT_TRUE(remove_at(context(), kCwd, "/tmp/e/g", RemoveKind::kFile).ok());
  EXPECT_EQ(error_of(space->path_of(*node)), ENOENT);
  EXPECT_EQ(space->shown_path(*node).value(), "/tmp/e/g (deleted)");
  NodeRef directory = cage->find("/tmp/e").value();
  ASSERT_TRUE(remove_at(context(), kCwd, "/tmp/e", RemoveKind::kDirectory).ok());
  EXPECT_EQ(space->shown_path(*directory).value(), "/tmp/e (deleted)");
  EXPECT_EQ(shown_name(*space->create_memory("name", 0).value()), "/memfd:name (deleted)");
}

}  // namespace
}  // namespace rawposix::fs
