// SPDX-License-Identifier: Apache-2.0
// The line to gdb: packets in both directions over a stream socket. Whatever comes is limited in
// size and checked; a peer that goes away is reported, never waited for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "support/unique_fd.h"

namespace rawposix::debug {

// The largest packet in either direction, as told to gdb.
inline constexpr size_t kPacketSize = 0x4000;

class Connection {
 public:
  enum class Input : uint8_t {
    kPacket,
    kInterrupt,  // ^C
    kGone,
  };

  explicit Connection(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  // Waits for what comes next. `packet` is without its frame.
  Input receive(std::string& packet);
  // Whether receive() would find something at once.
  bool has_input() const;
  void send(std::string_view packet);
  // From now on neither side confirms packets (QStartNoAckMode).
  void stop_confirming() { confirming_ = false; }
  void close() { socket_.reset(); }
  bool closed() const { return !socket_.valid(); }

 private:
  // The next byte, -1 at the end.
  int next();
  bool receive_frame(std::string& packet);
  void write(std::string_view bytes);

  UniqueFd socket_;
  std::string buffer_;
  size_t used_ = 0;  // of buffer_
  std::string last_sent_;
  bool confirming_ = true;
};

}  // namespace rawposix::debug
