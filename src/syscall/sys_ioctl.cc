// SPDX-License-Identifier: Apache-2.0
// ioctl(2)
#include <sys/ioctl.h>

#include <array>
#include <cstring>

#include "fs/device_control.h"
#include "syscall/terminals.h"

namespace rawposix::syscall {
namespace {

Result<int64_t> set_blocking(Task& task, fs::File& file, GuestAddr argument) {
  int32_t nonblocking = TRY(task.memory().read(UserIn<int32_t>(argument)));
  int flags = file.flags();
  TRY(file.set_flags(nonblocking != 0 ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
  return int64_t{0};
}

}  // namespace

Result<int64_t> sys_ioctl(Task& task, FdNum fd, uint32_t request, uint64_t argument) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  const GuestAddr address{argument};
  switch (request) {
    case FIOCLEX:
      TRY(task.fds().set_flag(fd, fs::CloseOnExec::kYes));
      return int64_t{0};
    case FIONCLEX:
      TRY(task.fds().set_flag(fd, fs::CloseOnExec::kNo));
      return int64_t{0};
    case FIONBIO:
      return set_blocking(task, *file, address);
    default:
      break;
  }
  if (file->is_terminal()) {
    std::optional<int64_t> done = TRY(control_terminal(task, *file, request, argument));
    if (done) return *done;
  }
  const fs::DeviceRequest* known = fs::find_device_request(request);
  if (known == nullptr) return Errno(ENOTTY);
  std::array<std::byte, fs::kDeviceArgumentMost> buffer{};
  std::span<std::byte> value = std::span(buffer).first(known->size);
  if (known->direction == fs::DeviceArgument::kNumber) {
    memcpy(value.data(), &argument, sizeof argument);
  } else if (known->direction == fs::DeviceArgument::kIn) {
    TRY(task.memory().copy_in(value.data(), address, value.size()));
  }
  Result<int64_t> outcome = file->control_device(task.waiter(), request, value);
  // tcdrain(3) isn't made again, whatever SA_RESTART says (drivers/tty/tty_io.c, tty_ioctl()).
  const bool drains = request == TCSBRK || request == TCSBRKP;
  if (!outcome.ok() && outcome.error() == sync::kRestart && drains) return Errno(EINTR);
  if (!outcome.ok()) return outcome;
  if (known->direction == fs::DeviceArgument::kOut) {
    TRY(task.memory().copy_out(address, value.data(), value.size()));
  }
  return outcome;
}

}  // namespace rawposix::syscall
