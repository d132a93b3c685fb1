// SPDX-License-Identifier: Apache-2.0
// A cage's address space: Linux's memory calls on one slot. Answers, errors and their order are
// Linux's for x86-64 (mm/mmap.c, mprotect.c, mremap.c, madvise.c, mlock.c), with TASK_SIZE at
// kGuestEnd and mmap_min_addr at kGuestStart. What differs on purpose:
//   - PROT_EXEC is EACCES but for the image's text, which nobody can write or move: verified code
//     is all that ever runs.
//   - The main stack is mapped in full when it is made; MAP_GROWSDOWN mappings don't grow.
//   - mlock() counts and faults pages in but pins nothing: the host's own limit is all cages'.
//
// Thread-safe. Lock order: kAddressSpace; never held while guest memory is touched or file I/O
// waits. On failure nothing has changed, except where Linux, too, stops half way: mprotect(),
// madvise(), mlock() and msync() work through the mappings in order up to the first that fails.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/page_map.h"
#include "mm/guest_memory.h"
#include "mm/slot_pages.h"
#include "mm/vma_set.h"
#include "mm/warm_slots.h"
#include "sfi/slots.h"
#include "support/live_count.h"
#include "support/mutex.h"
#include "support/result.h"

namespace rawposix::mm {

// The resource limits that bear on memory, in bytes, as RLIMIT_AS, DATA, STACK and MEMLOCK.
struct MemoryLimits {
  uint64_t address_space = UINT64_MAX;
  uint64_t data = UINT64_MAX;
  uint64_t stack = 8 * 1024 * 1024;
  uint64_t locked = 8 * 1024 * 1024;
};

struct FileSource {
  // Null: a kind of file that can't be mapped (ENODEV).
  std::shared_ptr<const MappedFile> file;
  // PROT_READ and PROT_WRITE as the descriptor was opened.
  int access = PROT_READ;
};

struct MapRequest {
  GuestAddr address;
  uint64_t size = 0;
  int protection = PROT_NONE;
  int flags = 0;
  // Not given: anonymous. The caller has looked up the descriptor (EBADF) and left it out under
  // MAP_ANONYMOUS.
  std::optional<FileSource> source;
  uint64_t offset = 0;
};

// One loadable segment of an image, for the loader.
struct ImageSegment {
  uint64_t start = 0;     // page-aligned
  uint64_t file_end = 0;  // page-aligned: from here on zeroes
  uint64_t end = 0;       // page-aligned
  int protection = PROT_READ;
  std::shared_ptr<const MappedFile> file;  // sealed
  uint64_t file_offset = 0;
};

// Where things of the program lie, as Linux's mm_struct tells of them: ends are exclusive.
struct ProgramLayout {
  struct Range {
    uint64_t start = 0;
    uint64_t end = 0;
  };
  Range code;
  Range data;
  Range arguments;  // the strings
  Range environment;
  uint64_t stack = 0;  // %rsp at the start
  std::vector<uint64_t> auxiliary;
};

// A place in memory that several spaces can map. Files are known by device and inode (0: it has
// none), other objects by their address: for as long as `object` is held, nothing else has these.
struct SharedPlace {
  std::shared_ptr<const MappedFile> object;
  uint64_t inode = 0;
  uint64_t offset = 0;
};

class AddressSpace {
 public:
  // Mappings that a cage can have, as it sees them: a bound for our own memory. How many the host
  // can have for it depends on what other cages have (slot_pages.h).
  static constexpr size_t kMaxMappings = 16384;

  static Result<std::unique_ptr<AddressSpace>> create(sfi::SlotArena& arena,
                                                      const MemoryLimits& limits = {});
  // For a program of `image` (ImageSegment::file): takes a slot that ran it before, if there is
  // one, and leaves its own for the next. `slots` must outlive the space. The space is empty all
  // the same, and nothing but the loader may use it before finish_loading().
  static Result<std::unique_ptr<AddressSpace>> create(WarmSlots& slots, const MappedFile* image,
                                                      const MemoryLimits& limits = {});
  ~AddressSpace();

  // fork(2): the same mappings in a slot of its own, private pages copied, shared ones shared. The
  // space must be one made with warm slots. ENOMEM. (address_space_fork.cc)
  Result<std::unique_ptr<AddressSpace>> fork(
      host::PageMapMethod method = host::PageMapMethod::kBest) EXCLUDES(mutex_);

  GuestMemory guest_memory() const { return GuestMemory(pages_.base()); }
  std::byte* base() const { return pages_.base(); }

