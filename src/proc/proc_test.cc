// SPDX-License-Identifier: Apache-2.0
// /proc as tasks of a world see it that never run.
#include <gtest/gtest.h>
#include <linux/capability.h>

#include <map>

#include "cage/exit.h"
#include "fs/namespace_builder.h"
#include "fs/tree.h"
#include "proc/access.h"
#include "proc/root.h"

namespace rawposix::proc {
namespace {

constexpr fs::FdNum kCwd{AT_FDCWD};

cage::Credentials user(uint32_t id) {
  cage::Credentials who;
  who.user = who.group = {id, id, id, id};
  return who;
}

class ProcTest : public testing::Test {
 protected:
  ProcTest() {
    fs::NamespaceBuilder builder;
    builder.set_proc([this](const fs::Mount& mount) { return make_root(mount, world_); });
    space_ = std::move(builder.build()).value();
    first_ = start(world_.tree().allocate_id(UINT64_MAX).value(), user(1000), nullptr);
  }
  ~ProcTest() override {
    while (!tasks_.empty()) {
      std::shared_ptr<cage::Task> last = tasks_.back();
      end(last);
    }
    first_.reset();
    world_.end();
  }

  std::shared_ptr<cage::Task> start(pid_t pid, cage::Credentials who, cage::Task* parent) {
    cage::Cage::Parts parts;
    parts.memory = mm::AddressSpace::create(slots_, nullptr, {}).value();
    parts.actions = std::make_shared<cage::SharedActions>();
    parts.limits = cage::Rlimits::of_host();
    parts.name = "name " + std::to_string(pid);
    const pid_t parent_pid = parent != nullptr ? parent->cage().pid() : cage::World::kInitPid;
    auto made = std::make_shared<cage::Cage>(world_, pid, parent_pid, std::move(parts));
    auto task = std::make_shared<cage::Task>(
        made, pid,
        cage::Task::Parts{std::make_shared<fs::FdTable>(), std::make_shared<fs::FsView>(*space_),
                          std::move(who)},
        nullptr);
    EXPECT_TRUE(made->add_task(*task));
    world_.tree().add_task(*task);
    if (parent == nullptr) {
      world_.tree().add_root(made);
    } else {
      world_.tree().add_child(*parent, made, SIGCHLD, cage::ProcessTree::MakerIs::kParent);
    }
    tasks_.push_back(task);
    return task;
  }
  std::shared_ptr<cage::Task> start_child(uint32_t id) {
    return start(world_.tree().allocate_id(UINT64_MAX).value(), user(id), first_.get());
  }
  void end(std::shared_ptr<cage::Task>& task) {
    cage::end_task(*task, {});
    std::erase(tasks_, task);
    task.reset();
  }

  static fs::PathContext paths(cage::Task& task) { return {task.view(), task.fds(), &task}; }
  static Result<fs::FileRef> open(cage::Task& task, const std::string& path, int flags = O_RDONLY) {
    return fs::open_at(paths(task), kCwd, path, flags, 0600);
  }
  static int error_of_open(cage::Task& task, const std::string& path, int flags = O_RDONLY) {
    Result<fs::FileRef> file = open(task, path, flags);
    return file.ok() ? 0 : file.error().number();
  }
  static std::string read(fs::File& file) {
    std::string text(65536, '\0');
    iovec to{text.data(), text.size()};
    sync::Waiter waiter;
    Result<size_t> size = file.read(waiter, {&to, 1});
    if (!size.ok()) return std::string("<") + size.error().name() + ">";
    text.resize(size.value());
    return text;
  }
  static std::string read(cage::Task& task, const std::string& path) {
    Result<fs::FileRef> file = open(task, path);
    if (!file.ok()) return std::string("<") + file.error().name() + ">";
    return read(*file.value());
  }
  static std::string link(cage::Task& task, const std::string& path) {
    Result<fs::NodeRef> node = paths(task).find(kCwd, path, fs::Follow::kNo);
    if (!node.ok()) return std::string("<") + node.error().name() + ">";
    Result<std::string> target = node.value()->link_target();
    return target.ok() ? target.value() : std::string("<") + target.error().name() + ">";
  }
  static std::string path(const cage::Task& task, const std::string& name) {
    return "/proc/" + std::to_string(task.tid()) + "/" + name;
  }
  std::vector<std::string> list(cage::Task& task, const std::string& path) {
    fs::NodeRef node = paths(task).find(kCwd, path, fs::Follow::kYes).value();
    std::vector<std::string> names;
    int64_t at = 2;
    while (true) {
      // A few at a time, as a small buffer has it.
      auto entries = static_cast<Directory&>(*node).list_after(at, 3);
      if (!entries.ok() || entries.value().empty()) return names;
      for (const Directory::Listed& entry : entries.value()) {
        EXPECT_GT(entry.position, at);
        at = entry.position;
        names.push_back(entry.name);
      }
    }
  }

