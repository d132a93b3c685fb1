// SPDX-License-Identifier: Apache-2.0
// Compares every twin with the host's structure, and that nothing here has unnamed padding.
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <utime.h>

#include <csignal>
#include <cstddef>
#include <ctime>
#include <type_traits>

#include "abi/dirent.h"
#include "abi/fcntl.h"
#include "abi/poll.h"
#include "abi/rusage.h"
#include "abi/signal.h"
#include "abi/stat.h"
#include "abi/sysinfo.h"
#include "abi/termios.h"
#include "abi/uio.h"

namespace rawposix::abi {
namespace {

// Both names are functions too.
using HostFlock = struct ::flock;
using HostSysinfo = struct ::sysinfo;

template <class T>
constexpr bool kClean =
    std::is_trivially_copyable_v<T>&& std::has_unique_object_representations_v<T>;

#define SAME_SIZE(twin, host) static_assert(kClean<twin> && sizeof(twin) == sizeof(host))
#define SAME_FIELD(twin, field, host, host_field)                      \
  static_assert(offsetof(twin, field) == offsetof(host, host_field) && \
                sizeof(twin::field) == sizeof(host::host_field))

SAME_SIZE(Flock, HostFlock);
SAME_FIELD(Flock, type, HostFlock, l_type);
SAME_FIELD(Flock, whence, HostFlock, l_whence);
SAME_FIELD(Flock, start, HostFlock, l_start);
SAME_FIELD(Flock, length, HostFlock, l_len);
SAME_FIELD(Flock, pid, HostFlock, l_pid);
SAME_SIZE(FileOwner, f_owner_ex);

static_assert(kClean<DirentHeader> && sizeof(DirentHeader) == kDirentNameOffset);
static_assert(offsetof(dirent64, d_name) == kDirentNameOffset);
static_assert(kClean<OldDirentHeader> && sizeof(OldDirentHeader) == kOldDirentNameOffset);

static_assert(kClean<Stat> && sizeof(Stat) == 144);
static_assert(kClean<Statx> && sizeof(Statx) == 256);
static_assert(kClean<Statfs> && sizeof(Statfs) == 120);

static_assert(kClean<Termios> && sizeof(Termios) == 36);
static_assert(kClean<Termios2> && sizeof(Termios2) == 44);

SAME_SIZE(Iovec, ::iovec);
SAME_FIELD(Iovec, base, ::iovec, iov_base);
SAME_FIELD(Iovec, length, ::iovec, iov_len);
SAME_SIZE(Msghdr, ::msghdr);
SAME_FIELD(Msghdr, name_length, ::msghdr, msg_namelen);
SAME_FIELD(Msghdr, vectors, ::msghdr, msg_iov);  // NOLINT: pointers they are
SAME_FIELD(Msghdr, control, ::msghdr, msg_control);
SAME_FIELD(Msghdr, flags, ::msghdr, msg_flags);

SAME_SIZE(EpollEvent, ::epoll_event);
SAME_FIELD(EpollEvent, data, ::epoll_event, data);
static_assert(kClean<Pollfd> && sizeof(Pollfd) == 8);
static_assert(sizeof(fd_set) % sizeof(FdSetWord) == 0);

// musl's has spare room at its end.
static_assert(kClean<Sysinfo> && sizeof(Sysinfo) == 112 && sizeof(Sysinfo) <= sizeof(HostSysinfo));
SAME_FIELD(Sysinfo, loads, HostSysinfo, loads);
SAME_FIELD(Sysinfo, total_ram, HostSysinfo, totalram);
SAME_FIELD(Sysinfo, free_swap, HostSysinfo, freeswap);
SAME_FIELD(Sysinfo, processes, HostSysinfo, procs);
SAME_FIELD(Sysinfo, total_high, HostSysinfo, totalhigh);
SAME_FIELD(Sysinfo, unit_bytes, HostSysinfo, mem_unit);

static_assert(kClean<Sigaction> && sizeof(Sigaction) == 32);
SAME_SIZE(SignalStack, ::stack_t);
SAME_FIELD(SignalStack, flags, ::stack_t, ss_flags);
SAME_FIELD(SignalStack, size, ::stack_t, ss_size);
SAME_SIZE(Siginfo, ::siginfo_t);
SAME_FIELD(Siginfo, code, ::siginfo_t, si_code);
static_assert(offsetof(Siginfo, fields) == offsetof(::siginfo_t, si_addr));
SAME_SIZE(SignalfdSiginfo, ::signalfd_siginfo);
SAME_FIELD(SignalfdSiginfo, integer, ::signalfd_siginfo, ssi_int);
SAME_FIELD(SignalfdSiginfo, address, ::signalfd_siginfo, ssi_addr);
SAME_FIELD(SignalfdSiginfo, architecture, ::signalfd_siginfo, ssi_arch);

static_assert(kClean<Rusage> && sizeof(Rusage) == 144 && sizeof(Rusage) <= sizeof(::rusage));
SAME_FIELD(Rusage, most_resident_kib, ::rusage, ru_maxrss);
SAME_FIELD(Rusage, blocks_in, ::rusage, ru_inblock);
SAME_FIELD(Rusage, involuntary_switches, ::rusage, ru_nivcsw);

// Used as they are.
static_assert(kClean<timespec> && sizeof(timespec) == 16);
static_assert(kClean<timeval> && sizeof(timeval) == 16);
static_assert(kClean<utimbuf> && sizeof(utimbuf) == 16);
static_assert(kClean<utsname> && sizeof(utsname) == 390);
static_assert(kClean<itimerspec> && sizeof(itimerspec) == 32);
static_assert(kClean<itimerval> && sizeof(itimerval) == 32);
static_assert(kClean<tms> && sizeof(tms) == 32);
static_assert(kClean<rlimit> && sizeof(rlimit) == 16);

}  // namespace
}  // namespace rawposix::abi
