// SPDX-License-Identifier: Apache-2.0
// rawposix run: the work, without CLI11.
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/commands.h"
#include "fs/namespace_builder.h"
#include "host/file.h"
#include "host/thread.h"
#include "rawposix/rawposix.h"
#include "signal/names.h"
#include "signal/signal_set.h"

namespace rawposix::cli {
namespace {

int fail(int code, const std::string& message) {
  std::fprintf(stderr, "rawposix: %s\n", message.c_str());
  return code;
}

// Empty if it can't be told.
std::string own_path() {
  std::string path(256, '\0');  // mostly enough; stack for PATH_MAX would be another page to touch
  while (path.size() <= PATH_MAX) {
    const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0) return {};
    if (static_cast<size_t>(length) < path.size()) {
      path.resize(static_cast<size_t>(length));
      return path;
    }
    path.resize(2 * path.size());
  }
  return {};
}

// The ported programs lie beside this executable: build/bin/rawposix, build/root/bin/lua. What they
// read is in build/root/etc. Empty if there are none.
std::vector<Bind> ported_programs() {
  std::string root = own_path();
  if (root.empty()) return {};
  for (int level = 0; level < 2; level++) root.resize(root.rfind('/'));
  root += "/root";
  std::vector<Bind> binds;
  for (const char* folder : {"/bin", "/etc"}) {
    struct stat status {};
    if (stat((root + folder).c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) break;
    binds.push_back({root + folder, folder, Access::kReadOnly});
  }
  return binds;
}

// A small environment, the same on every host, plus what was asked for: NAME=VALUE, or NAME to hand
// on the host's value.
std::vector<std::string> environment(const std::vector<std::string>& wanted) {
  std::vector<std::string> result = {"PATH=/bin:/usr/bin", "HOME=/", "PWD=/"};
  if (const char* terminal = std::getenv("TERM")) result.push_back(std::string("TERM=") + terminal);
  auto set = [&result](const std::string& entry) {
    size_t name_length = entry.find('=') + 1;
    for (std::string& existing : result) {
      if (existing.compare(0, name_length, entry, 0, name_length) == 0) {
        existing = entry;
        return;
      }
    }
    result.push_back(entry);
  };
  for (const std::string& entry : wanted) {
    if (entry.find('=') != std::string::npos) {
      set(entry);
    } else if (const char* value = std::getenv(entry.c_str())) {
      set(entry + "=" + value);
    }
  }
  return result;
}

int exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:
      return kExitNotFound;
    case ErrorKind::kNotPermitted:
    case ErrorKind::kNotExecutable:
    case ErrorKind::kUnsafe:
      return kExitCannotRun;
    default:
      return kExitFailure;
  }
}

void report_signal(const std::string& program, int signal, const std::optional<Crash>& crash) {
  const char* name = signal::name_of(signal);
  const char* text = signal::text_of(signal);
  if (signal >= signal::kFirstRealTime) {
    std::fprintf(stderr, "rawposix: %s: Real-time signal %d (SIGRTMIN+%d)\n", program.c_str(),
                 signal, signal - signal::kFirstRealTime);
  } else if (crash) {
    std::fprintf(stderr,
                 "rawposix: %s: %s (%s) at address %#" PRIx64 ", instruction %#" PRIx64 "\n",
                 program.c_str(), text, name, crash->address, crash->instruction);
  } else {
    std::fprintf(stderr, "rawposix: %s: %s (%s)\n", program.c_str(), text, name);
  }
}

// What people and programs send; the rest are faults and the like, which are the cage's own matter.
bool is_sent_by_users(int signal) {
  constexpr std::array kSignals = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,
                                   SIGUSR2, SIGALRM, SIGTERM, SIGPIPE};
  return std::find(kSignals.begin(), kSignals.end(), signal) != kSignals.end();
}

// Ends this process by a signal, without a core file, so that who waits for it sees what it would
// of a native program: a shell gives up its script when a command is interrupted.
void end_by(int signal) {
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  host::take_default_action(signal);
}

