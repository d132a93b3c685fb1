// SPDX-License-Identifier: Apache-2.0
// The insides of the public Kernel.
#pragma once

#include "cage/cage.h"
#include "debug/perf_map.h"
#include "host/thread_pool.h"
#include "loader/image_cache.h"
#include "mm/warm_slots.h"
#include "rawposix/rawposix.h"
#include "sfi/slots.h"

namespace rawposix {

class Kernel::Implementation {
 public:
  sfi::SlotArena slots;
  mm::WarmSlots warm_slots{slots};
  loader::ImageCache images;
  debug::PerfMap perf_map;
  // Ends before what its threads use.
  host::ThreadPool threads;
  // What cages start with: the invoking process's own.
  const cage::Rlimits limits = cage::Rlimits::of_host();
  const cage::Credentials credentials = cage::Credentials::of_host();
};

}  // namespace rawposix
