// SPDX-License-Identifier: Apache-2.0
// What a fuzz target defines. It aborts (CHECK) when something is wrong, and returns 0 otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace rawposix::fuzz {

// Inputs to start from: good ones, so that mutations get far.
std::vector<std::vector<uint8_t>> seeds();

}  // namespace rawposix::fuzz
