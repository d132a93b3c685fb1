// SPDX-License-Identifier: Apache-2.0
#include "cage/timers.h"

#include <climits>
#include <csignal>

#include "cage/cage.h"
#include "cage/task.h"

namespace rawposix::cage {
namespace {

constexpr int kMostTimers = 32768;

bool is_zero(const timespec& time) { return time.tv_sec == 0 && time.tv_nsec == 0; }

clockid_t sleeping_clock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM
             ? CLOCK_REALTIME
             : CLOCK_MONOTONIC;
}

int64_t to_ns(const timespec& time) {
  int64_t ns = 0;
  if (__builtin_mul_overflow(time.tv_sec, sync::kNanosecondsPerSecond, &ns)) return INT64_MAX;
  return __builtin_add_overflow(ns, time.tv_nsec, &ns) ? INT64_MAX : ns;
}

timespec to_time(int64_t ns) {
  return {ns / sync::kNanosecondsPerSecond, ns % sync::kNanosecondsPerSecond};
}

}  // namespace

Timers::~Timers() { remove_all(); }

Result<> Timers::arm(int number, Timer& timer) {
  timer.generation = ++generations_;
  std::weak_ptr<Cage> cage = cage_.weak_from_this();
  auto action = [cage, number, generation = timer.generation] {
    if (std::shared_ptr<Cage> alive = cage.lock()) alive->timers().fire(number, generation);
  };
  timer.queued = TRY(cage_.world().timers().add(timer.deadline, std::move(action)));
  return {};
}

void Timers::disarm(Timer& timer) {
  if (timer.queued != 0) cage_.world().timers().cancel(timer.queued);
  timer.queued = 0;
  timer.deadline = {};
  timer.generation = 0;
}

TimerSetting Timers::setting_of(const Timer& timer) {
  TimerSetting setting{{}, timer.interval};
  if (!timer.deadline.is_set()) return setting;
  setting.value = timer.deadline.left();
  // Armed but due: a zero would say that it is not armed.
  if (is_zero(setting.value)) setting.value.tv_nsec = 1;
  return setting;
}

void Timers::fire(int number, uint64_t generation) {
  abi::Siginfo info;
  pid_t tid = 0;
  {
    MutexLock lock(mutex_);
    auto found = timers_.find(number);
    if (found == timers_.end() || found->second.generation != generation) return;
    Timer& timer = found->second;
    timer.overrun = 0;
    if (is_zero(timer.interval)) {
      timer.deadline = {};
      timer.queued = 0;
    } else {
      const int64_t interval = to_ns(timer.interval);
      const int64_t due = to_ns(timer.deadline.time());
      const int64_t now = to_ns(host::now(timer.deadline.clock()).value_or(timespec{}));
      const int64_t missed = now > due ? (now - due) / interval : 0;
      timer.overrun = static_cast<int>(std::min<int64_t>(missed, INT_MAX));
      timer.deadline =
          sync::Deadline::at(timer.deadline.clock(), to_time(due + (missed + 1) * interval));
      static_cast<void>(arm(number, timer));
    }
    info = timer.info;
    tid = timer.tid;
    if (number != kReal)
      info.fields[0] = signal::pair(number, static_cast<uint32_t>(timer.overrun));
  }
  if (info.signal == 0) return;
  if (tid == 0) {
    static_cast<void>(cage_.signals().send(info));
    return;
  }
  std::shared_ptr<Task> task = cage_.world().tree().find_task(tid);
  if (task != nullptr) static_cast<void>(cage_.signals().send_to(*task, info));
}

Result<TimerSetting> Timers::set_real(const TimerSetting& setting) {
  {
    MutexLock lock(mutex_);
    Timer& timer = timers_[kReal];
    timer.clock = CLOCK_MONOTONIC;
    timer.info = signal::plain_info(SIGALRM, SI_KERNEL);
  }
  return set(kReal, Start::kFromNow, setting);
}

TimerSetting Timers::real() const { return get(kReal).value_or(TimerSetting{}); }

Result<int> Timers::create(clockid_t clock, const abi::Siginfo& info, pid_t tid) {
  MutexLock lock(mutex_);
  if (timers_.size() >= kMostTimers) return Errno(EAGAIN);
  int number = 0;
  while (timers_.contains(number)) number++;
  Timer& timer = timers_[number];
  timer.clock = clock;
  timer.info = info;
  timer.tid = tid;
  return number;
}

Result<TimerSetting> Timers::set(int number, Start start, const TimerSetting& setting) {
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end()) return Errno(EINVAL);
  Timer& timer = found->second;
  TimerSetting before = setting_of(timer);
  disarm(timer);
  timer.interval = setting.interval;
  timer.overrun = 0;
  if (is_zero(setting.value)) return before;
  if (start == Start::kAbsolute) {
    timer.deadline = sync::Deadline::at(sleeping_clock(timer.clock), setting.value);
  } else {
    timer.deadline = sync::Deadline::after(setting.value);
  }
  // A time that never comes.
  if (!timer.deadline.is_set()) return before;
  TRY(arm(number, timer));
  return before;
}

Result<TimerSetting> Timers::get(int number) const {
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end()) return Errno(EINVAL);
  return setting_of(found->second);
}

Result<int> Timers::overrun(int number) const {
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end()) return Errno(EINVAL);
  return found->second.overrun;
}

Result<> Timers::remove(int number) {
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end() || number == kReal) return Errno(EINVAL);
  disarm(found->second);
  timers_.erase(found);
  return {};
}

void Timers::remove_created() {
  MutexLock lock(mutex_);
  for (auto it = timers_.begin(); it != timers_.end();) {
    if (it->first == kReal) {
      ++it;
      continue;
    }
    disarm(it->second);
    it = timers_.erase(it);
  }
}

void Timers::remove_all() {
  MutexLock lock(mutex_);
  for (auto& [number, timer] : timers_) disarm(timer);
  timers_.clear();
}

}  // namespace rawposix::cage