void report_statistics(const CageStatistics& statistics) {
  std::fprintf(
      stderr,
      "rawposix: wall %.3f ms, system calls %" PRIu64 " taking %.3f ms, mapped %" PRIu64 " KiB\n",
      static_cast<double>(statistics.wall_time_ns) / 1e6, statistics.system_calls,
      static_cast<double>(statistics.system_call_time_ns) / 1e6, statistics.mapped_bytes / 1024);
}

// The highest number stands for none.
std::optional<uint32_t> parse_id(std::string_view text) {
  uint32_t id = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, id);
  if (error != std::errc() || after != end || id == UINT32_MAX) return std::nullopt;
  return id;
}

// "UID" or "UID:GID"; the group is of the same number otherwise.
std::optional<User> parse_user(std::string_view text) {
  const size_t colon = text.find(':');
  const auto user = parse_id(text.substr(0, colon));
  const auto group = colon == std::string_view::npos ? user : parse_id(text.substr(colon + 1));
  if (!user || !group) return std::nullopt;
  return User{*user, *group};
}

class TraceOutput {
 public:
  // Empty: standard error.
  Result<> open(const std::string& path) {
    if (path.empty()) return {};
    Result<UniqueFd> file = host::open_outside(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!file.ok()) return file.error();
    file_.reset(fdopen(file.value().release(), "w"));
    return file_ != nullptr ? Result<>() : Errno(ENOMEM);
  }
  void line(int tid, std::string_view text) {
    std::FILE* to = file_ ? file_.get() : stderr;
    std::fprintf(to, "[%d] %.*s\n", tid, static_cast<int>(text.size()), text.data());
  }
  // Whether all lines have got to the file. No more may come.
  Result<> close() {
    if (file_ == nullptr) return {};
    const bool failed = std::ferror(file_.get()) != 0;
    return std::fclose(file_.release()) != 0 || failed ? Errno(errno) : Result<>();
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

// What this process has goes with it. Taking a cage down piece by piece, so that its slot could
// serve another, would be a tenth of what running a small program costs.
[[noreturn]] void leave(int exit_code) {
  static_cast<void>(std::fflush(nullptr));
  _exit(exit_code);
}

// The entries of a directory but for links to what the runtime opens once and keeps.
size_t count_entries(const char* path) {
  size_t count = 0;
  DIR* directory = opendir(path);
  if (directory == nullptr) return 0;
  while (const dirent* entry = readdir(directory)) {
    std::array<char, PATH_MAX> target{};
    const ssize_t length =
        readlinkat(dirfd(directory), entry->d_name, target.data(), target.size());
    const std::string_view name(target.data(), static_cast<size_t>(std::max<ssize_t>(length, 0)));
    if (!name.ends_with("/pagemap")) count++;
  }
  closedir(directory);
  return count;
}

// What the process itself has of what cages use.
struct HostCounts {
  size_t descriptors = count_entries("/proc/self/fd");
  size_t threads = count_entries("/proc/self/task");
};

// Linux lists a thread for a moment after its end.
HostCounts counts_without_ended_threads(const HostCounts& before) {
  constexpr int kTries = 2000;
  constexpr timespec kPause{0, 1'000'000};
  HostCounts now;
  for (int i = 0; i < kTries && now.threads > before.threads; i++) {
    nanosleep(&kPause, nullptr);
    now = HostCounts();
  }
  return now;
}

// Ends the cage and its kernel. Says what they leave behind; empty if nothing.
std::string leaks(Expected<Cage> cage, Expected<Kernel> kernel, const HostCounts& before) {
  std::string left;
  auto count = [&left](const char* what, uint64_t number) {
    if (number != 0) left += " " + std::to_string(number) + " " + what;
  };
  { Expected<Cage> ended = std::move(cage); }
  const Usage with_kernel = usage();
  count("cages", with_kernel.cages);
  count("tasks", with_kernel.tasks);
  count("address spaces", with_kernel.address_spaces);
  count("open files", with_kernel.open_files);
  { Expected<Kernel> ended = std::move(kernel); }
  count("counted descriptors", usage().host_descriptors);
  count("counted mappings", usage().host_mappings);
  const HostCounts after = counts_without_ended_threads(before);
  count("descriptors", after.descriptors - before.descriptors);
  count("threads", after.threads - before.threads);
  return left;
}

std::optional<std::string> add_files(const RunOptions& options, CageOptions& cage) {
  cage.root = options.root;
  cage.working_directory = options.working_directory;
  if (!cage.working_directory.starts_with('/')) {
    std::array<char, PATH_MAX> here{};
    if (getcwd(here.data(), here.size()) == nullptr) {
      return std::string("the current directory: ") + Errno(errno).message();
    }
    cage.working_directory = std::string(here.data()) + "/" + options.working_directory;
  }
  if (options.root.empty()) cage.binds = ported_programs();
  for (const std::string& text : options.binds) {
    Result<fs::Bind, std::string> bind = fs::Bind::parse(text);
    if (!bind.ok()) return "--bind " + bind.error();
    const bool read_only = bind.value().access == fs::MountAccess::kReadOnly;
    cage.binds.push_back({bind.value().host_path, bind.value().guest_path,
                          read_only ? Access::kReadOnly : Access::kReadWrite});
  }
  return std::nullopt;
}

}  // namespace

int run(const RunOptions& options, const std::vector<std::string>& command) {
  if (command.empty()) return fail(kExitFailure, "run: no program given (see rawposix run --help)");
  CageOptions cage_options;
  cage_options.program = command[0];
  cage_options.arguments = command;
  cage_options.environment = environment(options.environment);
  cage_options.stands_for_process = true;
  cage_options.statistics = options.statistics;
  cage_options.debugger = options.gdb;
  cage_options.core_directory = options.core;
  cage_options.profile = options.perf;
  if (!options.user.empty()) {
    cage_options.user = parse_user(options.user);
    if (!cage_options.user) {
      return fail(kExitFailure, "--user " + options.user + ": not UID or UID:GID in numbers");
    }
  }
  if (std::optional<std::string> problem = add_files(options, cage_options)) {
    return fail(kExitFailure, *problem);
  }
  TraceOutput trace;
  if (options.trace || !options.trace_file.empty()) {
    Result<> opened = trace.open(options.trace_file);
    if (!opened.ok())
      return fail(kExitFailure, options.trace_file + ": " + opened.error().message());
    cage_options.trace_children = options.follow;
    cage_options.trace = [&trace](int tid, std::string_view text) { trace.line(tid, text); };
  }
  Expected<Kernel> kernel = Kernel::create();
  if (!kernel) return fail(kExitFailure, kernel.error().message);
  // A sanitizer's own thread comes with the first.
  if (options.check_leaks) std::thread([] {}).join();
  const HostCounts before = options.check_leaks ? HostCounts() : HostCounts{0, 0};
  Expected<Cage> cage = kernel.value().create_cage(cage_options);
  if (!cage) return fail(exit_code_of(cage.error()), cage.error().message);
  if (!options.gdb.empty()) {
    std::fprintf(stderr, "rawposix: waiting for gdb: target remote %s\n",
                 cage.value().debugger_address().c_str());
  }
  ExitStatus status = cage.value().run();
  const bool sent = is_sent_by_users(status.signal) && !cage.value().crash();
  if (status.signal != 0 && !sent) {
    report_signal(command[0], status.signal, cage.value().crash());
  }
  if (status.core_dumped) std::fprintf(stderr, "rawposix: %s: core dumped\n", command[0].c_str());
  if (options.statistics) report_statistics(cage.value().statistics());
  Result<> traced = trace.close();
  if (!traced.ok()) return fail(kExitFailure, options.trace_file + ": " + traced.error().message());
  if (options.check_leaks) {
    const std::string left = leaks(std::move(cage), std::move(kernel), before);
    if (!left.empty()) return fail(kExitLeak, "left behind:" + left);
  }
  if (sent) end_by(status.signal);
  leave(status.shell_code());
}

}  // namespace rawposix::cli
