// SPDX-License-Identifier: Apache-2.0
#include "api/cage.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <span>
#include <utility>

#include "api/program.h"
#include "cage/exit.h"
#include "cage/start.h"
#include "debug/core_file.h"
#include "fs/namespace_builder.h"
#include "host/clock.h"
#include "host/file.h"
#include "host/system.h"
#include "proc/root.h"
#include "syscall/dispatch.h"
#include "syscall/trace.h"

namespace rawposix {
namespace {

Error bad_argument(std::string message) {
  return {ErrorKind::kBadArgument, EINVAL, std::move(message)};
}

Result<std::unique_ptr<fs::Namespace>, Error> build_tree(const CageOptions& options,
                                                         cage::World& world) {
  fs::NamespaceBuilder builder;
  builder.set_proc([&world](const fs::Mount& mount) { return proc::make_root(mount, world); });
  if (!options.root.empty()) builder.set_root(options.root, fs::MountAccess::kReadWrite);
  for (const Bind& bind : options.binds) {
    builder.add_bind({bind.host_path, bind.guest_path,
                      bind.access == Access::kReadOnly ? fs::MountAccess::kReadOnly
                                                       : fs::MountAccess::kReadWrite});
  }
  for (const int descriptor : api::Streams::host_descriptors(options)) {
    builder.add_stream(descriptor);
  }
  fs::Limits limits;
  limits.memory_bytes = options.memory_file_bytes;
  limits.inodes = options.memory_file_count;
  builder.set_limits(limits);
  Result<std::unique_ptr<fs::Namespace>, std::string> tree = builder.build();
  if (!tree.ok()) return bad_argument(tree.error());
  return std::move(tree).value();
}

// The mask of the thread that runs a cage, for that time.
//
// Blocked are signals that Linux sends for what a thread does with files and terminals. They are
// about the guest, whose calls see the errors EPIPE, EFBIG and EIO, so they must not end or stop
// the host. Threads of the pool have them blocked for good.
class HostMask {
 public:
  HostMask() {
    sigemptyset(&file_signals_);
    for (int signal : {SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN}) sigaddset(&file_signals_, signal);
    pthread_sigmask(SIG_BLOCK, &file_signals_, &previous_);
  }
  ~HostMask() {
    const timespec at_once{};
    while (sigtimedwait(&file_signals_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

  // What was blocked before.
  signal::SignalSet previous() const {
    signal::SignalSet set;
    for (int signal = 1; signal <= signal::kSignals; signal++) {
      if (sigismember(&previous_, signal) == 1) set.add(signal);
    }
    return set;
  }
  void let_through(std::span<const int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : signals) sigaddset(&set, signal);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }

 private:
  sigset_t file_signals_{};
  sigset_t previous_{};
};

uint64_t now_ns() {
  return static_cast<uint64_t>(host::nanoseconds(host::now(CLOCK_MONOTONIC).value_or(timespec{})));
}

}  // namespace

Result<void, Error> Cage::Implementation::create(Kernel::Implementation& kernel,
                                                 const CageOptions& options) {
  trace_ = options.trace;
  trace_children_ = options.trace_children;
  stands_for_process_ = options.stands_for_process;
  TRY(make_parts(kernel, options));
  TRY(load(options));
  return observe(kernel, options);
}

Result<void, Error> Cage::Implementation::make_parts(Kernel::Implementation& kernel,
                                                     const CageOptions& options) {
  space_ = TRY(build_tree(options, world_));
  auto fds = std::make_shared<fs::FdTable>();
  auto view = std::make_shared<fs::FsView>(*space_);
  Result<void, std::string> entered = view->change_directory(options.working_directory);
  if (!entered.ok()) return bad_argument(entered.error());
  TRY(streams_.open(options, *space_, *fds));
  cage::Cage::Parts parts;
  parts.limits = kernel.limits;
  parts.name = cage::short_name(options.program);
  parts.actions = std::make_shared<cage::SharedActions>();
  std::vector<std::string> arguments = options.arguments;
  if (arguments.empty()) arguments = {options.program};
  api::Program program =
      TRY(api::load_program(options.program, std::move(arguments), options.environment, *view,
                            kernel.images, options.profile ? &program_file_ : nullptr));
  parts.image = std::move(program.image);
  parts.executable = std::move(program.executable);
  arguments_ = std::move(program.arguments);
  Result<std::unique_ptr<mm::AddressSpace>> memory = mm::AddressSpace::create(
      kernel.warm_slots, parts.image->file(), cage::memory_limits(parts.limits));
  if (!memory.ok()) {
    return Error{ErrorKind::kHost, memory.error().number(),
                 std::string("no address space for a cage: ") + memory.error().message()};
  }
  parts.memory = std::move(memory).value();
  pid_t pid = world_.tree().allocate_id(UINT64_MAX).value();  // of an empty world
  cage_ = std::make_shared<cage::Cage>(world_, pid, cage::World::kInitPid, std::move(parts));
  cage_->timers().watch_cpu_limit();
  const cage::Credentials credentials =
      options.user ? cage::Credentials::of_user(options.user->user, options.user->group)
                   : kernel.credentials;
  task_ = std::make_shared<cage::Task>(
      cage_, pid, cage::Task::Parts{std::move(fds), std::move(view), credentials},
      trace_ ? this : nullptr);
  task_->scheduling.nice = host::nice_value();
  CHECK(cage_->add_task(*task_));
  world_.tree().add_task(*task_);
  world_.tree().add_root(cage_);
  give_terminal();
  return {};
}

// The session's terminal is the first standard stream that is one.
void Cage::Implementation::give_terminal() {
  for (int number = 0; number < 3; number++) {
    fs::FdTable::Borrowed file = task_->fds().try_borrow(fs::FdNum{number});
    if (!file || !file->is_terminal()) continue;
    Result<uint64_t> device = file->terminal();
    if (!device.ok()) continue;
    static_cast<void>(world_.tree().acquire_terminal(*cage_, device.value()));
    return;
  }
}

Result<void, Error> Cage::Implementation::load(const CageOptions& options) {
  task_->context().on_system_call = syscall::on_system_call;
  task_->context().on_event = syscall::on_event;
  if (options.statistics) task_->count_calls();

  loader::StartInfo start;
  start.arguments = std::move(arguments_);
  start.environment = options.environment;
  start.path = options.program;
  const loader::Image& image = *cage_->image();
  Result<loader::EntryPoint> entry = cage::load_program(
      *cage_, task_->credentials(), cage_->address_space(), image, std::move(start));
  if (!entry.ok()) {
    return Error{ErrorKind::kHost, entry.error().number(),
                 options.program + ": " + entry.error().message()};
  }
  cage::enter_program(*task_, image, entry.value());
  return {};
}

// Debugging and profiling.
Result<void, Error> Cage::Implementation::observe(Kernel::Implementation& kernel,
                                                  const CageOptions& options) {
  if (options.profile) {
    struct stat status {};
    uint64_t size =
        fstat(program_file_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
    loader::HostFileSource file(program_file_.get(), size);
    Result<> added = kernel.perf_map.add(*cage_, file);
    program_file_.reset();
    if (!added.ok()) {
      return Error{ErrorKind::kHost, added.error().number(),
                   std::string("can't prepare for perf: ") + added.error().message()};
    }
  }
  UniqueFd cores;
  if (!options.core_directory.empty()) {
    Result<UniqueFd> opened = host::open_outside(options.core_directory.c_str(), O_DIRECTORY);
    if (!opened.ok()) {
      return bad_argument(options.core_directory + ": " + opened.error().message());
    }
    cores = std::move(opened).value();
  }
  world_.set_core_dumper(std::make_unique<debug::CoreFiles>(std::move(cores)));
  if (!options.debugger.empty()) {
    auto debugger = debug::Debugger::create(options.debugger);
    if (!debugger.ok()) return bad_argument(debugger.error());
    debugger_ = std::move(debugger).value();
  }
  return {};
}

Cage::Implementation::~Implementation() {
  if (task_ != nullptr) {
    // It never ran.
    cage::end_task(*task_, {});
    task_.reset();
  }
  world_.end();
}

void Cage::Implementation::signal(pid_t tid, const abi::Siginfo& info) {
  trace_(tid, syscall::line_of_signal(info));
}

void Cage::Implementation::stopped(pid_t tid, int signal) {
  trace_(tid, syscall::line_of_stop(signal));
}

void Cage::Implementation::ended(pid_t tid, const cage::ExitStatus& status) {
  trace_(tid, syscall::line_of_end(status));
}

ExitStatus Cage::Implementation::run() {
  if (!std::exchange(ran_, true)) {
    HostMask mask;
    // If another cage does, this one runs as any other.
    if (stands_for_process_ && world_.relay().start(*task_).ok()) {
      // A program starts with its parent's mask (man 2 execve), and what that holds up waits for
      // the program to unblock it.
      cage_->signals().set_mask(*task_, mask.previous());
      mask.let_through(cage::SignalRelay::kSignals);
    }
    uint64_t start = now_ns();
    if (debugger_) debugger_->start(*task_);
    task_->run();
    task_->outlive_cage();
    if (debugger_) debugger_->finish();
    wall_time_ns_ = now_ns() - start;
    world_.relay().stop();
    // Nothing outlives the first cage of a world.
    task_.reset();
    world_.end();
    world_.relay().give_back();
  }
  cage::ExitStatus status = cage_->exit_status();
  return {status.code, status.signal, status.dumped};
}

void Cage::Implementation::kill() { cage_->begin_exit({.code = 0, .signal = SIGKILL}); }

std::optional<Crash> Cage::Implementation::crash() const {
  std::optional<cage::Crash> crash = cage_->crash();
  if (!crash) return std::nullopt;
  return Crash{crash->signal, crash->instruction, crash->address};
}

CageStatistics Cage::Implementation::statistics() const {
  const cage::Statistics& counted = cage_->statistics();
  return {counted.system_calls.load(), counted.system_call_time_ns.load(), wall_time_ns_,
          counted.mapped_bytes.load()};
}

Cage::Cage(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Cage::Cage(Cage&&) noexcept = default;
Cage& Cage::operator=(Cage&&) noexcept = default;
Cage::~Cage() = default;

ExitStatus Cage::run() { return implementation_->run(); }
void Cage::kill() { implementation_->kill(); }
std::string Cage::captured_output() const { return implementation_->streams().output(); }
std::string Cage::captured_error() const { return implementation_->streams().error(); }
std::optional<Crash> Cage::crash() const { return implementation_->crash(); }
CageStatistics Cage::statistics() const { return implementation_->statistics(); }
int Cage::pid() const { return implementation_->pid(); }
std::string Cage::debugger_address() const { return implementation_->debugger_address(); }

}  // namespace rawposix
