// SPDX-License-Identifier: Apache-2.0
// Where gdb connects to.
#pragma once

#include <string>

#include "support/result.h"
#include "support/unique_fd.h"

namespace rawposix::debug {

class Listener {
 public:
  // ":PORT", "localhost:PORT" or "127.0.0.1:PORT" is a TCP port of the loopback interface (0: any);
  // what contains a '/' is the path of a Unix socket, which only this user may use.
  static Result<Listener, std::string> open(const std::string& address);
  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  // What gdb's `target remote` takes.
  const std::string& address() const { return address_; }
  // Waits for one connection; there is no second. Invalid if there can't be one.
  UniqueFd accept();

 private:
  Listener(UniqueFd socket, std::string address, std::string path)
      : socket_(std::move(socket)), address_(std::move(address)), path_(std::move(path)) {}
  void remove();

  static Result<Listener, std::string> open_port(const std::string& address, uint16_t port);
  static Result<Listener, std::string> open_path(const std::string& path);

  UniqueFd socket_;
  std::string address_;
  std::string path_;  // to be removed in the end; empty: none
};

}  // namespace rawposix::debug
