// SPDX-License-Identifier: Apache-2.0
// The command line's grammar; the only place that knows CLI11.
#pragma once

namespace rawposix::cli {

// Does what the command line says; the exit code.
int parse_and_run(int argc, char** argv);

}  // namespace rawposix::cli
