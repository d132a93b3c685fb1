// SPDX-License-Identifier: Apache-2.0
#include "cage/timers.h"

#include <sys/time.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <utility>

#include "cage/cage.h"
#include "cage/task.h"
#include "host/clock.h"

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

int64_t sum(int64_t a, int64_t b) {
  int64_t both = 0;
  return __builtin_add_overflow(a, b, &both) ? INT64_MAX : both;
}

// How long a timer whose last signal is still pending rests, whatever its interval: note_taken()
// ends that, but not every signal that goes is taken.
constexpr int64_t kRest_ns = 50'000'000;

// A CPU clock that stands still, since nobody of the cage runs, is looked at less and less often.
// Linux looks with each tick of whoever runs; here that may come so much later.
constexpr int64_t kShortestIdle_ns = 1'000'000;
constexpr int64_t kLongestIdle_ns = 64'000'000;

// The first time after `now` that is a number of intervals after `due`.
int64_t next_due(int64_t due, int64_t interval, int64_t now) {
  return sum(due, now < due ? interval : ((now - due) / interval + 1) * interval);
}

// kernel/time/posix-cpu-timers.c, check_process_timers(): with each second beyond the soft limit.
constexpr rlim_t kCpuLimitStep_s = 1;

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

TimerSetting Timers::setting_of(const Timer& timer, const CpuReading& cpu) {
  TimerSetting setting{{}, timer.interval};
  if (!timer.deadline.is_set()) return setting;
  setting.value = timer.cpu_clock
                      ? host::to_timespec(std::max<int64_t>(timer.due_ns - cpu.now_ns, 0))
                      : timer.deadline.left();
  // It rests.
  if (timer.sent_due_ns) {
    setting.value = host::to_timespec(to_ns(setting.value) % to_ns(timer.interval));
  }
  // Armed but due: a zero would say that it is not armed.
  if (is_zero(setting.value)) setting.value.tv_nsec = 1;
  return setting;
}

CpuReading Timers::read_cpu_clock(int number) const {
  std::optional<CpuClock> clock;
  {
    MutexLock lock(mutex_);
    auto found = timers_.find(number);
    if (found != timers_.end()) clock = found->second.cpu_clock;
  }
  return clock ? clock->read(cage_) : CpuReading{};
}

int64_t Timers::Timer::due() const { return cpu_clock ? due_ns : to_ns(deadline.time()); }

int64_t Timers::Timer::now(const CpuReading& cpu) const {
  return cpu_clock ? cpu.now_ns : to_ns(host::now(deadline.clock()).value_or(timespec{}));
}

void Timers::Timer::set_due(int64_t next_ns, const CpuReading& cpu) {
  if (cpu_clock) {
    due_ns = next_ns;
    deadline = sync::Deadline::after(cpu.until_look(next_ns));
  } else {
    deadline = sync::Deadline::at(deadline.clock(), host::to_timespec(next_ns));
  }
}

void Timers::Timer::look_again(const CpuReading& cpu) {
  const bool moves = cpu.now_ns != seen_ns;
  seen_ns = cpu.now_ns;
  idle_ns = moves ? 0 : std::clamp(2 * idle_ns, kShortestIdle_ns, kLongestIdle_ns);
  const int64_t wait = std::max(to_ns(cpu.until_look(due_ns)), idle_ns);
  deadline = sync::Deadline::after(host::to_timespec(wait));
}

bool Timers::is_sent(int number) const {
  int signal = 0;
  pid_t tid = 0;
  {
    MutexLock lock(mutex_);
    auto found = timers_.find(number);
    if (number < 0 || found == timers_.end()) return false;
    signal = found->second.info.signal;
    tid = found->second.tid;
    if (signal == 0) return found->second.sent_due_ns.has_value();
  }
  if (tid == 0) return cage_.signals().is_pending(nullptr, signal, number);
  const std::shared_ptr<Task> task = cage_.find_task(tid);
  return task != nullptr && cage_.signals().is_pending(task.get(), signal, number);
}

