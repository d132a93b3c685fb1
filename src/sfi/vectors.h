// SPDX-License-Identifier: Apache-2.0
// The vector and x87 state of a task as data, for signal frames: Context::vectors in XSAVE's
// standard format.
#pragma once

#include "sfi/context.h"

namespace rawposix::sfi {

// The part that FXSAVE knows, and XSAVE's header behind it.
inline constexpr size_t kLegacyVectorSize = 512;
inline constexpr size_t kVectorHeaderSize = 64;

// Bytes of the area for all that this processor has, and the components (bits of XCR0) in it.
size_t vector_state_size();
uint64_t vector_features();

// Makes Context::vectors hold the state, whichever way the task left guest code; what a fast system
// call has lost is in its initial state. Returns how many bytes from its start say all there is.
size_t gather_vectors(Context& context);

// Makes an area that the guest has written one that can be loaded without a fault, and has the next
// way to the guest load it.
enum class VectorArea : uint8_t { kLegacy, kExtended };
void sanitize_vectors(Context& context, VectorArea area);

}  // namespace rawposix::sfi
