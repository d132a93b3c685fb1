// SPDX-License-Identifier: Apache-2.0
#include "loader/load.h"

namespace rawposix::loader {

Result<EntryPoint> load_program(mm::AddressSpace& space, const Image& image,
                                const StartInfo& start) {
  InitialStack stack = TRY(build_stack(start, image.info()));
  mm::GuestMemory memory = space.guest_memory();
  for (const mm::ImageSegment& segment : image.segments()) {
    TRY(space.map_image_segment(segment));
    if ((segment.protection & PROT_WRITE) == 0) continue;
    auto content = image.content(segment);
    TRY(memory.copy_out(mm::GuestAddr{segment.start}, content.data(), content.size()));
  }
  space.start_heap(image.end());
  TRY(space.map_stack());
  TRY(space.finish_loading());
  TRY(memory.copy_out(mm::GuestAddr{stack.pointer}, stack.bytes.data(), stack.bytes.size()));
  return EntryPoint{image.info().entry, stack.pointer};
}

}  // namespace rawposix::loader
