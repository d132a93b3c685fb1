// SPDX-License-Identifier: Apache-2.0
// The insides of the public Kernel.
#pragma once

#include "loader/image_cache.h"
#include "rawposix/rawposix.h"
#include "sfi/slots.h"

namespace rawposix {

class Kernel::Implementation {
 public:
  sfi::SlotArena slots;
  loader::ImageCache images;
};

}  // namespace rawposix
