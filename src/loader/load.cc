// SPDX-License-Identifier: Apache-2.0
#include "loader/load.h"

#include "host/file.h"

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

// From the image's file: the first touch of its mapping would take longer than to load a small
// program.
Result<> fill(const mm::GuestMemory& memory, const mm::ImageSegment& segment) {
  for (uint64_t at = segment.start; at < segment.file_end;) {
    const iovec rest = TRY(memory.host_range(mm::GuestAddr{at}, segment.file_end - at));
    const uint64_t offset = segment.file_offset + (at - segment.start);
    const size_t count =
        TRY(host::read_at(segment.file->host_fd, {&rest, 1}, static_cast<int64_t>(offset)));
    if (count == 0) return Errno(EIO);
    at += count;
  }
  return {};
}

}  // namespace

Result<EntryPoint> load_program(mm::AddressSpace& space, const Image& image,
                                const StartInfo& start) {
  InitialStack stack = TRY(build_stack(start, image.info()));
  mm::GuestMemory memory = space.guest_memory();
  for (const mm::ImageSegment& segment : image.segments()) {
    TRY(space.map_image_segment(segment));
    if ((segment.protection & PROT_WRITE) != 0) TRY(fill(memory, segment));
  }
  space.start_heap(image.end());
  TRY(space.map_stack());
  TRY(space.finish_loading());
  TRY(memory.copy_out(mm::GuestAddr{stack.pointer}, stack.bytes.data(), stack.bytes.size()));
  space.set_layout(layout_of(image, stack));
  return EntryPoint{image.info().entry, stack.pointer};
}

}  // namespace rawposix::loader