void Timers::note_taken(abi::Siginfo& info) {
  if (info.code != SI_TIMER) return;
  const auto number = static_cast<int32_t>(info.fields[0]);
  const CpuReading cpu = read_cpu_clock(number);
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end() || !found->second.sent_due_ns) return;
  Timer& timer = found->second;
  const int64_t due = *std::exchange(timer.sent_due_ns, std::nullopt);
  const int64_t interval = to_ns(timer.interval);
  const int64_t next = next_due(due, interval, timer.now(cpu));
  timer.overrun = static_cast<int>(std::min<int64_t>((next - due) / interval - 1, INT_MAX));
  info.fields[0] = signal::pair(number, static_cast<uint32_t>(timer.overrun));
  if (next >= timer.due()) return;
  const sync::TimerQueue::Id resting = timer.queued;
  timer.set_due(next, cpu);
  static_cast<void>(arm(number, timer));
  cage_.world().timers().cancel(resting);
}

void Timers::fire(int number, uint64_t generation) {
  const CpuReading cpu = read_cpu_clock(number);
  const bool is_sent = this->is_sent(number);
  abi::Siginfo info;
  pid_t tid = 0;
  {
    MutexLock lock(mutex_);
    auto found = timers_.find(number);
    if (found == timers_.end() || found->second.generation != generation) return;
    Timer& timer = found->second;
    if (timer.cpu_clock && cpu.now_ns < timer.due_ns) {
      timer.look_again(cpu);
      static_cast<void>(arm(number, timer));
      return;
    }
    if (is_zero(timer.interval)) {
      timer.deadline = {};
      timer.queued = 0;
    } else {
      const int64_t due = timer.due();
      const int64_t now = timer.now(cpu) + (is_sent ? kRest_ns : 0);
      timer.set_due(next_due(due, to_ns(timer.interval), now), cpu);
      static_cast<void>(arm(number, timer));
      // If what was set before is still to be taken, the first that adds to it.
      const bool counts = is_sent && timer.sent_due_ns;
      if (number >= 0 && !counts) timer.sent_due_ns = due;
    }
    if (is_sent) return;
    info = timer.info;
    tid = timer.tid;
    if (number >= 0) info.fields[0] = signal::pair(number, 0);
  }
  if (number == kCpuLimit) {
    spend_cpu_limit(cpu.now_ns);
    return;
  }
  if (info.signal == 0) return;
  std::shared_ptr<Task> task = tid != 0 ? cage_.find_task(tid) : nullptr;
  if (tid != 0 && task == nullptr) return;
  if (number < 0) {
    static_cast<void>(cage_.signals().send(info));
  } else {
    cage_.signals().send_of_timer(task.get(), info);
  }
}

Timers::Timer& Timers::own_timer(int number) {
  auto [found, made] = timers_.try_emplace(number);
  Timer& timer = found->second;
  if (!made) return timer;
  timer.clock = CLOCK_MONOTONIC;
  switch (number) {
    case -1 - ITIMER_REAL:
      timer.info = signal::plain_info(SIGALRM, SI_KERNEL);
      break;
    case -1 - ITIMER_VIRTUAL:
      timer.info = signal::plain_info(SIGVTALRM, SI_KERNEL);
      timer.cpu_clock = CpuClock{CpuClock::Counts::kUser, 0};
      break;
    case -1 - ITIMER_PROF:
      timer.info = signal::plain_info(SIGPROF, SI_KERNEL);
      timer.cpu_clock = CpuClock{};
      break;
    default:
      timer.cpu_clock = CpuClock{};
  }
  return timer;
}

Result<TimerSetting> Timers::set_interval(int which, const TimerSetting& setting) {
  const int number = -1 - which;
  {
    MutexLock lock(mutex_);
    own_timer(number);
  }
  return set(number, Start::kFromNow, setting);
}

TimerSetting Timers::interval(int which) const { return get(-1 - which).value_or(TimerSetting{}); }

void Timers::watch_cpu_limit() {
  const rlimit limit = cage_.limit(RLIMIT_CPU);
  TimerSetting setting;
  if (limit.rlim_cur != RLIM_INFINITY) {
    setting.value.tv_sec = static_cast<time_t>(std::min<rlim_t>(limit.rlim_cur, INT_MAX));
    // Zero would be no limit.
    if (limit.rlim_cur == 0) setting.value.tv_nsec = 1;
  }
  {
    MutexLock lock(mutex_);
    if (is_zero(setting.value) && !timers_.contains(kCpuLimit)) return;
    own_timer(kCpuLimit);
  }
  static_cast<void>(set(kCpuLimit, Start::kAbsolute, setting));
}