  // --- System calls (address_space_map.cc) ---
  Result<GuestAddr> mmap(const MapRequest& request) EXCLUDES(mutex_);
  Result<> munmap(GuestAddr start, uint64_t size) EXCLUDES(mutex_);
  // The program break after the call: the one asked for, or the old one if that can't be.
  GuestAddr brk(GuestAddr wanted) EXCLUDES(mutex_);
  // (address_space_protect.cc)
  Result<> mprotect(GuestAddr start, uint64_t size, int protection) EXCLUDES(mutex_);
  // (address_space_remap.cc)
  Result<GuestAddr> mremap(GuestAddr old_address, uint64_t old_size, uint64_t new_size, int flags,
                           GuestAddr new_address) EXCLUDES(mutex_);
  // (address_space_advise.cc)
  Result<> madvise(GuestAddr start, uint64_t size, int advice) EXCLUDES(mutex_);
  Result<> msync(GuestAddr start, uint64_t size, int flags) EXCLUDES(mutex_);
  Result<> mincore(GuestAddr start, uint64_t size, GuestAddr states) EXCLUDES(mutex_);
  // (address_space_lock.cc)
  Result<> mlock(GuestAddr start, uint64_t size, int flags) EXCLUDES(mutex_);
  Result<> munlock(GuestAddr start, uint64_t size) EXCLUDES(mutex_);
  Result<> mlockall(int flags) EXCLUDES(mutex_);
  Result<> munlockall() EXCLUDES(mutex_);

  // --- For the loader (address_space_image.cc) ---
  // In this order: segments, stack, finish_loading().
  // Maps a segment to a free range. The content of a writable one is left to the caller, from
  // `start` to `file_end`; the memory is there and zero.
  Result<> map_image_segment(const ImageSegment& segment) EXCLUDES(mutex_);
  // The heap begins at the page after the image's end.
  void start_heap(uint64_t address) EXCLUDES(mutex_);
  // Maps the main stack below kStackTop, as large as the stack limit.
  Result<> map_stack() EXCLUDES(mutex_);
  Result<> finish_loading() EXCLUDES(mutex_);
  void set_layout(ProgramLayout layout) EXCLUDES(mutex_);

  // --- For debugging (address_space_text.cc) ---
  // Shows `bytes` in place of whole pages of the image's text, in this space alone: private pages
  // that nobody can write. Whoever calls it answers for the bytes: those that were verified, or
  // with int3 at instruction starts. EFAULT if there is no text in all of the range.
  Result<> replace_text(uint64_t start, std::span<const std::byte> bytes) EXCLUDES(mutex_);
  // Shows the image's own pages again.
  Result<> restore_text(uint64_t start, uint64_t size) EXCLUDES(mutex_);

  // setrlimit(2). A larger stack limit lets the main stack grow as far as nothing is in the way.
  void set_limits(const MemoryLimits& limits) EXCLUDES(mutex_);

  bool is_mapped(uint64_t address) const EXCLUDES(mutex_);
  // What a shared mapping shows at an address; nothing if the memory there is private.
  std::optional<SharedPlace> shared_place(uint64_t address) const EXCLUDES(mutex_);
  // A copy of all mappings, in order.
  std::vector<Vma> mappings() const EXCLUDES(mutex_);
  VmaSet::Totals totals() const EXCLUDES(mutex_);
  // Pages in memory, as Linux counts them for /proc/PID/status. All 0 if the host can't tell.
  struct Resident {
    uint64_t anonymous = 0;
    uint64_t file = 0;
    uint64_t shared = 0;
    uint64_t all() const { return anonymous + file + shared; }
  };
  Resident resident() const EXCLUDES(mutex_);
  // Of some of mappings().
  Resident resident(std::span<const Vma> vmas) const;
  // How many mappings of the host process it is counted for.
  size_t host_mappings() const EXCLUDES(mutex_);
  struct Heap {
    uint64_t start = 0;
    uint64_t end = 0;  // the program break
  };
  Heap heap() const EXCLUDES(mutex_);
  // Null before a program is there. Children made by fork() have their parent's.
  std::shared_ptr<const ProgramLayout> layout() const EXCLUDES(mutex_);

 private:
  // What a child gets besides pages.
  struct Inheritance {
    MemoryLimits limits;
    Heap heap;
    uint64_t image_data_pages = 0;
    uint64_t stack_floor = 0;
    std::shared_ptr<const MappedFile> image;
    std::shared_ptr<const ProgramLayout> layout;
    VmaSet vmas;
  };

  AddressSpace(SlotPages pages, const MemoryLimits& limits);

  // (address_space_fork.cc)
  AddressSpace(SlotPages pages, WarmSlots& slots, Inheritance all);
  std::shared_ptr<const MappedFile> image() const EXCLUDES(mutex_);
  Inheritance inheritance() const REQUIRES(mutex_);
  Result<std::unique_ptr<AddressSpace>> fork_into(WarmSlot slot, host::PageMapMethod method)
      EXCLUDES(mutex_);
  Result<> map_inherited(WarmSlot& slot, const VmaSet& books) const REQUIRES(mutex_);
  // `runs` of these begin in what is to be copied and may go on behind it.
  using Runs = std::span<const host::PageRange>;
  Result<> copy_pages(SlotPages& child, const VmaSet& books, Runs runs) EXCLUDES(mutex_);
  Result<> copy_mapping(SlotPages& child, const Vma& vma, Runs runs) EXCLUDES(mutex_);
  Result<> copy_inaccessible(SlotPages& child, const Vma& vma, Runs runs) EXCLUDES(mutex_);

