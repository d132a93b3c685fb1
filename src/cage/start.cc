// SPDX-License-Identifier: Apache-2.0
#include "cage/start.h"

#include <utility>

#include "host/system.h"
#include "loader/load.h"
#include "sfi/run.h"

namespace rawposix::cage {

mm::MemoryLimits memory_limits(const Rlimits& limits) {
  return {.address_space = limits.get(RLIMIT_AS).rlim_cur,
          .data = limits.get(RLIMIT_DATA).rlim_cur,
          .stack = limits.get(RLIMIT_STACK).rlim_cur,
          .locked = limits.get(RLIMIT_MEMLOCK).rlim_cur};
}

void apply_memory_limits(Cage& cage) {
  cage.address_space().set_limits(memory_limits(cage.limits()));
}

Result<> start_program(Task& task, std::shared_ptr<const loader::Image> image,
                       loader::StartInfo start) {
  Cage& cage = task.cage();
  const Identity& identity = cage.identity();
  start.uid = identity.uid;
  start.euid = identity.euid;
  start.gid = identity.gid;
  start.egid = identity.egid;
  start.stack_limit = cage.limit(RLIMIT_STACK).rlim_cur;
  iovec random{start.random.data(), start.random.size()};
  TRY(host::random_bytes(random, 0));

  loader::EntryPoint entry = TRY(loader::load_program(cage.address_space(), *image, start));
  sfi::Context& context = task.context();
  context.regs = {};
  context.regs.rip = entry.instruction;
  context.regs.rsp = entry.stack;
  sfi::reset_vectors(context);
  context.code = &image->code();
  cage.set_image(std::move(image));
  return {};
}

}  // namespace rawposix::cage
