// SPDX-License-Identifier: Apache-2.0
#include "api/streams.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "host/file.h"

namespace rawposix::api {
namespace {

Error failed(int number, const char* what) {
  static constexpr const char* kNames[] = {"standard input", "standard output", "standard error"};
  int reason = errno;
  return {ErrorKind::kHost, reason,
          std::string(kNames[number]) + ": " + what + ": " + Errno(reason).message()};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

Result<UniqueFd, Error> open_text(const std::string& text, int number) {
  UniqueFd file(memfd_create("rawposix-stream", MFD_CLOEXEC));
  if (!file.valid() || !write_all(file.get(), text) || lseek(file.get(), 0, SEEK_SET) != 0) {
    return failed(number, "no memory for its text");
  }
  return file;
}

}  // namespace

// An invalid descriptor without an error means: closed.
Result<UniqueFd, Error> Streams::open_one(const Stream& stream, int number, UniqueFd& captured) {
  switch (stream.kind()) {
    case Stream::Kind::kInherit:
      return UniqueFd(fcntl(number, F_DUPFD_CLOEXEC, 3));
    case Stream::Kind::kDescriptor: {
      UniqueFd copy(fcntl(stream.fd(), F_DUPFD_CLOEXEC, 3));
      if (!copy.valid()) return failed(number, "descriptor can't be duplicated");
      return copy;
    }
    case Stream::Kind::kNull: {
      UniqueFd null(::open("/dev/null", (number == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
      if (!null.valid()) return failed(number, "/dev/null");
      return null;
    }
    case Stream::Kind::kText:
      return open_text(stream.content(), number);
    case Stream::Kind::kCapture:
      break;
  }
  captured = UniqueFd(memfd_create("rawposix-stream", MFD_CLOEXEC));
  UniqueFd copy(captured.valid() ? fcntl(captured.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!copy.valid()) return failed(number, "can't be captured");
  return copy;
}

Result<void, Error> Streams::open(const CageOptions& options, fs::Namespace& space,
                                  fs::FdTable& fds) {
  UniqueFd unused;
  const Stream* streams[] = {&options.standard_input, &options.standard_output,
                             &options.standard_error};
  UniqueFd* captured[] = {&unused, &output_, &error_};
  for (int number = 0; number < 3; number++) {
    UniqueFd host = TRY(open_one(*streams[number], number, *captured[number]));
    if (!host.valid()) continue;
    Result<fs::FileRef> file = space.adopt_stream(host.get());
    if (!file.ok()) {
      errno = file.error().number();
      return failed(number, "can't be used");
    }
    Result<> placed =
        fds.replace(number, std::move(file).value(), UINT32_MAX, fs::CloseOnExec::kNo);
    CHECK(placed.ok());
  }
  return {};
}

std::string Streams::content(const UniqueFd& file) {
  std::string text;
  if (!file.valid()) return text;
  off_t size = lseek(file.get(), 0, SEEK_END);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  ssize_t count = pread(file.get(), text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return text;
}

}  // namespace rawposix::api
