// SPDX-License-Identifier: Apache-2.0
// Every handler, by family. The signature is the declaration of a call's arguments.
#pragma once

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>

#include <ctime>

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
Result<int64_t> sys_getgroups(Task& task, int32_t size, UserOut<gid_t> groups);

// sys_time.cc
Result<int64_t> sys_time(Task& task, UserOut<int64_t> seconds);
Result<> sys_gettimeofday(Task& task, UserOut<timeval> now, UserOut<struct timezone> zone);
Result<> sys_clock_gettime(Task& task, int32_t clock, UserOut<timespec> now);
Result<> sys_clock_getres(Task& task, int32_t clock, UserOut<timespec> resolution);
Result<> sys_nanosleep(Task& task, UserIn<timespec> request, UserOut<timespec> remaining);
Result<> sys_clock_nanosleep(Task& task, int32_t clock, int32_t flags, UserIn<timespec> request,
                             UserOut<timespec> remaining);

// sys_info.cc
Result<> sys_uname(Task& task, UserOut<utsname> name);
Result<> sys_sysinfo(Task& task, GuestAddr info);
Result<int64_t> sys_getrandom(Task& task, GuestAddr buffer, uint64_t size, uint32_t flags);
Result<> sys_getcpu(Task& task, UserOut<uint32_t> cpu, UserOut<uint32_t> node);

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
