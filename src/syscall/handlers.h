// SPDX-License-Identifier: Apache-2.0
// Every handler, by family. The signature is the declaration of a call's arguments.
#pragma once

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>

#include <ctime>

#include "abi/clone.h"
#include "abi/rusage.h"
#include "abi/signal.h"
#include "abi/sysinfo.h"
#include "syscall/arg.h"
#include "syscall/handlers_files.h"
#include "syscall/thunk.h"

namespace rawposix::syscall {

using cage::Task;

// sys_process.cc
Leave sys_exit(Task& task, int32_t status);
Leave sys_exit_group(Task& task, int32_t status);
Result<> sys_arch_prctl(Task& task, uint32_t option, GuestAddr address);
Result<int64_t> sys_set_tid_address(Task& task, GuestAddr address);

// sys_clone.cc
Result<int64_t> sys_fork(Task& task);
Result<int64_t> sys_vfork(Task& task);
Result<int64_t> sys_clone(Task& task, uint64_t flags, GuestAddr stack, UserOut<int32_t> parent_tid,
                          UserOut<int32_t> child_tid, GuestAddr thread_pointer);
Result<int64_t> sys_clone3(Task& task, GuestAddr arguments, uint64_t size);

// sys_exec.cc
Result<Replaced> sys_execve(Task& task, UserString path, UserIn<uint64_t> arguments,
                            UserIn<uint64_t> environment);
Result<Replaced> sys_execveat(Task& task, FdNum directory, UserString path,
                              UserIn<uint64_t> arguments, UserIn<uint64_t> environment,
                              uint32_t flags);

// sys_wait.cc
Result<int64_t> sys_wait4(Task& task, int32_t pid, UserOut<int32_t> status, uint32_t options,
                          UserOut<abi::Rusage> usage);
Result<int64_t> sys_waitid(Task& task, int32_t type, int32_t id, GuestAddr info, uint32_t options,
                           UserOut<abi::Rusage> usage);

// sys_group.cc
Result<> sys_setpgid(Task& task, int32_t pid, int32_t group);
Result<int64_t> sys_getpgid(Task& task, int32_t pid);
Result<int64_t> sys_getpgrp(Task& task);
Result<int64_t> sys_setsid(Task& task);
Result<int64_t> sys_getsid(Task& task, int32_t pid);

// sys_signal.cc
Result<> sys_rt_sigaction(Task& task, int32_t number, UserIn<abi::Sigaction> fresh,
                          UserOut<abi::Sigaction> old, uint64_t size);
Result<> sys_rt_sigprocmask(Task& task, int32_t how, UserIn<abi::Sigset> fresh,
                            UserOut<abi::Sigset> old, uint64_t size);
Result<Replaced> sys_rt_sigreturn(Task& task);
Result<> sys_rt_sigpending(Task& task, UserOut<abi::Sigset> pending, uint64_t size);
Result<int64_t> sys_rt_sigtimedwait(Task& task, UserIn<abi::Sigset> wanted,
                                    UserOut<abi::Siginfo> info, UserIn<timespec> timeout,
                                    uint64_t size);
Result<> sys_rt_sigsuspend(Task& task, UserIn<abi::Sigset> mask, uint64_t size);
Result<> sys_pause(Task& task);
Result<> sys_sigaltstack(Task& task, UserIn<abi::SignalStack> fresh, UserOut<abi::SignalStack> old);

// sys_kill.cc
Result<> sys_kill(Task& task, int32_t pid, int32_t number);
Result<> sys_tkill(Task& task, int32_t tid, int32_t number);
Result<> sys_tgkill(Task& task, int32_t group, int32_t tid, int32_t number);
Result<> sys_rt_sigqueueinfo(Task& task, int32_t pid, int32_t number, UserIn<abi::Siginfo> from);
Result<> sys_rt_tgsigqueueinfo(Task& task, int32_t group, int32_t tid, int32_t number,
                               UserIn<abi::Siginfo> from);

// sys_pidfd.cc
Result<int64_t> sys_pidfd_open(Task& task, int32_t pid, uint32_t flags);
Result<> sys_pidfd_send_signal(Task& task, FdNum fd, int32_t number, UserIn<abi::Siginfo> info,
                               uint32_t flags);

// sys_futex.cc
Result<int64_t> sys_futex(Task& task, GuestAddr address, int32_t operation, uint32_t value,
                          GuestAddr timeout, GuestAddr second_address, uint32_t third_value);
Result<> sys_set_robust_list(Task& task, GuestAddr head, uint64_t size);
Result<> sys_get_robust_list(Task& task, int32_t tid, UserOut<uint64_t> head,
                             UserOut<uint64_t> size);
Result<int64_t> sys_membarrier(Task& task, int32_t command, uint32_t flags, int32_t cpu);

// sys_ids.cc
Result<int64_t> sys_getpid(Task& task);
Result<int64_t> sys_gettid(Task& task);
Result<int64_t> sys_getppid(Task& task);
Result<int64_t> sys_getuid(Task& task);
Result<int64_t> sys_geteuid(Task& task);
Result<int64_t> sys_getgid(Task& task);
Result<int64_t> sys_getegid(Task& task);
Result<> sys_getresuid(Task& task, UserOut<uid_t> real, UserOut<uid_t> effective,
                       UserOut<uid_t> saved);
Result<> sys_getresgid(Task& task, UserOut<gid_t> real, UserOut<gid_t> effective,
                       UserOut<gid_t> saved);
Result<> sys_setuid(Task& task, uint32_t id);
Result<> sys_setgid(Task& task, uint32_t id);
Result<> sys_setreuid(Task& task, uint32_t real, uint32_t effective);
Result<> sys_setregid(Task& task, uint32_t real, uint32_t effective);
Result<> sys_setresuid(Task& task, uint32_t real, uint32_t effective, uint32_t saved);
Result<> sys_setresgid(Task& task, uint32_t real, uint32_t effective, uint32_t saved);
Result<int64_t> sys_setfsuid(Task& task, uint32_t id);
Result<int64_t> sys_setfsgid(Task& task, uint32_t id);
Result<> sys_setgroups(Task& task, int32_t size, UserIn<gid_t> groups);
Result<int64_t> sys_getgroups(Task& task, int32_t size, UserOut<gid_t> groups);

// sys_time.cc
Result<int64_t> sys_time(Task& task, UserOut<int64_t> seconds);
Result<> sys_gettimeofday(Task& task, UserOut<timeval> now, UserOut<struct timezone> zone);
Result<> sys_clock_gettime(Task& task, int32_t clock, UserOut<timespec> now);
Result<> sys_settimeofday(Task& task, UserIn<timeval> time, UserIn<struct timezone> zone);
Result<> sys_clock_settime(Task& task, int32_t clock, UserIn<timespec> time);
Result<> sys_clock_getres(Task& task, int32_t clock, UserOut<timespec> resolution);
Result<> sys_nanosleep(Task& task, UserIn<timespec> request, UserOut<timespec> remaining);
Result<> sys_clock_nanosleep(Task& task, int32_t clock, int32_t flags, UserIn<timespec> request,
                             UserOut<timespec> remaining);

// sys_timer.cc
Result<int64_t> sys_alarm(Task& task, uint32_t seconds);
Result<> sys_getitimer(Task& task, int32_t which, UserOut<itimerval> setting);
Result<> sys_setitimer(Task& task, int32_t which, UserIn<itimerval> fresh, UserOut<itimerval> old);
Result<> sys_timer_create(Task& task, int32_t clock, UserIn<abi::Sigevent> event,
                          UserOut<int32_t> number);
Result<> sys_timer_settime(Task& task, int32_t number, int32_t flags, UserIn<itimerspec> fresh,
                           UserOut<itimerspec> old);
Result<> sys_timer_gettime(Task& task, int32_t number, UserOut<itimerspec> setting);
Result<int64_t> sys_timer_getoverrun(Task& task, int32_t number);
Result<> sys_timer_delete(Task& task, int32_t number);

// sys_prctl.cc
Result<int64_t> sys_prctl(Task& task, int32_t option, uint64_t second, uint64_t third,
                          uint64_t fourth, uint64_t fifth);

// sys_info.cc
Result<> sys_uname(Task& task, UserOut<utsname> name);
Result<> sys_sysinfo(Task& task, UserOut<abi::Sysinfo> info);
Result<int64_t> sys_getrandom(Task& task, GuestAddr buffer, uint64_t size, uint32_t flags);
Result<> sys_getcpu(Task& task, UserOut<uint32_t> cpu, UserOut<uint32_t> node);

Result<> sys_sethostname(Task& task, GuestAddr name, int32_t size);
Result<> sys_setdomainname(Task& task, GuestAddr name, int32_t size);
Result<int64_t> sys_personality(Task& task, uint32_t persona);

// sys_capability.cc
Result<> sys_capget(Task& task, GuestAddr header, GuestAddr data);
Result<> sys_capset(Task& task, GuestAddr header, GuestAddr data);

// sys_sched.cc
Result<int64_t> sys_sched_get_priority_max(Task& task, int32_t policy);
Result<int64_t> sys_sched_get_priority_min(Task& task, int32_t policy);
Result<int64_t> sys_sched_getscheduler(Task& task, int32_t tid);
Result<> sys_sched_setscheduler(Task& task, int32_t tid, int32_t policy, UserIn<int32_t> priority);
Result<> sys_sched_getparam(Task& task, int32_t tid, UserOut<int32_t> priority);
Result<> sys_sched_setparam(Task& task, int32_t tid, UserIn<int32_t> priority);
Result<> sys_sched_setattr(Task& task, int32_t tid, GuestAddr attributes, uint32_t flags);
Result<> sys_sched_getattr(Task& task, int32_t tid, GuestAddr attributes, uint32_t size,
                           uint32_t flags);
Result<> sys_sched_rr_get_interval(Task& task, int32_t tid, UserOut<timespec> interval);
Result<> sys_sched_setaffinity(Task& task, int32_t tid, uint32_t size, GuestAddr mask);
Result<int64_t> sys_sched_getaffinity(Task& task, int32_t tid, uint32_t size, GuestAddr mask);
Result<int64_t> sys_getpriority(Task& task, int32_t which, int32_t who);
Result<> sys_setpriority(Task& task, int32_t which, int32_t who, int32_t nice);

// sys_usage.cc
Result<> sys_getrusage(Task& task, int32_t who, UserOut<abi::Rusage> usage);
Result<int64_t> sys_times(Task& task, GuestAddr times);
Result<> sys_sched_yield(Task& task);

// sys_limits.cc
Result<> sys_getrlimit(Task& task, uint32_t resource, UserOut<rlimit> limit);
Result<> sys_setrlimit(Task& task, uint32_t resource, UserIn<rlimit> limit);
Result<> sys_prlimit64(Task& task, int32_t pid, uint32_t resource, UserIn<rlimit> fresh,
                       UserOut<rlimit> old);

// sys_mem.cc
Result<int64_t> sys_mmap(Task& task, GuestAddr address, uint64_t size, uint32_t protection,
                         uint32_t flags, FdNum fd, uint64_t offset);
Result<> sys_munmap(Task& task, GuestAddr address, uint64_t size);
Result<> sys_mprotect(Task& task, GuestAddr address, uint64_t size, uint32_t protection);
Result<int64_t> sys_mremap(Task& task, GuestAddr old_address, uint64_t old_size, uint64_t new_size,
                           uint32_t flags, GuestAddr new_address);
Result<int64_t> sys_brk(Task& task, GuestAddr wanted);
Result<> sys_madvise(Task& task, GuestAddr address, uint64_t size, int32_t advice);
Result<> sys_msync(Task& task, GuestAddr address, uint64_t size, int32_t flags);
Result<> sys_mincore(Task& task, GuestAddr address, uint64_t size, GuestAddr states);
Result<> sys_mlock(Task& task, GuestAddr address, uint64_t size);
Result<> sys_mlock2(Task& task, GuestAddr address, uint64_t size, int32_t flags);
Result<> sys_munlock(Task& task, GuestAddr address, uint64_t size);
Result<> sys_mlockall(Task& task, int32_t flags);
Result<> sys_munlockall(Task& task);

}  // namespace rawposix::syscall
