// SPDX-License-Identifier: Apache-2.0
// librawposix: runs programs in cages inside this process.
//
//   auto kernel = rawposix::Kernel::create();
//   rawposix::CageOptions options;
//   options.program = "/usr/bin/tool";            // a file of the host, built for cages
//   options.arguments = {"tool", "--fast"};
//   options.standard_output = rawposix::Stream::capture();
//   auto cage = kernel.value().create_cage(options);
//   rawposix::ExitStatus status = cage.value().run();
//   std::string text = cage.value().captured_output();
//
// Nothing throws. What can fail returns an Expected with a message for people and an errno.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#if defined(__GNUC__)
#define RAWPOSIX_EXPORT __attribute__((visibility("default")))
#else
#define RAWPOSIX_EXPORT
#endif

namespace rawposix {

// Why something could not be done.
enum class ErrorKind : uint8_t {
  kHost,           // the processor or the host's kernel lacks something, or its resources ended
  kBadArgument,    // an option makes no sense
  kNotFound,       // no such program, directory or file
  kNotPermitted,   // it is there but may not be used
  kNotExecutable,  // not a program for cages: `message` says what it is instead
  kUnsafe,         // the verifier refuses the program's code
};

struct Error {
  ErrorKind kind = ErrorKind::kHost;
  int number = 0;  // errno, 0 where none fits
  std::string message;
};

// A value or an Error.
template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::move(value)) {}      // NOLINT: implicit on purpose
  Expected(Error error) : state_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Undefined if there is no value (error), or the other way round.
  T& value() { return *std::get_if<0>(&state_); }
  const T& value() const { return *std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// How a cage ended.
struct ExitStatus {
  int code = 0;    // exit()'s low byte, if signal is 0
  int signal = 0;  // the signal that ended it
  bool core_dumped = false;
  bool success() const { return code == 0 && signal == 0; }
  // As a shell reports it: the code, or 128 + signal.
  int shell_code() const { return signal != 0 ? 128 + signal : code; }
};

// The fault behind a signal, in the cage's own addresses.
struct Crash {
  int signal = 0;
  uint64_t instruction = 0;
  uint64_t address = 0;
};

// Where one of a cage's standard streams leads.
class Stream {
 public:
  // The embedding process's own.
  static Stream inherit() { return Stream(Kind::kInherit); }
  // /dev/null.
  static Stream null() { return Stream(Kind::kNull); }
  // Kept in memory, up to CageOptions::capture_limit; for output only. Read it with
  // Cage::captured_output() or captured_error().
  static Stream capture() { return Stream(Kind::kCapture); }
  // A duplicate of a descriptor of this process, made by create_cage().
  static Stream descriptor(int fd) {
    Stream stream(Kind::kDescriptor);
    stream.fd_ = fd;
    return stream;
  }
  // This text; for input only.
  static Stream text(std::string content) {
    Stream stream(Kind::kText);
    stream.content_ = std::move(content);
    return stream;
  }

  enum class Kind : uint8_t { kInherit, kNull, kCapture, kDescriptor, kText };
  Kind kind() const { return kind_; }
  int fd() const { return fd_; }
  const std::string& content() const { return content_; }

 private:
  explicit Stream(Kind kind) : kind_(kind) {}
  Kind kind_;
  int fd_ = -1;
  std::string content_;
};

enum class Access : uint8_t { kReadOnly, kReadWrite };

// A file or directory of the host that a cage sees at `guest_path`.
struct Bind {
  std::string host_path;
  std::string guest_path;
  Access access = Access::kReadWrite;
};

struct User {
  uint32_t user = 0;
  uint32_t group = 0;
};

struct CageOptions {
  // A path in the cage's file system if there is such a file, else one on the host.
  std::string program;
  // argv; the program's name if empty.
  std::vector<std::string> arguments;
  // "NAME=value" each.
  std::vector<std::string> environment;

  // What the cage sees of the host: a directory in place of the embedded root, and more at places
  // in it. Without them: /dev, /tmp, an empty tree.
  std::string root;
  std::vector<Bind> binds;
  std::string working_directory = "/";

  Stream standard_input = Stream::inherit();
  Stream standard_output = Stream::inherit();
  Stream standard_error = Stream::inherit();
  // How many bytes of each captured stream are kept, in whole pages. Writing more fails for the
  // program with ENOSPC, as on a full disk.
  uint64_t capture_limit = uint64_t{64} << 20;

  // The files in memory: /tmp, and all of the embedded root. At most so many bytes of their content
  // (holes count; 0: half of the machine's memory, but not more than 2 GiB) and so many files,
  // directories and links. Beyond them it is ENOSPC, as on a tmpfs.
  uint64_t memory_file_bytes = 0;
  uint64_t memory_file_count = 262'144;

  // Called with a line for each system call, each signal that a task acts on, and each end of a
  // task, as strace prints them, from the task's thread.
  std::function<void(int tid, std::string_view line)> trace;
  // Whether the threads and children of what is traced are traced as well.
  bool trace_children = true;
  // Count system calls and the time in them.
  bool statistics = false;

  // Whom the cage's programs take themselves for, and each other; nothing: the user of this
  // process. User 0 may do all that is done among cages. Files are used with this process's rights,
  // whoever that is.
  std::optional<User> user;

  // The cage stands for this process, as a command does: what the process is sent (SIGINT, SIGTERM,
  // SIGTSTP, SIGWINCH and their like, unless it ignores them) goes to the cage, or to the
  // foreground group of its terminal where Linux would send it there; and when the cage stops, so
  // does the process. For one cage at a time, on the thread that run() is called on.
  bool stands_for_process = false;

  // Let gdb debug the program: ":PORT" (TCP, this machine alone, 0: any) or the path of a Unix
  // socket to be made. run() waits for gdb to connect. See docs/debugging.md.
  std::string debugger;
  // Write core files for gdb into this directory of the host's, as core.PID with the number that a
  // process has among cages. Empty: into a cage's working directory, as core, if its RLIMIT_CORE
  // allows for that.
  std::string core_directory;
  // Make the program's functions known to perf, by /tmp/perf-PID.map.
  bool profile = false;
};

struct CageStatistics {
  uint64_t system_calls = 0;
  uint64_t system_call_time_ns = 0;
  uint64_t wall_time_ns = 0;
  uint64_t mapped_bytes = 0;  // of the cage when it ended
};

// One program in a cage. Movable; destroying it ends the program.
class RAWPOSIX_EXPORT Cage {
 public:
  Cage(Cage&&) noexcept;
  Cage& operator=(Cage&&) noexcept;
  ~Cage();

  // Runs the program on the calling thread until it ends. Once only.
  //
  // Meanwhile, unless the cage stands for the process, the calling thread's signals wait, but for
  // those that end or stop the process: a handler would run on the guest's stack. Receive signals
  // on another thread, or install their handlers before with SA_ONSTACK and a mask that blocks all
  // signals; they then run on a stack of RawPOSIX's. Don't install other handlers for SIGHUP,
  // SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGTSTP, SIGCONT, SIGXCPU or SIGWINCH
  // while a program runs. setuid() and its kin, which change all threads, return only when the
  // program has ended.
  ExitStatus run();
  // From any thread, while run() is under way: ends the program as SIGKILL does.
  void kill();

  // What to give gdb's `target remote`; empty without CageOptions::debugger.
  std::string debugger_address() const;

  // After run().
  std::string captured_output() const;
  std::string captured_error() const;
  std::optional<Crash> crash() const;
  CageStatistics statistics() const;
  int pid() const;

 private:
  friend class Kernel;
  class Implementation;
  explicit Cage(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// What cages share: address space, images, ids. Must outlive its cages. Thread-safe.
class RAWPOSIX_EXPORT Kernel {
 public:
  // Takes over SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and SIGURG of this process, and raises its
  // soft RLIMIT_NOFILE to the hard one. Of its descriptors and mappings (vm.max_map_count) cages
  // can have three quarters, shared out so that none keeps another from a small share.
  static Expected<Kernel> create();
  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  ~Kernel();

  Expected<Cage> create_cage(const CageOptions& options);

 private:
  class Implementation;
  friend class Cage;
  explicit Kernel(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// What this process holds for cages at the moment, of all kernels together. All of it is 0 when no
// cage is left, but for host_descriptors and host_mappings, of which kernels keep some for cages to
// come; those, when no kernel is. Thread-safe.
struct Usage {
  uint64_t cages = 0;
  uint64_t tasks = 0;
  uint64_t address_spaces = 0;
  uint64_t open_files = 0;
  uint64_t host_descriptors = 0;
  uint64_t host_mappings = 0;
};
RAWPOSIX_EXPORT Usage usage();

RAWPOSIX_EXPORT const char* version();

}  // namespace rawposix
