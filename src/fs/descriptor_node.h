// SPDX-License-Identifier: Apache-2.0
// What a link in /proc/PID/fd leads to.
#pragma once

#include <string>

#include "fs/file.h"
#include "fs/node.h"

namespace rawposix::fs {

// The place of an open file, or a node that stands for the description: opening it gives what
// File::reopen() does. `mount` is for files that have no place.
Result<NodeRef> node_behind(FileRef file, const Mount& mount);

// The text of such a link: a path of the cage's, or as Linux names what has none ("pipe:[7]").
std::string shown_name(File& file);

}  // namespace rawposix::fs
