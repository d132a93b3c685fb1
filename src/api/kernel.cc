// SPDX-License-Identifier: Apache-2.0
#include "api/kernel.h"

#include <utility>

#include "api/cage.h"
#include "host/descriptors.h"
#include "host/mappings.h"
#include "sfi/run.h"

namespace rawposix {

Kernel::Kernel(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Expected<Kernel> Kernel::create() {
  Result<> ready = sfi::setup();
  if (!ready.ok()) {
    return Error{
        ErrorKind::kHost, ready.error().number(),
        std::string("this machine can't run cages (XSAVE is needed): ") + ready.error().message()};
  }
  Result<> descriptors = host::prepare_descriptors();
  if (!descriptors.ok()) {
    return Error{ErrorKind::kHost, descriptors.error().number(),
                 std::string("no descriptors left: ") + descriptors.error().message()};
  }
  return Kernel(std::make_unique<Implementation>());
}

Expected<Cage> Kernel::create_cage(const CageOptions& options) {
  Implementation& machine = *implementation_;
  auto cage = std::make_unique<Cage::Implementation>(
      cage::Machine{machine.warm_slots, machine.images, machine.threads});
  Result<void, Error> made = cage->create(*implementation_, options);
  if (!made.ok()) return made.error();
  return Cage(std::move(cage));
}

Usage usage() {
  return {.cages = LiveCount<cage::Cage>::now(),
          .tasks = LiveCount<cage::Task>::now(),
          .address_spaces = LiveCount<mm::AddressSpace>::now(),
          .open_files = LiveCount<fs::File>::now(),
          .host_descriptors = host::descriptor_budget().used(),
          .host_mappings = host::mapping_budget().used()};
}

const char* version() { return RAWPOSIX_VERSION; }

}  // namespace rawposix