  Result<uint64_t> place(const MapRequest& request, uint64_t size) const REQUIRES(mutex_);
  // The lowest address of what top-down placement may use is kGuestStart, this is the highest.
  uint64_t placement_top() const REQUIRES(mutex_);
  std::optional<uint64_t> find_gap(uint64_t size) const REQUIRES(mutex_);
  // Maps `vma` over what is there; the request was found good.
  Result<> map_over(Vma vma) REQUIRES(mutex_);
  Result<> unmap_range(uint64_t start, uint64_t end) REQUIRES(mutex_);
  // Pages mapped, as limits count them.
  uint64_t counted_pages() const REQUIRES(mutex_);
  // ENOMEM if `pages` more would exceed RLIMIT_AS, or `data_pages` more RLIMIT_DATA.
  Result<> check_growth(uint64_t pages, uint64_t data_pages) const REQUIRES(mutex_);
  bool may_lock(uint64_t pages) const REQUIRES(mutex_);
  Result<> check_cuts(uint64_t start, uint64_t end) const REQUIRES(mutex_);
  Result<GuestAddr> mmap_locked(const MapRequest& request, uint64_t size) REQUIRES(mutex_);
  Result<uint64_t> grow_heap(uint64_t wanted) REQUIRES(mutex_);

  // (address_space_image.cc) Maps what belongs to the image. Up to `content_end` the loader fills
  // it.
  Result<> map_loaded(Vma vma, uint64_t content_end) REQUIRES(mutex_);

  // (address_space_recycle.cc)
  Result<> clean(const Vma& loaded, uint64_t content_end) REQUIRES(mutex_);
  // What the next cage in this slot can go on with.
  std::optional<WarmSlot> retire() REQUIRES(mutex_);
  bool is_reusable(const Vma& vma) const REQUIRES(mutex_);
  Result<uint64_t> drop_excess(VmaSet& kept) REQUIRES(mutex_);

  Result<Vma> text_at(uint64_t start, uint64_t size) const REQUIRES(mutex_);
  Result<> protect_part(const Vma& part, int protection) REQUIRES(mutex_);

  struct Remap {
    uint64_t from, old_size, new_size, to;
    int flags;
  };
  Result<uint64_t> remap_locked(Remap request) REQUIRES(mutex_);
  Result<uint64_t> remap_to(Remap request) REQUIRES(mutex_);
  Result<Vma> resizable(const Remap& request) const REQUIRES(mutex_);
  Result<> check_shrink(const Remap& request) const REQUIRES(mutex_);
  Result<> extend(const Vma& whole, uint64_t from) REQUIRES(mutex_);
  Result<> move_mapping(const Vma& source, uint64_t kept, uint64_t to) REQUIRES(mutex_);
  Result<uint64_t> move_and_unmap(const Vma& source, const Remap& request) REQUIRES(mutex_);

  Result<> advise_part(const Vma& part, int advice) REQUIRES(mutex_);
  Result<> drop_pages(const Vma& part, int advice) REQUIRES(mutex_);
  Result<> advise_range(uint64_t start, uint64_t end, int advice) EXCLUDES(mutex_);
  Result<> populate(uint64_t start, uint64_t end, int advice) EXCLUDES(mutex_);
  // Faults in what mlock() and MAP_POPULATE ask for. Best effort, as on Linux.
  void fault_in(uint64_t start, uint64_t end) EXCLUDES(mutex_);
  enum class LockState : uint8_t { kUnlocked, kLocked };
  Result<> lock_range(uint64_t start, uint64_t end, LockState state) REQUIRES(mutex_);

  mutable Mutex mutex_{LockRank::kAddressSpace};
  SlotPages pages_;  // its base never changes; the rest is guarded by mutex_
  VmaSet vmas_ GUARDED_BY(mutex_);
  MemoryLimits limits_ GUARDED_BY(mutex_);
  Heap heap_ GUARDED_BY(mutex_);
  uint64_t image_data_pages_ GUARDED_BY(mutex_) = 0;
  // The main stack may grow down to here; placement stays below.
  uint64_t stack_floor_ GUARDED_BY(mutex_) = sfi::kStackTop;
  bool lock_future_ GUARDED_BY(mutex_) = false;
  std::shared_ptr<const ProgramLayout> layout_ GUARDED_BY(mutex_);

  // Recycling. `warm_`: views (host_view.h) of what the slot's last owner left and no mapping
  // covers yet; empty after finish_loading().
  WarmSlots* warm_slots_ = nullptr;
  bool used_before_ = false;
  VmaSet warm_ GUARDED_BY(mutex_);
  std::shared_ptr<const MappedFile> image_ GUARDED_BY(mutex_);
  bool recyclable_ GUARDED_BY(mutex_) = false;
  LiveCount<AddressSpace> live_;
};

}  // namespace rawposix::mm
