// SPDX-License-Identifier: Apache-2.0
// futex(2), set_robust_list(2), get_robust_list(2), membarrier(2)
#include <linux/futex.h>
#include <linux/membarrier.h>

#include <atomic>

#include "cage/futex.h"
#include "host/thread.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

using cage::FutexScope;
using sync::Futex;
using sync::FutexTable;

constexpr uint64_t kRobustHeadSize = 24;

struct FutexCall {
  int32_t command;
  FutexScope scope;
  GuestAddr address;
  uint32_t value;
  GuestAddr timeout;  // or a second value
  GuestAddr second_address;
  uint32_t third_value;
  bool by_real_time;

  uint32_t second_value() const { return static_cast<uint32_t>(timeout.value); }
};

bool has_timeout(int32_t command) {
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
         command == FUTEX_LOCK_PI2;
}

Result<sync::Deadline> deadline_of(Task& task, const FutexCall& call) {
  if (!has_timeout(call.command) || call.timeout.is_null()) return sync::Deadline();
  timespec time = TRY(task.memory().read(UserIn<timespec>(call.timeout)));
  if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= sync::kNanosecondsPerSecond) {
    return Errno(EINVAL);
  }
  // FUTEX_WAIT alone counts from now; LOCK_PI is always by the real-time clock.
  if (call.command == FUTEX_WAIT) return sync::Deadline::after(time);
  const bool real = call.by_real_time || call.command == FUTEX_LOCK_PI;
  return sync::Deadline::at(real ? CLOCK_REALTIME : CLOCK_MONOTONIC, time);
}

Result<int64_t> wait(Task& task, const FutexCall& call, uint32_t bits) {
  if (bits == 0) return Errno(EINVAL);
  sync::Deadline deadline = TRY(deadline_of(task, call));
  if (task.restart_deadline) deadline = *task.restart_deadline;
  Futex futex = TRY(cage::futex_at(task, call.address, call.scope));
  Result<> waited = task.world().futexes().wait(task.waiter(), futex, call.value, bits, deadline);
  if (waited.ok()) return int64_t{0};
  if (waited.error() == sync::kRestart && deadline.is_set()) {
    task.restart_deadline = deadline;
    return sync::kRestartWithDeadline;
  }
  return waited.error();
}

Result<int64_t> wake(Task& task, const FutexCall& call, uint32_t bits) {
  if (bits == 0) return Errno(EINVAL);
  Futex futex = TRY(cage::futex_at(task, call.address, call.scope));
  return int64_t{task.world().futexes().wake(futex.key, static_cast<int32_t>(call.value), bits)};
}

Result<int64_t> requeue(Task& task, const FutexCall& call) {
  if (static_cast<int32_t>(call.value) < 0 || static_cast<int32_t>(call.second_value()) < 0) {
    return Errno(EINVAL);
  }
  Futex from = TRY(cage::futex_at(task, call.address, call.scope));
  Futex to = TRY(cage::futex_at(task, call.second_address, call.scope));
  const bool compares = call.command == FUTEX_CMP_REQUEUE;
  const FutexTable::Requeued done = TRY(task.world().futexes().requeue(
      from, to, call.value, call.second_value(),
      compares ? std::optional<uint32_t>(call.third_value) : std::nullopt));
  return int64_t{done.woken} + done.moved;
}

Result<uint32_t> operate(uint32_t operation, uint32_t old, uint32_t argument) {
  switch (operation) {
    case FUTEX_OP_SET:
      return argument;
    case FUTEX_OP_ADD:
      return old + argument;
    case FUTEX_OP_OR:
      return old | argument;
    case FUTEX_OP_ANDN:
      return old & ~argument;
    case FUTEX_OP_XOR:
      return old ^ argument;
    default:
      return Errno(ENOSYS);
  }
}

Result<bool> compare(uint32_t comparison, int32_t old, int32_t argument) {
  switch (comparison) {
    case FUTEX_OP_CMP_EQ:
      return old == argument;
    case FUTEX_OP_CMP_NE:
      return old != argument;
    case FUTEX_OP_CMP_LT:
      return old < argument;
    case FUTEX_OP_CMP_LE:
      return old <= argument;
    case FUTEX_OP_CMP_GT:
      return old > argument;
    case FUTEX_OP_CMP_GE:
      return old >= argument;
    default:
      return Errno(ENOSYS);
  }
}

constexpr int32_t sign_extend_12(uint32_t value) { return static_cast<int32_t>(value << 20) >> 20; }

