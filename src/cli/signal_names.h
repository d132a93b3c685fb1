// SPDX-License-Identifier: Apache-2.0
// Names and texts of signals as glibc has them; the C libraries' own differ.
#pragma once

namespace rawposix::cli {

const char* signal_name(int number);  // "SIGSEGV"; "SIG?" for one without a name
const char* signal_text(int number);  // "Segmentation fault"; "Signal" for one without a text

}  // namespace rawposix::cli
