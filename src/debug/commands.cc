// SPDX-License-Identifier: Apache-2.0
#include "debug/commands.h"

#include <algorithm>
#include <array>
#include <vector>

#include "debug/registers.h"
#include "debug/signals.h"

namespace rawposix::debug {
namespace {

constexpr std::string_view kDone = "OK";
constexpr std::string_view kBadRequest = "E16";  // EINVAL, in hexadecimal as all of them
constexpr std::string_view kBadAddress = "E0e";  // EFAULT

// Types of the packets Z and z.
constexpr uint64_t kSoftwareBreakpoint = 0;
constexpr uint64_t kWriteWatchpoint = 2;

constexpr std::string_view kFeatures =
    "PacketSize=4000;qXfer:features:read+;QStartNoAckMode+;swbreak+;vContSupported+";
static_assert(kPacketSize == 0x4000);

std::string error(std::string_view text) { return std::string(text); }

std::string two_digits(int number) {
  std::byte byte{static_cast<uint8_t>(number)};
  return to_hex(std::span(&byte, 1));
}

// A part of `content` as qXfer answers it: "OFFSET,LENGTH" is asked for.
std::string transfer(std::string_view content, Reader reader) {
  uint64_t offset = reader.number();
  reader.expect(",");
  uint64_t length = reader.number();
  if (!reader.finished()) return error(kBadRequest);
  if (offset >= content.size()) return "l";
  // Escaping may double it.
  std::string_view part = content.substr(offset, std::min<uint64_t>(length, kPacketSize / 2 - 1));
  return (offset + part.size() < content.size() ? "m" : "l") + escape_binary(part);
}

}  // namespace

std::string Commands::thread_id() const { return to_hex(static_cast<uint64_t>(task_.tid())); }

std::string Commands::stop_text() const {
  std::string text = "T" + two_digits(to_gdb_signal(stop_.signal));
  for (unsigned number : {kRbp, kRsp, kRip}) {
    std::array<std::byte, 8> value;
    read_register(task_.context(), number, value);
    text += two_digits(static_cast<int>(number)) + ":" + to_hex(value) + ";";
  }
  if (stop_.cause == Stop::Cause::kBreakpoint) text += "swbreak:;";
  if (stop_.cause == Stop::Cause::kWatchpoint) text += "watch:" + to_hex(stop_.watched) + ";";
  return text + "thread:" + thread_id() + ";";
}

void Commands::announce(const Stop& stop) {
  stop_ = stop;
  connection_.send(stop_text());
}

void Commands::announce_end(const cage::ExitStatus& status) {
  connection_.send(status.signal != 0 ? "X" + two_digits(to_gdb_signal(status.signal))
                                      : "W" + two_digits(status.code));
}

Resume Commands::serve(const Stop& stop) {
  stop_ = stop;
  for (std::string packet;;) {
    switch (connection_.receive(packet)) {
      case Connection::Input::kInterrupt:  // it is stopped
        continue;
      case Connection::Input::kGone:
        return {Resume::Action::kDetach, 0};
      case Connection::Input::kPacket:
        break;
    }
    Answer answered = answer(packet);
    bool answers = !answered.resume || answered.resume->action == Resume::Action::kDetach ||
                   !answered.text.empty();
    if (answers) connection_.send(answered.text);
    if (answered.resume) return *answered.resume;
    if (packet == "QStartNoAckMode") connection_.stop_confirming();
  }
}

Commands::Answer Commands::answer(std::string_view packet) {
  if (packet.empty()) return {};
  Reader reader(packet.substr(1));
  switch (packet[0]) {
    case '?':
      return {stop_text(), {}};
    case 'g':
      return {read_registers(), {}};
    case 'G':
      return {write_registers(reader), {}};
    case 'p':
      return {read_one_register(reader), {}};
    case 'P':
      return {write_one_register(reader), {}};
    case 'm':
      return {read_memory(reader), {}};
    case 'M':
      return {write_memory(reader, Encoding::kHex), {}};
    case 'X':
      return {write_memory(reader, Encoding::kBinary), {}};
    case 'Z':
      return {change_breakpoint(reader, Change::kInsert), {}};
    case 'z':
      return {change_breakpoint(reader, Change::kRemove), {}};
    case 'c':
    case 'C':
    case 's':
    case 'S':
      return answer_resume(packet[0], reader);
    case 'D':
      return {"OK", Resume{Resume::Action::kDetach, 0}};
    case 'k':
      return {{}, Resume{Resume::Action::kKill, 0}};
    case 'H':  // there is but one thread to choose
    case 'T':
      return {"OK", {}};
    case 'q':
    case 'Q':
      return answer_query(reader);
    case 'v':
      return answer_verbose(reader);
    default:
      return {};
  }
}

// c, s: [ADDRESS]; C, S: SIGNAL[;ADDRESS]
Commands::Answer Commands::answer_resume(char command, Reader reader) {
  Resume resume;
  bool steps = command == 's' || command == 'S';
  resume.action = steps ? Resume::Action::kStep : Resume::Action::kContinue;
  if (command == 'C' || command == 'S') {
    resume.signal = from_gdb_signal(static_cast<int>(reader.number() & 0xff));
    if (!reader.at_end()) reader.expect(";");
  }
  uint64_t address = reader.at_end() ? task_.context().regs.rip : reader.number();
  if (!reader.finished() || !may_resume_at(task_.context(), address)) {
    return {error(kBadRequest), {}};
  }
  task_.context().regs.rip = address;
  return {{}, resume};
}

Commands::Answer Commands::answer_query(Reader reader) {
  if (reader.accept("Supported")) return {std::string(kFeatures), {}};
  if (reader.accept("StartNoAckMode")) return {std::string(kDone), {}};
  if (reader.accept("Xfer:features:read:target.xml:")) {
    return {transfer(target_description(), reader), {}};
  }
  if (reader.accept("fThreadInfo")) return {"m" + thread_id(), {}};
  if (reader.accept("sThreadInfo")) return {"l", {}};
  if (reader.accept("ThreadExtraInfo,")) return {to_hex(task_.cage().name()), {}};
  if (reader.accept("Attached")) return {"0", {}};  // quitting gdb ends the program
  if (reader.rest() == "C") return {"QC" + thread_id(), {}};
  return {};
}

Commands::Answer Commands::answer_verbose(Reader reader) {
  if (reader.accept("Cont?")) return {"vCont;c;C;s;S", {}};
  if (reader.accept("Kill")) return {std::string(kDone), Resume{Resume::Action::kKill, 0}};
  if (!reader.accept("Cont;") || reader.at_end()) return {};
  // ACTION[:THREAD][;...]: with one thread, the first that names it or none counts.
  std::string_view action = reader.rest().substr(0, reader.rest().find_first_of(":;"));
  if (action.empty() || std::string_view("cCsS").find(action[0]) == std::string_view::npos) {
    return {error(kBadRequest), {}};
  }
  return answer_resume(action[0], Reader(action.substr(1)));
}

std::string Commands::read_registers() const {
  std::string text;
  for (unsigned number = 0; number < register_count(); number++) {
    std::array<std::byte, 16> value;
    auto bytes = std::span(value).first(register_size(number));
    read_register(task_.context(), number, bytes);
    text += to_hex(bytes);
  }
  return text;
}

std::string Commands::write_registers(Reader reader) {
  bool good = true;
  for (unsigned number = 0; number < register_count(); number++) {
    std::array<std::byte, 16> value;
    auto bytes = std::span(value).first(register_size(number));
    if (!reader.bytes(bytes)) return error(kBadRequest);
    good = write_register(task_.context(), number, bytes) && good;
  }
  return error(good ? kDone : kBadRequest);
}

std::string Commands::read_one_register(Reader reader) const {
  uint64_t number = reader.number();
  if (!reader.finished() || number >= register_count()) return error(kBadRequest);
  std::array<std::byte, 16> value;
  auto bytes = std::span(value).first(register_size(static_cast<unsigned>(number)));
  read_register(task_.context(), static_cast<unsigned>(number), bytes);
  return to_hex(bytes);
}

std::string Commands::write_one_register(Reader reader) {
  uint64_t number = reader.number();
  reader.expect("=");
  std::vector<std::byte> value = reader.bytes();
  if (!reader.finished() || number >= register_count() ||
      value.size() != register_size(static_cast<unsigned>(number)) ||
      !write_register(task_.context(), static_cast<unsigned>(number), value)) {
    return error(kBadRequest);
  }
  return error(kDone);
}

std::string Commands::read_memory(Reader reader) const {
  uint64_t address = reader.number();
  reader.expect(",");
  uint64_t length = reader.number();
  if (!reader.finished()) return error(kBadRequest);
  std::array<std::byte, kPacketSize / 2> buffer;
  auto bytes = std::span(buffer).first(std::min<uint64_t>(length, buffer.size()));
  // As much as there is: gdb takes less than it asked for.
  size_t done = 0;
  while (done < bytes.size()) {
    uint64_t in_page = sfi::kPageSize - (address + done) % sfi::kPageSize;
    size_t size = std::min<uint64_t>(in_page, bytes.size() - done);
    auto copied = task_.memory().copy_in(&bytes[done], mm::GuestAddr{address + done}, size);
    if (!copied.ok()) break;
    done += size;
  }
  if (done == 0 && length != 0) return error(kBadAddress);
  bytes = bytes.first(done);
  breakpoints_.hide(address, bytes);
  return to_hex(bytes);
}

std::string Commands::write_memory(Reader reader, Encoding encoding) {
  uint64_t address = reader.number();
  reader.expect(",");
  uint64_t length = reader.number();
  reader.expect(":");
  auto bytes = encoding == Encoding::kHex ? reader.bytes() : reader.binary();
  if (!reader.finished() || bytes.size() != length) return error(kBadRequest);
  auto copied = task_.memory().copy_out(mm::GuestAddr{address}, bytes.data(), bytes.size());
  return error(copied.ok() ? kDone : kBadAddress);
}

// TYPE,ADDRESS,KIND[;CONDITIONS...], where KIND is the size of a watchpoint.
std::string Commands::change_breakpoint(Reader reader, Change change) {
  uint64_t type = reader.number();
  reader.expect(",");
  uint64_t address = reader.number();
  reader.expect(",");
  uint64_t kind = reader.number();
  if (!reader.good()) return error(kBadRequest);
  if (type != kSoftwareBreakpoint && type != kWriteWatchpoint) return {};
  auto changed = change_point(type, address, kind, change);
  if (changed.ok()) return error(kDone);
  return error(changed.error() == Errno(EFAULT) ? kBadAddress : kBadRequest);
}

Result<> Commands::change_point(uint64_t type, uint64_t address, uint64_t size, Change change) {
  if (type == kSoftwareBreakpoint) {
    return change == Change::kInsert ? breakpoints_.insert(address) : breakpoints_.remove(address);
  }
  if (change == Change::kInsert) return watchpoints_.insert(address, size);
  watchpoints_.remove(address, size);
  return {};
}

}  // namespace rawposix::debug
