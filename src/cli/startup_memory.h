// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rawposix::cli {

// Brings in what a short run touches. For the start of main().
void populate_startup_memory();

}  // namespace rawposix::cli
