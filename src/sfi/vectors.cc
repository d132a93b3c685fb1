// SPDX-License-Identifier: Apache-2.0
#include "sfi/vectors.h"

#include <cstring>

#include "sfi/run.h"

extern "C" {
extern uint64_t sfi_xsave_mask;
}

namespace rawposix::sfi {
namespace {

// Offsets in the legacy area and the header (Intel SDM 1, 10.5.1 and 13.4).
constexpr size_t kControlWord = 0;
constexpr size_t kStatusWord = 2;
constexpr size_t kTagByte = 4;
constexpr size_t kMxcsr = 24;
constexpr size_t kMxcsrMask = 28;
constexpr size_t kComponents = 512;  // XSTATE_BV
constexpr uint32_t kValidMxcsr = 0xffff;
constexpr uint64_t kX87 = 1;
constexpr uint64_t kSse = 2;

template <class T>
void put(Context& context, size_t offset, T value) {
  std::memcpy(context.vectors + offset, &value, sizeof value);
}
template <class T>
T get(const Context& context, size_t offset) {
  T value;
  std::memcpy(&value, context.vectors + offset, sizeof value);
  return value;
}

// fnstenv's form has two bits for each register, 3 for empty; FXSAVE's has one, 0 for empty.
uint8_t abridged_tags(uint16_t tags) {
  uint8_t result = 0;
  for (unsigned i = 0; i < 8; i++) {
    if ((tags >> (2 * i) & 3) != 3) result = static_cast<uint8_t>(result | 1U << i);
  }
  return result;
}

}  // namespace

uint64_t vector_features() { return sfi_xsave_mask; }

size_t vector_state_size() {
  static const size_t size = xsave_area_size();
  return size;
}

size_t gather_vectors(Context& context) {
  if (context.restore_all != 0) return vector_state_size();
  constexpr size_t kUsed = kLegacyVectorSize + kVectorHeaderSize;
  std::memset(context.vectors, 0, kUsed);
  uint16_t control = context.x87_control;
  uint64_t components = 0;
  if (context.x87_saved != 0) {
    uint16_t status = 0;
    uint16_t tags = 0;
    std::memcpy(&control, context.x87_environment, sizeof control);
    std::memcpy(&status, context.x87_environment + 4, sizeof status);
    std::memcpy(&tags, context.x87_environment + 8, sizeof tags);
    put(context, kStatusWord, status);
    put(context, kTagByte, abridged_tags(tags));
    components = kX87;
  }
  put(context, kControlWord, control);
  put(context, kMxcsr, context.mxcsr);
  put(context, kMxcsrMask, kValidMxcsr);
  put(context, kComponents, components);
  return kUsed;
}

void sanitize_vectors(Context& context, VectorArea area) {
  uint64_t components = kX87 | kSse;
  if (area == VectorArea::kExtended) {
    components = get<uint64_t>(context, kComponents) & sfi_xsave_mask;
  }
  std::memset(context.vectors + kLegacyVectorSize, 0, kVectorHeaderSize);
  put(context, kComponents, components);
  put(context, kMxcsr, get<uint32_t>(context, kMxcsr) & kValidMxcsr);
  context.restore_all = 1;
  context.x87_saved = 0;
}

}  // namespace rawposix::sfi
