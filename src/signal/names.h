// SPDX-License-Identifier: Apache-2.0
// Names and texts of signals as glibc has them; the C libraries' own differ.
#pragma once

namespace rawposix::signal {

const char* name_of(int number);  // "SIGSEGV"; "SIG?" for one without a name
const char* text_of(int number);  // "Segmentation fault"; "Signal" for one without a text

}  // namespace rawposix::signal
