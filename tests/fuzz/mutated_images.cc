// SPDX-License-Identifier: Apache-2.0
// mutated_images ROUNDS FIRST IMAGE...
// Changes the code of good images and runs in a cage what the verifier still accepts. The runtime
// ends this process when an access leaves its slot (sfi/fault.cc); a change of the host's registers
// or memory shows as a crash or as a witness's wrong answer. Round N is the same in every run: after
// a failure, `mutated_images 1 N IMAGE...` repeats it.
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "rawposix/rawposix.h"

namespace {

using Random = std::mt19937_64;

// Mutated programs often never end; the good ones take a few milliseconds.
constexpr auto kTimeAllowed = std::chrono::milliseconds(50);

volatile unsigned long g_round = 0;

void on_abort(int) {
  std::fprintf(stderr, "mutated_images: failed in round %lu\n", g_round);
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "mutated_images: round %lu: %s\n", g_round, why.c_str());
  std::exit(1);
}

struct Image {
  std::string bytes;
  size_t code_start = 0;
  size_t code_size = 0;
  std::string output;  // of the program unchanged
};

Image read_image(const char* path) {
  std::ifstream file(path, std::ios::binary);
  Image image;
  image.bytes.assign(std::istreambuf_iterator<char>(file), {});
  Elf64_Ehdr header;
  if (image.bytes.size() < sizeof header) fail(std::string(path) + " is no program");
  std::memcpy(&header, image.bytes.data(), sizeof header);
  for (size_t i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr segment;
    std::memcpy(&segment, image.bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    image.code_start = segment.p_offset;
    image.code_size = segment.p_filesz;
  }
  if (image.code_size == 0) fail(std::string(path) + " has no code");
  return image;
}

// A file in memory that holds a program.
class ProgramFile {
 public:
  explicit ProgramFile(const std::string& bytes) : fd_(memfd_create("program", 0)) {
    if (write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      fail("can't write a program");
    }
  }
  ProgramFile(const ProgramFile&) = delete;
  ProgramFile& operator=(const ProgramFile&) = delete;
  ~ProgramFile() { close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

// Ends a cage that runs for too long.
class Watchdog {
 public:
  explicit Watchdog(rawposix::Cage& cage) : thread_([this, &cage] { watch(cage); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch(rawposix::Cage& cage) {
    std::unique_lock lock(mutex_);
    // kill() may come before run() has begun; then again.
    while (!changed_.wait_for(lock, kTimeAllowed, [this] { return ended_; })) cage.kill();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

struct Outcome {
  bool accepted = false;
  rawposix::ExitStatus status;
  std::string output;
};

Outcome run(rawposix::Kernel& kernel, const std::string& bytes) {
  ProgramFile file(bytes);
  rawposix::CageOptions options;
  options.program = file.path();
  options.arguments = {"program"};
  options.standard_input = rawposix::Stream::text("some input\n");
  options.standard_output = rawposix::Stream::capture();
  options.standard_error = rawposix::Stream::null();
  auto cage = kernel.create_cage(options);
  if (!cage.ok()) {
    if (cage.error().kind != rawposix::ErrorKind::kUnsafe) fail(cage.error().message);
    return {};
  }
  Outcome outcome{.accepted = true, .status = {}, .output = {}};
  {
    Watchdog watchdog(cage.value());
    outcome.status = cage.value().run();
  }
  outcome.output = cage.value().captured_output();
  return outcome;
}

void mutate(Random& random, Image& image) {
  for (size_t count = 1 + random() % 3; count > 0; count--) {
    auto& byte = image.bytes[image.code_start + random() % image.code_size];
    if (random() % 2 == 0) {
      byte = static_cast<char>(byte ^ (1 << random() % 8));
    } else {
      byte = static_cast<char>(random());
    }
  }
}

struct Tally {
  unsigned long accepted = 0;
  unsigned long changed = 0;  // did something else than the good program
};

void play_round(rawposix::Kernel& kernel, const std::vector<Image>& images, Tally& tally) {
  Random random(g_round);
  const Image& good = images[random() % images.size()];
  Image bad = good;
  mutate(random, bad);
  Outcome outcome = run(kernel, bad.bytes);
  if (!outcome.accepted) return;
  tally.accepted++;
  tally.changed += outcome.status.success() && outcome.output == good.output ? 0 : 1;
}

void check_witness(rawposix::Kernel& kernel, const Image& image) {
  Outcome outcome = run(kernel, image.bytes);
  if (!outcome.accepted) fail("a good image is refused");
  if (!outcome.status.success() || outcome.output != image.output) {
    fail("a good image no longer does what it did");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) fail("usage: mutated_images ROUNDS FIRST IMAGE...");
  const unsigned long rounds = std::strtoul(argv[1], nullptr, 10);
  const unsigned long first = std::strtoul(argv[2], nullptr, 10);
  std::signal(SIGABRT, on_abort);
  auto kernel = rawposix::Kernel::create();
  if (!kernel.ok()) fail(kernel.error().message);

  std::vector<Image> images;
  for (int i = 3; i < argc; i++) {
    Image image = read_image(argv[i]);
    image.output = run(kernel.value(), image.bytes).output;
    if (image.output.empty()) fail(std::string(argv[i]) + " prints nothing");
    images.push_back(std::move(image));
  }

  Tally tally;
  for (unsigned long round = first; round < first + rounds; round++) {
    g_round = round;
    play_round(kernel.value(), images, tally);
    if (round % 64 == 0) check_witness(kernel.value(), images[round / 64 % images.size()]);
  }
  for (const Image& image : images) check_witness(kernel.value(), image);
  std::printf("%lu mutations, %lu accepted, %lu of them behaved differently\n", rounds,
              tally.accepted, tally.changed);
  // Else nothing was shown.
  if (rounds >= 1000 && (tally.accepted < rounds / 20 || tally.changed < rounds / 200)) {
    fail("too few of the mutations were run");
  }
  return 0;
}