  sfi::SlotArena arena_;
  mm::WarmSlots slots_{arena_};
  loader::ImageCache images_;
  host::ThreadPool threads_;
  cage::World world_{cage::Machine{slots_, images_, threads_}};
  std::unique_ptr<fs::Namespace> space_;
  std::vector<std::shared_ptr<cage::Task>> tasks_;
  std::shared_ptr<cage::Task> first_;
};

TEST_F(ProcTest, ListsProcessesInOrder) {
  std::vector<std::string> expected{std::to_string(first_->tid())};
  for (int i = 0; i < 10; i++) expected.push_back(std::to_string(start_child(1000)->tid()));
  std::vector<std::string> names = list(*first_, "/proc");
  ASSERT_GT(names.size(), expected.size());
  EXPECT_EQ(std::vector<std::string>(names.end() - 11, names.end()), expected);
  EXPECT_NE(std::find(names.begin(), names.end(), "self"), names.end());
}

TEST_F(ProcTest, EverythingListedIsThere) {
  for (const char* directory : {"/proc", "/proc/self", "/proc/self/task/2", "/proc/sys",
                                "/proc/sys/kernel", "/proc/sys/kernel/random"}) {
    std::map<uint64_t, std::string> inodes;
    for (const std::string& name : list(*first_, directory)) {
      Result<fs::NodeRef> node =
          paths(*first_).find(kCwd, std::string(directory) + "/" + name, fs::Follow::kNo);
      ASSERT_TRUE(node.ok()) << directory << " " << name;
      abi::Stat status = node.value()->status().value();
      EXPECT_TRUE(inodes.emplace(status.st_ino, name).second)
          << name << " and " << inodes[status.st_ino];
      EXPECT_EQ(status.st_mode & S_IFMT, node.value()->kind());
      EXPECT_EQ(space_->path_of(*node.value()).value().substr(0, 6), "/proc/");
      if (S_ISREG(status.st_mode)) {
        const std::string text = read(*first_, std::string(directory) + "/" + name);
        EXPECT_EQ(text.find("<E"), std::string::npos) << name << text;
      }
    }
  }
}

TEST_F(ProcTest, ANumberThatIsUsedAgainIsAnotherProcess) {
  auto child = start_child(1000);
  const pid_t pid = child->tid();
  fs::FileRef stat = open(*first_, path(*child, "stat")).value();
  fs::FileRef directory = open(*first_, path(*child, "")).value();
  EXPECT_EQ(read(*stat).substr(0, 2), std::to_string(pid) + " ");
  end(child);
  stat->seek(0, SEEK_SET).value();
  EXPECT_NE(read(*stat).find(") Z "), std::string::npos);
  cage::WaitTarget any{.options = WEXITED};
  ASSERT_TRUE(world_.tree().poll_child(first_->cage(), any).value().has_value());
  auto other = start(pid, user(1000), first_.get());
  stat->seek(0, SEEK_SET).value();
  EXPECT_EQ(read(*stat), "<ESRCH>");
  fs::FdNum number{first_->fds().add(directory, 100, fs::CloseOnExec::kNo).value()};
  EXPECT_EQ(fs::open_at(paths(*first_), number, "stat", O_RDONLY, 0).error(), Errno(ESRCH));
  EXPECT_NE(read(*first_, path(*other, "stat")), "<ESRCH>");
}

TEST_F(ProcTest, OnlyTheSameUserLooksInside) {
  auto mine = start_child(1000);
  auto others = start_child(2000);
  for (const char* name : {"environ", "maps", "auxv", "fd", "personality"}) {
    EXPECT_EQ(error_of_open(*first_, path(*mine, name)), 0) << name;
    EXPECT_EQ(error_of_open(*first_, path(*others, name)), EACCES) << name;
    EXPECT_EQ(error_of_open(*others, path(*others, name)), 0) << name;
  }
  for (const char* name : {"cwd", "root", "exe"}) {
    EXPECT_EQ(link(*first_, path(*others, name)), "<EACCES>");
    EXPECT_EQ(error_of_open(*first_, path(*others, name), O_PATH), EACCES);
  }
  EXPECT_EQ(link(*first_, path(*mine, "cwd")), "/");
  EXPECT_EQ(error_of_open(*first_, path(*others, "status")), 0);
  // Nor does the same user where a process has changed its own.
  mine->cage().dumpable = false;
  EXPECT_EQ(error_of_open(*first_, path(*mine, "maps")), EACCES);
  EXPECT_EQ(error_of_open(*mine, path(*mine, "maps")), 0);
  // Nobody who is no task at all.
  fs::Walker walker(space_->root(), space_->root(), fs::Caller{});
  EXPECT_EQ(walker.walk(path(*mine, "cwd"), fs::Follow::kYes).error(), Errno(EACCES));
  EXPECT_EQ(fs::Walker(space_->root(), space_->root(), fs::Caller{})
                .walk("/proc/self", fs::Follow::kYes)
                .error(),
            Errno(EACCES));
}

TEST_F(ProcTest, EachPartOfTheRuleCounts) {
  auto target = start_child(1000);
  Process process = ProcessHandle::find(world_, target->tid()).value().get().value();
  auto may = [&](auto change) {
    cage::Credentials who = user(1000);
    change(who);
    first_->set_credentials(who);
    return may_inspect(first_.get(), process);
  };
  EXPECT_TRUE(may([](cage::Credentials&) {}));
  EXPECT_FALSE(may([](cage::Credentials& who) { who.user.file_system = 2; }));
  EXPECT_FALSE(may([](cage::Credentials& who) { who.group.file_system = 2; }));
  EXPECT_TRUE(may([](cage::Credentials& who) { who.user.real = who.user.effective = 2; }));
  EXPECT_TRUE(may([](cage::Credentials& who) {
    who.user.file_system = 2;
    who.capabilities.effective = uint64_t{1} << CAP_SYS_PTRACE;
  }));
  cage::Credentials special = user(1000);
  special.user.saved = 7;
  target->set_credentials(special);
  process.cage->dumpable = true;
  EXPECT_FALSE(may([](cage::Credentials&) {}));
  special = user(1000);
  special.capabilities.permitted = 1;
  target->set_credentials(special);
  process.cage->dumpable = true;
  EXPECT_FALSE(may([](cage::Credentials&) {}));
  EXPECT_TRUE(may(
      [](cage::Credentials& who) { who.capabilities.permitted = who.capabilities.effective = 1; }));
}

TEST_F(ProcTest, DescriptorsGiveNoMoreThanTheyAre) {
  auto other = start_child(1000);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  other->fds().add(space_->adopt_stream(ends[0]).value(), 10, fs::CloseOnExec::kNo).value();
  ::close(ends[0]);
  const std::string name = path(*other, "fd/0");
  EXPECT_EQ(link(*first_, name).substr(0, 6), "pipe:[");
  EXPECT_EQ(error_of_open(*first_, name, O_WRONLY), EACCES);
  EXPECT_EQ(error_of_open(*first_, name, O_RDWR), EACCES);
  EXPECT_EQ(error_of_open(*first_, name, O_RDONLY | O_NONBLOCK), 0);
  EXPECT_EQ(list(*first_, path(*other, "fd")), std::vector<std::string>{"0"});
  EXPECT_EQ(error_of_open(*first_, path(*other, "fd/1")), ENOENT);
  EXPECT_EQ(error_of_open(*first_, path(*other, "fd/00")), ENOENT);
  EXPECT_EQ(error_of_open(*first_, path(*other, "fd/-1")), ENOENT);
  EXPECT_EQ(error_of_open(*first_, path(*other, "fd/99999999999")), ENOENT);
  // Looking takes no hold of the table: exec would copy one that others hold.
  EXPECT_EQ(other->parts().fds.use_count(), 1);
  ::close(ends[1]);
}

TEST_F(ProcTest, AFileOfTheHostsHasNoNameForIt) {
  int fd = ::open("/etc/passwd", O_RDONLY);
  first_->fds().add(space_->adopt_stream(fd).value(), 10, fs::CloseOnExec::kNo).value();
  ::close(fd);
  EXPECT_EQ(link(*first_, "/proc/self/fd/0"), "(unreachable)/");
}

TEST_F(ProcTest, ReadingFromTheStartMakesTheTextAnew) {
  fs::FileRef file = open(*first_, "/proc/self/comm").value();
  const std::string before = "name " + std::to_string(first_->tid()) + "\n";
  EXPECT_EQ(read(*file), before);
  first_->set_name("another");
  char byte = 0;
  iovec to{&byte, 1};
  // What was made is what is read on.
  EXPECT_EQ(file->read_at({&to, 1}, 1, 0).value(), 1U);
  EXPECT_EQ(byte, 'a');
  EXPECT_EQ(file->read_at({&to, 1}, static_cast<int64_t>(before.size()), 0).value(), 0U);
  file->seek(0, SEEK_SET).value();
  EXPECT_EQ(read(*file), "another\n");
}

// Attack: many open files, each with a text that was begun.
TEST_F(ProcTest, OpenFilesKeepNoMoreThanTheyMay) {
  sync::Waiter waiter;
  auto read_on = [&](fs::File& file, size_t most) {
    std::string text(most, '\0');
    iovec to{text.data(), text.size()};
    text.resize(file.read(waiter, {&to, 1}).value());
    return text;
  };
  auto open_status = [&] { return open(*first_, "/proc/self/status").value(); };
  const uint64_t before = text_budget().used();
  fs::FileRef kept = open_status();
  const std::string start = read_on(*kept, 10);
  EXPECT_GT(text_budget().used(), before);
  std::vector<Budget::Share> others;
  auto take_all = [&](uint64_t size) {
    do {
      others.emplace_back(text_budget());
    } while (others.back().take(size));
  };
  for (uint64_t size = text_budget().total() / 2; size != 0; size /= 2) take_all(size);
  fs::FileRef made_anew = open_status();
  const uint64_t used = text_budget().used();
  EXPECT_EQ(read_on(*made_anew, 10), start);
  EXPECT_EQ(text_budget().used(), used);
  EXPECT_EQ(read_on(*made_anew, 4096), read_on(*kept, 4096));
  others.clear();
  kept = fs::FileRef();
  EXPECT_EQ(text_budget().used(), before);
}

TEST_F(ProcTest, NamesMayHoldAnything) {
  first_->set_name(") R 1\n\\2 (");
  EXPECT_NE(read(*first_, "/proc/self/stat").find(" () R 1\n\\2 () "), std::string::npos);
  EXPECT_TRUE(read(*first_, "/proc/self/status").starts_with("Name:\t) R 1\\n\\\\2 (\nUmask"));
}

TEST_F(ProcTest, OnlyWhoMayWritesSettings) {
  EXPECT_EQ(error_of_open(*first_, "/proc/sys/kernel/hostname", O_WRONLY), EACCES);
  cage::Credentials administrator = user(0);
  administrator.capabilities.effective = uint64_t{1} << CAP_SYS_ADMIN;
  first_->set_credentials(administrator);
  fs::FileRef file = open(*first_, "/proc/sys/kernel/hostname", O_WRONLY).value();
  std::string text = "box\n";
  iovec from{text.data(), text.size()};
  sync::Waiter waiter;
  EXPECT_EQ(file->write(waiter, {&from, 1}).value(), 4U);
  EXPECT_EQ(world_.hostname(), "box");
  EXPECT_EQ(error_of_open(*first_, "/proc/sys/kernel/ostype", O_WRONLY), EACCES);
}

}  // namespace
}  // namespace rawposix::proc
