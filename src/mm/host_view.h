// SPDX-License-Identifier: Apache-2.0
// What the host knows of a cage's mapping. Mappings with equal views are the same to it but for
// their pages, so one cage can go on in a slot with what another has left mapped there.
#pragma once

#include "mm/slot_pages.h"
#include "mm/vma_set.h"
#include "support/result.h"

namespace rawposix::mm {

Vma host_view(const Vma& vma);

// Maps what `left` doesn't have of a view, and takes the range out of `left`: what remains there
// nobody has taken over. The pages of the rest stay, with whatever is in them. Memory shared
// between cages that no file stands for comes from the same place of the slot at `sharer`.
Result<> take_over(SlotPages& pages, VmaSet& left, std::byte* sharer, const Vma& view);

// Releases what nobody has taken over; none of it is inside `books`.
Result<> release_left(SlotPages& pages, VmaSet& left, const VmaSet& books);

}  // namespace rawposix::mm
