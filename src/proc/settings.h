// SPDX-License-Identifier: Apache-2.0
// /proc/sys: what programs ask of the system's settings.
#pragma once

#include "proc/node.h"

namespace rawposix::proc {

fs::NodeRef make_settings(const fs::Mount& mount, const std::shared_ptr<Directory>& parent,
                          cage::World& world);

}  // namespace rawposix::proc
