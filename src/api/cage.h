// SPDX-License-Identifier: Apache-2.0
// The insides of the public Cage: a world of its own with one program in it.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "api/kernel.h"
#include "api/streams.h"
#include "cage/task.h"
#include "cage/world.h"
#include "debug/debugger.h"
#include "fs/mount.h"
#include "rawposix/rawposix.h"

namespace rawposix {

class Cage::Implementation final : public cage::Tracer {
 public:
  explicit Implementation(const cage::Machine& machine) : world_(machine) {}
  ~Implementation() override;
  Result<void, Error> create(Kernel::Implementation& kernel, const CageOptions& options);
  ExitStatus run();
  void kill();

  const api::Streams& streams() const { return streams_; }
  std::optional<Crash> crash() const;
  CageStatistics statistics() const;
  int pid() const { return cage_->pid(); }
  std::string debugger_address() const { return debugger_ ? debugger_->address() : ""; }

 private:
  Result<void, Error> make_parts(Kernel::Implementation& kernel, const CageOptions& options);
  void give_terminal();
  Result<void, Error> load(const CageOptions& options);
  Result<void, Error> observe(Kernel::Implementation& kernel, const CageOptions& options);
  void line(pid_t tid, std::string_view text) override { trace_(tid, text); }
  void signal(pid_t tid, const abi::Siginfo& info) override;
  void stopped(pid_t tid, int signal) override;
  void ended(pid_t tid, const cage::ExitStatus& status) override;
  bool follows() const override { return trace_children_; }

  // Destroyed in reverse: tasks before the cage, files before their tree. The world has ended by
  // then.
  std::function<void(int, std::string_view)> trace_;
  cage::World world_;
  std::unique_ptr<fs::Namespace> space_;
  api::Streams streams_;
  std::shared_ptr<cage::Cage> cage_;
  std::shared_ptr<cage::Task> task_;
  std::unique_ptr<debug::Debugger> debugger_;
  UniqueFd program_file_;               // until it is profiled
  std::vector<std::string> arguments_;  // until they are on the stack
  uint64_t wall_time_ns_ = 0;
  bool stands_for_process_ = false;
  bool trace_children_ = true;
  bool ran_ = false;
};

}  // namespace rawposix
