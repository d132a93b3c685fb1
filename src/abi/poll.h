// SPDX-License-Identifier: Apache-2.0
// poll(2), select(2), epoll(7).
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>

namespace rawposix::abi {

using Pollfd = struct ::pollfd;

// fd_set is an array of words of this size; select(2) reads only as many as `nfds` needs.
using FdSetWord = uint64_t;
inline constexpr unsigned kFdSetWordBits = 64;

// The sixth argument of pselect6(2).
struct SigsetArgument {
  uint64_t address;
  uint64_t size;
};

struct __attribute__((packed)) EpollEvent {
  uint32_t events;
  uint64_t data;
};

}  // namespace rawposix::abi
