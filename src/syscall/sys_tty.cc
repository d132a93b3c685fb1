// SPDX-License-Identifier: Apache-2.0
// The requests of ioctl(2) that are about sessions and their terminals (man 2 ioctl_tty), and what
// job control has to say about the others.
#include <sys/ioctl.h>
#include <termios.h>

#include <array>
#include <csignal>
#include <cstring>

#include "abi/termios.h"
#include "cage/job_control.h"
#include "fs/terminals.h"
#include "host/file.h"
#include "syscall/terminals.h"

namespace rawposix::syscall {
namespace {

using cage::TerminalUse;

// While the whole host process is in its terminal's background, it stops as a native program would.
Result<> check_host(Task& task, const fs::File& file, int signal) {
  if (!task.world().relay().active() || !host::is_background(file.host_fd())) return {};
  if (task.world().relay().stop_process(signal)) return sync::kRestart;
  return Errno(EIO);
}

Result<> check(Task& task, fs::File& file, TerminalUse use) {
  const uint64_t device = TRY(file.terminal());
  TRY(cage::check_terminal(task, device, use));
  return check_host(task, file, use == TerminalUse::kReading ? SIGTTIN : SIGTTOU);
}

bool stops_writers(Task& task, fs::File& file) {
  std::array<std::byte, sizeof(abi::Termios)> buffer{};
  if (!file.control_device(task.waiter(), TCGETS, buffer).ok()) return false;
  abi::Termios termios;
  memcpy(&termios, buffer.data(), sizeof termios);
  return (termios.local_flags & TOSTOP) != 0;
}

Result<> set_foreground(Task& task, uint64_t device, GuestAddr argument) {
  Result<> allowed = cage::check_terminal(task, device, TerminalUse::kChanging);
  if (!allowed.ok()) return allowed.error() == Errno(EIO) ? Errno(ENOTTY) : allowed.error();
  const int32_t group = TRY(task.memory().read(UserIn<int32_t>(argument)));
  return task.world().tree().set_foreground(task.cage(), device, group);
}

bool changes_terminal(uint32_t request) {
  switch (request) {
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case abi::kTcsets2:
    case abi::kTcsetsw2:
    case abi::kTcsetsf2:
    case TCSBRK:
    case TCSBRKP:
    case TCXONC:
    case TCFLSH:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<> check_terminal_read(Task& task, fs::File& file) {
  return check(task, file, TerminalUse::kReading);
}

Result<> check_terminal_write(Task& task, fs::File& file) {
  const uint64_t device = TRY(file.terminal());
  if (!task.world().tree().in_background(task.cage(), device)) return {};
  if (!stops_writers(task, file)) return {};
  return cage::check_terminal(task, device, TerminalUse::kChanging);
}

Result<> terminal_opened(Task& task, fs::File& file, uint32_t flags) {
  cage::ProcessTree& tree = task.world().tree();
  const uint64_t device = TRY(file.terminal());
  const abi::Stat status = TRY(file.status());
  if (fs::is_own_terminal(status.st_mode, status.st_rdev)) {
    if (tree.terminal(task.cage()) != device) return Errno(ENXIO);
    return {};
  }
  // A session's leader without one gets the first that it opens, if that is free.
  if ((flags & O_NOCTTY) == 0) static_cast<void>(tree.acquire_terminal(task.cage(), device));
  return {};
}

Result<std::optional<int64_t>> control_terminal(Task& task, fs::File& file, uint32_t request,
                                                uint64_t argument) {
  cage::ProcessTree& tree = task.world().tree();
  const GuestAddr address{argument};
  if (changes_terminal(request)) TRY(check(task, file, TerminalUse::kChanging));
  const uint64_t device = TRY(file.terminal());
  switch (request) {
    case TIOCSCTTY:
      TRY(tree.acquire_terminal(task.cage(), device));
      return std::optional<int64_t>(0);
    case TIOCNOTTY:
      TRY(tree.release_terminal(task.cage(), device));
      return std::optional<int64_t>(0);
    case TIOCGPGRP: {
      const int32_t group = TRY(tree.foreground(task.cage(), device));
      TRY(task.memory().write(UserOut<int32_t>(address), group));
      return std::optional<int64_t>(0);
    }
    case TIOCSPGRP:
      TRY(set_foreground(task, device, address));
      return std::optional<int64_t>(0);
    case TIOCGSID: {
      TRY(tree.foreground(task.cage(), device));
      const int32_t session = TRY(tree.session(task.cage(), 0));
      TRY(task.memory().write(UserOut<int32_t>(address), session));
      return std::optional<int64_t>(0);
    }
    default:
      return std::optional<int64_t>();
  }
}

}  // namespace rawposix::syscall
