// SPDX-License-Identifier: Apache-2.0
#include "loader/load.h"

namespace rawposix::loader {
namespace {

mm::ProgramLayout layout_of(const Image& image, InitialStack& stack) {
  mm::ProgramLayout layout{.code = {},
                           .data = {},
                           .arguments = stack.arguments,
                           .environment = stack.environment,
                           .stack = stack.pointer,
                           .auxiliary = std::move(stack.auxiliary)};
  for (const mm::ImageSegment& segment : image.segments()) {
    const mm::ProgramLayout::Range range{segment.start, segment.file_end};
    if ((segment.protection & PROT_EXEC) != 0) layout.code = range;
    if ((segment.protection & PROT_WRITE) != 0) layout.data = range;
  }
  return layout;
}

}  // namespace

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
  space.set_layout(layout_of(image, stack));
  return EntryPoint{image.info().entry, stack.pointer};
}

}  // namespace rawposix::loader