// FUTEX_WAKE_OP: third_value is 4 bits operation, 4 bits comparison and two 12-bit arguments.
Result<int64_t> wake_and_operate(Task& task, const FutexCall& call) {
  Futex first = TRY(cage::futex_at(task, call.address, call.scope));
  Futex second = TRY(cage::futex_at(task, call.second_address, call.scope));
  const uint32_t code = call.third_value;
  int32_t argument = sign_extend_12(code >> 12 & 0xfff);
  if ((code >> 28 & FUTEX_OP_OPARG_SHIFT) != 0) argument = 1 << (argument & 31);
  uint32_t old = 0;
  do {
    old = TRY(second.memory.load_word(second.address));
    uint32_t fresh = TRY(operate(code >> 28 & 7, old, static_cast<uint32_t>(argument)));
    if (TRY(second.memory.exchange_word_if(second.address, old, fresh))) break;
  } while (true);
  FutexTable& futexes = task.world().futexes();
  int64_t woken = futexes.wake(first.key, static_cast<int32_t>(call.value));
  bool met =
      TRY(compare(code >> 24 & 0xf, static_cast<int32_t>(old), sign_extend_12(code & 0xfff)));
  if (met) woken += futexes.wake(second.key, static_cast<int32_t>(call.second_value()));
  return woken;
}

Result<int64_t> lock(Task& task, const FutexCall& call, FutexTable::LockWait wait) {
  sync::Deadline deadline = TRY(deadline_of(task, call));
  Futex futex = TRY(cage::futex_at(task, call.address, call.scope));
  auto exists = [&task](uint32_t tid) {
    const auto owner = static_cast<pid_t>(tid);
    return owner == cage::World::kInitPid || task.world().tree().find_task(owner) != nullptr;
  };
  Result<> locked = task.world().futexes().lock(
      task.waiter(), futex, static_cast<uint32_t>(task.tid()), wait, deadline, exists);
  if (locked.ok()) return int64_t{0};
  if (locked.error() == sync::kRestart) return sync::kRestartAlways;
  return locked.error();
}

}  // namespace

Result<int64_t> sys_futex(Task& task, GuestAddr address, int32_t operation, uint32_t value,
                          GuestAddr timeout, GuestAddr second_address, uint32_t third_value) {
  const bool by_real_time = (operation & FUTEX_CLOCK_REALTIME) != 0;
  FutexCall call{
      .command = operation & FUTEX_CMD_MASK,
      .scope = (operation & FUTEX_PRIVATE_FLAG) != 0 ? FutexScope::kPrivate : FutexScope::kShared,
      .address = address,
      .value = value,
      .timeout = timeout,
      .second_address = second_address,
      .third_value = third_value,
      .by_real_time = by_real_time};
  if (by_real_time && call.command != FUTEX_WAIT_BITSET && call.command != FUTEX_LOCK_PI2 &&
      call.command != FUTEX_WAIT_REQUEUE_PI) {
    return Errno(ENOSYS);
  }
  switch (call.command) {
    case FUTEX_WAIT:
      return wait(task, call, FutexTable::kAnyBit);
    case FUTEX_WAIT_BITSET:
      return wait(task, call, third_value);
    case FUTEX_WAKE:
      return wake(task, call, FutexTable::kAnyBit);
    case FUTEX_WAKE_BITSET:
      return wake(task, call, third_value);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
      return requeue(task, call);
    case FUTEX_WAKE_OP:
      return wake_and_operate(task, call);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return lock(task, call, FutexTable::LockWait::kYes);
    case FUTEX_TRYLOCK_PI:
      return lock(task, call, FutexTable::LockWait::kNo);
    case FUTEX_UNLOCK_PI: {
      Futex futex = TRY(cage::futex_at(task, address, call.scope));
      TRY(task.world().futexes().unlock(futex, static_cast<uint32_t>(task.tid())));
      return int64_t{0};
    }
    default:
      return Errno(ENOSYS);
  }
}

Result<> sys_set_robust_list(Task& task, GuestAddr head, uint64_t size) {
  if (size != kRobustHeadSize) return Errno(EINVAL);
  task.robust_list = head.value;
  return {};
}

Result<> sys_get_robust_list(Task& task, int32_t tid, UserOut<uint64_t> head,
                             UserOut<uint64_t> size) {
  uint64_t address = task.robust_list;
  if (tid != 0 && tid != task.tid()) {
    std::shared_ptr<Task> other = task.world().tree().find_task(tid);
    if (other == nullptr) return Errno(ESRCH);
    address = other->robust_list;
  }
  TRY(task.memory().write(size, kRobustHeadSize));
  return task.memory().write(head, address);
}

// Tasks are threads of one process, so one barrier serves for all of them.
Result<int64_t> sys_membarrier(Task& task, int32_t command, uint32_t flags, int32_t) {
  constexpr int64_t kSupported = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
                                 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
  if (flags != 0) return Errno(EINVAL);
  switch (command) {
    case MEMBARRIER_CMD_QUERY:
      return kSupported;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
      if (!task.cage().memory_barriers) return Errno(EPERM);
      TRY(host::memory_barrier());
      return int64_t{0};
    case MEMBARRIER_CMD_GLOBAL:
      TRY(host::memory_barrier());
      return int64_t{0};
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
      task.cage().memory_barriers = true;
      return int64_t{0};
    default:
      return Errno(EINVAL);
  }
}

}  // namespace rawposix::syscall