void Timers::spend_cpu_limit(int64_t cpu_now_ns) {
  const auto spent_s = static_cast<rlim_t>(cpu_now_ns / sync::kNanosecondsPerSecond);
  rlimit limit = cage_.limit(RLIMIT_CPU);
  if (spent_s >= limit.rlim_max) {
    cage_.signals().send_from_kernel(SIGKILL);
    return;
  }
  if (spent_s >= limit.rlim_cur) {
    cage_.signals().send_from_kernel(SIGXCPU);
    limit.rlim_cur = std::min(spent_s + kCpuLimitStep_s, limit.rlim_max);
    static_cast<void>(cage_.set_limit(RLIMIT_CPU, limit));
  }
  watch_cpu_limit();
}

Result<int> Timers::create(clockid_t clock, std::optional<CpuClock> cpu_clock,
                           const abi::Siginfo& info, pid_t tid, Value value) {
  const rlim_t most_queued = cage_.limit(RLIMIT_SIGPENDING).rlim_cur;
  MutexLock lock(mutex_);
  if (timers_.size() >= kMostTimers) return Errno(EAGAIN);
  signal::QueuedEntry entry =
      TRY(signal::QueuedEntry::take(cage_.world().queued_signals(), most_queued));
  // Late reuse, as on Linux (posix_timer_add()).
  auto after = [](int number) { return number == INT_MAX ? 0 : number + 1; };
  int number = next_number_;
  while (timers_.contains(number)) number = after(number);
  next_number_ = after(number);
  Timer& timer = timers_[number];
  timer.clock = clock;
  timer.cpu_clock = cpu_clock;
  timer.info = info;
  if (value == Value::kNumber) timer.info.fields[1] = static_cast<uint64_t>(number);
  timer.tid = tid;
  timer.entry = std::move(entry);
  return number;
}

Result<> Timers::start(int number, Timer& timer, Start start, const timespec& value,
                       const CpuReading& cpu) {
  if (timer.cpu_clock) {
    timer.due_ns = sum(to_ns(value), start == Start::kAbsolute ? 0 : cpu.now_ns);
    timer.deadline = sync::Deadline::after(cpu.until_look(timer.due_ns));
  } else if (start == Start::kAbsolute) {
    timer.deadline = sync::Deadline::at(sleeping_clock(timer.clock), value);
  } else {
    timer.deadline = sync::Deadline::after(value);
  }
  // A time that never comes.
  if (!timer.deadline.is_set()) return {};
  return arm(number, timer);
}

Result<TimerSetting> Timers::set(int number, Start start, const TimerSetting& setting) {
  const CpuReading cpu = read_cpu_clock(number);
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end()) return Errno(EINVAL);
  Timer& timer = found->second;
  TimerSetting before = setting_of(timer, cpu);
  disarm(timer);
  // Linux keeps the interval of one that is switched off for setitimer()'s CPU clocks alone.
  const bool keeps_interval = !is_zero(setting.value) || (number < 0 && timer.cpu_clock);
  timer.interval = keeps_interval ? setting.interval : timespec{};
  timer.overrun = 0;
  timer.sent_due_ns.reset();
  if (!is_zero(setting.value)) TRY(this->start(number, timer, start, setting.value, cpu));
  return before;
}

Result<TimerSetting> Timers::get(int number) const {
  const CpuReading cpu = read_cpu_clock(number);
  MutexLock lock(mutex_);
  auto found = timers_.find(number);
  if (found == timers_.end()) return Errno(EINVAL);
  return setting_of(found->second, cpu);
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
  if (found == timers_.end() || number < 0) return Errno(EINVAL);
  disarm(found->second);
  timers_.erase(found);
  return {};
}

void Timers::remove_created() {
  MutexLock lock(mutex_);
  for (auto it = timers_.begin(); it != timers_.end();) {
    if (it->first < 0) {
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
