// SPDX-License-Identifier: Apache-2.0
// /proc/PID/fd and /proc/PID/fdinfo.
#pragma once

#include "proc/node.h"
#include "proc/process.h"

namespace rawposix::proc {

enum class DescriptorView : uint8_t { kFiles, kInformation };

Result<fs::NodeRef> make_descriptors(Place place, fs::NodeRef parent, ProcessHandle process,
                                     DescriptorView view);

}  // namespace rawposix::proc
