// SPDX-License-Identifier: Apache-2.0
#include "cage/start.h"

#include <utility>

#include "host/system.h"
#include "sfi/run.h"

namespace rawposix::cage {

mm::MemoryLimits memory_limits(const Rlimits& limits) {
  return {.address_space = limits.get(RLIMIT_AS).rlim_cur,
          .data = limits.get(RLIMIT_DATA).rlim_cur,
          .stack = limits.get(RLIMIT_STACK).rlim_cur,
          .locked = limits.get(RLIMIT_MEMLOCK).rlim_cur};
}

void apply_memory_limits(Cage& cage) {
  if (std::shared_ptr<mm::AddressSpace> memory = cage.memory_if_alive()) {
    memory->set_limits(memory_limits(cage.limits()));
  }
}

std::string short_name(const std::string& path) {
  constexpr size_t kNameLength = 15;  // TASK_COMM_LEN less the NUL
  return path.substr(path.rfind('/') + 1).substr(0, kNameLength);
}

Result<loader::EntryPoint> load_program(const Cage& cage, const Credentials& credentials,
                                        mm::AddressSpace& memory, const loader::Image& image,
                                        loader::StartInfo start) {
  start.uid = credentials.user.real;
  start.euid = credentials.user.effective;
  start.gid = credentials.group.real;
  start.egid = credentials.group.effective;
  start.stack_limit = cage.limit(RLIMIT_STACK).rlim_cur;
  iovec random{start.random.data(), start.random.size()};
  TRY(host::random_bytes(random, 0));
  return loader::load_program(memory, image, start);
}

void enter_program(Task& task, const loader::Image& image, const loader::EntryPoint& entry) {
  sfi::Context& context = task.context();
  context.regs = {};
  context.regs.rip = entry.instruction;
  context.regs.rsp = entry.stack;
  context.thread_pointer = 0;
  sfi::reset_vectors(context);
  context.code = &image.code();
}

}  // namespace rawposix::cage
