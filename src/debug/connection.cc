// SPDX-License-Identifier: Apache-2.0
#include "debug/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <numeric>

#include "debug/hex.h"

namespace rawposix::debug {
namespace {

constexpr char kInterruptByte = 0x03;

uint8_t checksum(std::string_view text) {
  return std::accumulate(text.begin(), text.end(), uint8_t{0}, [](uint8_t sum, char c) {
    return static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
  });
}

std::string frame(std::string_view packet) {
  std::byte sum{checksum(packet)};
  return "$" + std::string(packet) + "#" + to_hex(std::span(&sum, 1));
}

}  // namespace

int Connection::next() {
  while (used_ == buffer_.size()) {
    if (!socket_.valid()) return -1;
    std::array<char, 4096> bytes;
    ssize_t count = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      close();
      return -1;
    }
    buffer_.assign(bytes.data(), static_cast<size_t>(count));
    used_ = 0;
  }
  return static_cast<uint8_t>(buffer_[used_++]);
}

// After a '$'. False if the packet is damaged, or too large.
bool Connection::receive_frame(std::string& packet) {
  packet.clear();
  bool fits = true;
  for (int c = next(); c != '#'; c = next()) {
    if (c < 0) return false;
    if (c == '$') packet.clear();  // the one before was cut off
    fits = fits && packet.size() < kPacketSize;
    if (fits && c != '$') packet += static_cast<char>(c);
  }
  std::array<char, 2> digits{};
  for (char& digit : digits) digit = static_cast<char>(next());
  std::byte sum{};
  Reader reader(std::string_view(digits.data(), digits.size()));
  return reader.bytes(std::span(&sum, 1)) && fits &&
         (!confirming_ || std::to_integer<uint8_t>(sum) == checksum(packet));
}

Connection::Input Connection::receive(std::string& packet) {
  for (int c = next(); c >= 0; c = next()) {
    if (c == kInterruptByte) return Input::kInterrupt;
    if (c == '-' && confirming_) write(last_sent_);
    if (c != '$') continue;
    bool good = receive_frame(packet);
    if (confirming_) write(good ? "+" : "-");
    if (good) return Input::kPacket;
  }
  return Input::kGone;
}

bool Connection::has_input() const {
  if (used_ != buffer_.size()) return true;
  pollfd entry{socket_.get(), POLLIN, 0};
  return socket_.valid() && poll(&entry, 1, 0) > 0;
}

void Connection::send(std::string_view packet) {
  last_sent_ = frame(packet);
  write(last_sent_);
}

void Connection::write(std::string_view bytes) {
  while (!bytes.empty() && socket_.valid()) {
    ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return close();
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace rawposix::debug
