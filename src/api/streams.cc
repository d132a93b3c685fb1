// SPDX-License-Identifier: Apache-2.0
#include "api/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "fs/mem_file.h"
#include "host/file.h"
#include "sfi/layout.h"
#include "support/unique_fd.h"

namespace rawposix::api {
namespace {

// An empty reference means: closed.
using Opened = Result<fs::FileRef, Error>;

Error failed(int number, const char* what, Errno reason) {
  static constexpr const char* kNames[] = {"standard input", "standard output", "standard error"};
  return {ErrorKind::kHost, reason.number(),
          std::string(kNames[number]) + ": " + what + ": " + reason.message()};
}

Opened or_failed(Result<fs::FileRef> file, int number) {
  if (!file.ok()) return failed(number, "can't be used", file.error());
  return std::move(file).value();
}

Opened open_null(int number, fs::Namespace& space) {
  Result<UniqueFd> null = host::open_outside("/dev/null", number == 0 ? O_RDONLY : O_WRONLY);
  if (!null.ok()) return failed(number, "/dev/null", null.error());
  return or_failed(space.adopt_stream(null.value().get()), number);
}

// A file in memory that gets no larger than `size`, in whole pages.
Result<std::shared_ptr<fs::MemFile>> make_file(mode_t mode, uint64_t size, fs::Namespace& space) {
  const uint64_t pages = sfi::pages_of(size);
  return space.create_unnamed(mode, std::make_shared<Quota>(pages));
}

Result<fs::FileRef> open_text(std::string text, fs::Namespace& space) {
  std::shared_ptr<fs::MemFile> file = TRY(make_file(0400, text.size(), space));
  for (size_t done = 0; done < text.size();) {
    iovec rest{text.data() + done, text.size() - done};
    done += TRY(file->content().write({&rest, 1}, done));
  }
  return file->open_as_maker(O_RDONLY);
}

// Where it leads to something of this process's: the descriptor.
int descriptor_of(const Stream& stream, int number) {
  return stream.kind() == Stream::Kind::kInherit ? number : stream.fd();
}

std::array<const Stream*, 3> in_order(const CageOptions& options) {
  return {&options.standard_input, &options.standard_output, &options.standard_error};
}

Opened open_one(const Stream& stream, int number, uint64_t capture_limit, fs::Namespace& space,
                std::shared_ptr<fs::MemFile>& captured) {
  switch (stream.kind()) {
    case Stream::Kind::kInherit:
    case Stream::Kind::kDescriptor: {
      Result<fs::FileRef> file = space.adopt_stream(descriptor_of(stream, number));
      const bool closed = !file.ok() && file.error() == Errno(EBADF);
      if (closed && stream.kind() == Stream::Kind::kInherit) return fs::FileRef();
      return or_failed(std::move(file), number);
    }
    case Stream::Kind::kNull:
      return open_null(number, space);
    case Stream::Kind::kText: {
      Result<fs::FileRef> text = open_text(stream.content(), space);
      if (!text.ok()) return failed(number, "no memory for its text", text.error());
      return std::move(text).value();
    }
    case Stream::Kind::kCapture:
      break;
  }
  Result<std::shared_ptr<fs::MemFile>> file = make_file(0600, capture_limit, space);
  if (!file.ok()) return failed(number, "can't be captured", file.error());
  captured = std::move(file).value();
  return captured->open_as_maker(O_RDWR);
}

}  // namespace

std::vector<int> Streams::host_descriptors(const CageOptions& options) {
  std::vector<int> descriptors;
  const std::array streams = in_order(options);
  for (int number = 0; number < 3; number++) {
    const Stream& stream = *streams[static_cast<size_t>(number)];
    const bool hands_over =
        stream.kind() == Stream::Kind::kInherit || stream.kind() == Stream::Kind::kDescriptor;
    if (hands_over) descriptors.push_back(descriptor_of(stream, number));
  }
  return descriptors;
}

Result<void, Error> Streams::open(const CageOptions& options, fs::Namespace& space,
                                  fs::FdTable& fds) {
  Captured unused;
  const std::array streams = in_order(options);
  Captured* captured[] = {&unused, &output_, &error_};
  for (int number = 0; number < 3; number++) {
    fs::FileRef file = TRY(open_one(*streams[static_cast<size_t>(number)], number,
                                    options.capture_limit, space, *captured[number]));
    if (!file) continue;
    CHECK(fds.replace(number, std::move(file), UINT32_MAX, fs::CloseOnExec::kNo).ok());
  }
  return {};
}

std::string Streams::content(const Captured& file) {
  std::string text;
  if (file == nullptr) return text;
  text.resize(file->content().size());
  iovec to{text.data(), text.size()};
  text.resize(file->content().read({&to, 1}, 0).value_or(0));
  return text;
}

}  // namespace rawposix::api
