// SPDX-License-Identifier: Apache-2.0
#include "mm/address_space.h"

#include <algorithm>
#include <utility>

namespace rawposix::mm {
namespace {

// Linux counts a stack by what has grown so far, at first 132 KiB; ours is mapped in full but only
// that much counts against limits.
constexpr uint64_t kStackPagesCounted = 33;

}  // namespace

AddressSpace::AddressSpace(SlotPages pages, const MemoryLimits& limits)
    : pages_(std::move(pages)), limits_(limits) {}

Result<std::unique_ptr<AddressSpace>> AddressSpace::create(sfi::SlotArena& arena,
                                                           const MemoryLimits& limits) {
  sfi::Slot slot = TRY(arena.acquire());
  return std::unique_ptr<AddressSpace>(new AddressSpace(SlotPages(std::move(slot)), limits));
}

Result<std::unique_ptr<AddressSpace>> AddressSpace::create(WarmSlots& slots,
                                                           const MappedFile* image,
                                                           const MemoryLimits& limits) {
  std::optional<WarmSlot> warm = slots.take(image);
  if (!warm.has_value()) {
    auto space = TRY(create(slots.arena(), limits));
    space->warm_slots_ = &slots;
    return space;
  }
  std::unique_ptr<AddressSpace> space(new AddressSpace(std::move(warm->pages), limits));
  space->warm_slots_ = &slots;
  space->used_before_ = true;
  MutexLock lock(space->mutex_);
  space->warm_ = std::move(warm->mappings);
  return space;
}

AddressSpace::~AddressSpace() {
  if (warm_slots_ == nullptr) return;
  std::optional<WarmSlot> slot;
  {
    MutexLock lock(mutex_);
    slot = retire();
  }
  if (slot.has_value()) warm_slots_->put(std::move(*slot));
}

uint64_t AddressSpace::counted_pages() const {
  const VmaSet::Totals& totals = vmas_.totals();
  return totals.all - totals.stack + std::min(totals.stack, kStackPagesCounted);
}

Result<> AddressSpace::check_growth(uint64_t pages, uint64_t data_pages) const {
  if (counted_pages() + pages > limits_.address_space / sfi::kPageSize) return Errno(ENOMEM);
  if (data_pages != 0 && vmas_.totals().data + data_pages > limits_.data / sfi::kPageSize) {
    return Errno(ENOMEM);
  }
  return {};
}

Result<> AddressSpace::check_cuts(uint64_t start, uint64_t end) const {
  if (vmas_.size() + vmas_.cuts(start, end) > kMaxMappings) return Errno(ENOMEM);
  return {};
}

bool AddressSpace::is_mapped(uint64_t address) const {
  MutexLock lock(mutex_);
  return vmas_.at(address) != nullptr;
}

std::optional<SharedPlace> AddressSpace::shared_place(uint64_t address) const {
  MutexLock lock(mutex_);
  const Vma* vma = vmas_.at(address);
  if (vma == nullptr || !vma->has(kVmaShared)) return std::nullopt;
  const uint64_t offset = vma->file_offset + (address - vma->start);
  const MappedFile& file = *vma->file;
  return SharedPlace{vma->file, file.inode == 0 ? 0 : file.inode ^ file.device << 40, offset};
}

std::vector<Vma> AddressSpace::mappings() const {
  MutexLock lock(mutex_);
  std::vector<Vma> all;
  all.reserve(vmas_.size());
  for (const auto& [start, vma] : vmas_) all.push_back(vma);
  return all;
}

VmaSet::Totals AddressSpace::totals() const {
  MutexLock lock(mutex_);
  return vmas_.totals();
}

size_t AddressSpace::host_mappings() const {
  MutexLock lock(mutex_);
  return pages_.host_map().edges();
}

AddressSpace::Heap AddressSpace::heap() const {
  MutexLock lock(mutex_);
  return heap_;
}

AddressSpace::Resident AddressSpace::resident() const { return resident(mappings()); }

AddressSpace::Resident AddressSpace::resident(std::span<const Vma> vmas) const {
  std::vector<host::PageRange> ordinary;
  std::vector<host::PageRange> shared;
  for (const Vma& vma : vmas) {
    const bool is_shared_memory = vma.file != nullptr && vma.file->host_fd < 0;
    (is_shared_memory ? shared : ordinary).push_back({vma.start, vma.end});
  }
  // The space may change meanwhile, as between any two looks at it.
  const auto own = host::resident_pages(base(), ordinary).value_or({});
  const auto common = host::resident_pages(base(), shared).value_or({});
  return {own.anonymous, own.file, common.anonymous + common.file};
}

}  // namespace rawposix::mm
