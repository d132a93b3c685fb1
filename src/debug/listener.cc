// SPDX-License-Identifier: Apache-2.0
#include "debug/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "host/file.h"

namespace rawposix::debug {
namespace {

std::string failed(const std::string& address) { return address + ": " + Errno::last().message(); }

// SAFETY: the socket calls take every kind of address as a sockaddr.
template <class Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);  // lint: raw
}

}  // namespace

Result<Listener, std::string> Listener::open(const std::string& address) {
  if (address.find('/') != std::string::npos) return open_path(address);
  size_t colon = address.find(':');
  std::string_view host = std::string_view(address).substr(0, colon);
  std::string_view digits;
  if (colon != std::string::npos) digits = std::string_view(address).substr(colon + 1);
  uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  auto [stop, problem] = std::from_chars(digits.data(), end, port);
  bool local = host.empty() || host == "localhost" || host == "127.0.0.1";
  if (digits.empty() || problem != std::errc() || stop != end || !local) {
    return address + ": give :PORT (of this machine alone) or the path of a socket";
  }
  return open_port(address, port);
}

Result<Listener, std::string> Listener::open_port(const std::string& address, uint16_t port) {
  Result<UniqueFd> made = host::own(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made.ok()) return failed(address);
  UniqueFd socket = std::move(made).value();
  int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  if (bind(socket.get(), generic(name), size) != 0 || listen(socket.get(), 1) != 0 ||
      getsockname(socket.get(), generic(name), &size) != 0) {
    return failed(address);
  }
  return Listener(std::move(socket), "127.0.0.1:" + std::to_string(ntohs(name.sin_port)), {});
}

Result<Listener, std::string> Listener::open_path(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return path + ": too long for a socket";
  std::memcpy(name.sun_path, path.data(), path.size());
  Result<UniqueFd> made = host::own(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made.ok()) return failed(path);
  UniqueFd socket = std::move(made).value();
  if (bind(socket.get(), generic(name), sizeof name) != 0) return failed(path);
  // Nobody can connect before listen().
  Listener listener(std::move(socket), path, path);
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || listen(listener.socket_.get(), 1) != 0) {
    return failed(path);
  }
  return listener;
}

Listener::~Listener() { remove(); }

void Listener::remove() {
  if (socket_.valid() && !path_.empty()) unlink(path_.c_str());
  socket_.reset();
}

UniqueFd Listener::accept() {
  Result<UniqueFd> accepted = Errno(EINTR);
  while (!accepted.ok() && accepted.error() == Errno(EINTR)) {
    accepted = host::own(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  UniqueFd connection = accepted.ok() ? std::move(accepted).value() : UniqueFd();
  int on = 1;
  // Packets are small and answered one by one; fails on Unix sockets, which don't need it.
  if (connection.valid()) setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  remove();
  return connection;
}

}  // namespace rawposix::debug
