// SPDX-License-Identifier: Apache-2.0
// The same random calls in a cage's address space and, natively, in a region of this process, and
// in forks of both: results, permissions and contents must be the same throughout.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <random>
#include <sstream>
#include <utility>
#include <vector>

#include "host/memory.h"
#include "mm/address_space.h"
#include "mm/test_image.h"
#include "sfi/fault.h"
#include "sfi/safe_copy.h"

namespace rawposix::mm {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;
constexpr uint64_t kPages = 48;
// Where the guest's region lies in the slot.
constexpr uint64_t kGuestRegion = 0x40000000;

struct Call {
  enum Kind { kMap, kUnmap, kProtect, kRemap, kAdvise, kSync, kWrite, kLock, kKinds };
  Kind kind;
  uint64_t start, size, new_size, target, offset;
  int protection, flags, advice;
  bool file;
  unsigned char value;
};

// One side of the comparison.
class Side {
 public:
  virtual ~Side() = default;
  // errno of the call, 0 for success.
  virtual int run(const Call& call) = 0;
  virtual std::byte* region() = 0;
};

std::shared_ptr<MappedFile> make_file(UniqueFd& keep) {
  auto memory = host::create_memory_file("test", kPages * kPage);
  EXPECT_TRUE(memory.ok());
  keep = std::move(memory).value();
  for (uint64_t page = 0; page < kPages; ++page) {
    char text[8] = {'f', static_cast<char>('0' + page), 0};
    EXPECT_EQ(pwrite(keep.get(), text, sizeof text, static_cast<off_t>(page * kPage)), 8);
  }
  auto file = std::make_shared<MappedFile>();
  file->host_fd = keep.get();
  return file;
}

class Native final : public Side {
 public:
  Native() {
    make_file(fd_);
    // Only to find a place that nothing else will use: far below where the kernel looks.
    region_ = reinterpret_cast<std::byte*>(uint64_t{20} << 40);
  }
  ~Native() override { munmap(region_, kPages * kPage); }
  // False under ThreadSanitizer, which keeps that place for itself.
#if defined(__SANITIZE_THREAD__)
  static bool usable() { return false; }
#else
  bool usable() const {
    return host::map(region_, kPages * kPage, PROT_NONE, MAP_PRIVATE | MAP_FIXED_NOREPLACE).ok() &&
           munmap(region_, kPages * kPage) == 0;
  }
#endif
  std::byte* region() override { return region_; }

  int run(const Call& call) override {
    std::byte* start = region_ + call.start;
    errno = 0;
    switch (call.kind) {
      case Call::kMap: {
        int flags = call.flags | MAP_FIXED | (call.file ? 0 : MAP_ANONYMOUS);
        mmap(start, call.size, call.protection, flags, call.file ? fd_.get() : -1,
             static_cast<off_t>(call.offset));
        break;
      }
      case Call::kUnmap:
        munmap(start, call.size);
        break;
      case Call::kProtect:
        mprotect(start, call.size, call.protection);
        break;
      case Call::kRemap:
        mremap(start, call.size, call.new_size, call.flags, region_ + call.target);
        break;
      case Call::kAdvise:
        madvise(start, call.size, call.advice);
        break;
      case Call::kSync:
        msync(start, call.size, call.flags);
        break;
      case Call::kLock:
        // AddressSanitizer makes munlock() do nothing.
        syscall(SYS_munlock, start, call.size);
        break;
      default:
        break;
    }
    return errno;
  }

 private:
  UniqueFd fd_;
  std::byte* region_;
};

class Caged final : public Side {
 public:
  explicit Caged(WarmSlots& slots, const TestImage& image)
      : file_(make_file(fd_)), space_(image.start(slots, {})) {}
  // A fork of it.
  Caged(std::shared_ptr<MappedFile> file, std::unique_ptr<AddressSpace> space)
      : file_(std::move(file)), space_(std::move(space)) {}
  std::unique_ptr<Caged> fork() {
    auto child = space_->fork();
    EXPECT_TRUE(child.ok());
    if (!child.ok()) return nullptr;
    return std::make_unique<Caged>(file_, std::move(child).value());
  }
  std::byte* region() override { return space_->base() + kGuestRegion; }
  AddressSpace& space() { return *space_; }

  int run(const Call& call) override {
    GuestAddr start{kGuestRegion + call.start};
    switch (call.kind) {
      case Call::kMap:
        return error_of(space_->mmap(request(call)));
      case Call::kUnmap:
        return error_of(space_->munmap(start, call.size));
      case Call::kProtect:
        return error_of(space_->mprotect(start, call.size, call.protection));
      case Call::kRemap:
        return error_of(space_->mremap(start, call.size, call.new_size, call.flags,
                                       GuestAddr{kGuestRegion + call.target}));
      case Call::kAdvise:
        return error_of(space_->madvise(start, call.size, call.advice));
      case Call::kSync:
        return error_of(space_->msync(start, call.size, call.flags));
      case Call::kLock:
        return error_of(space_->munlock(start, call.size));
      default:
        return 0;
    }
  }

 private:
  template <class T>
  static int error_of(const Result<T>& result) {
    return result.ok() ? 0 : result.error().number();
  }
  MapRequest request(const Call& call) const {
    MapRequest request;
    request.address = GuestAddr{kGuestRegion + call.start};
    request.size = call.size;
    request.protection = call.protection;
    request.flags = call.flags | MAP_FIXED | (call.file ? 0 : MAP_ANONYMOUS);
    request.offset = call.offset;
    if (call.file) request.source = FileSource{file_, PROT_READ | PROT_WRITE};
    return request;
  }

  UniqueFd fd_;
  std::shared_ptr<MappedFile> file_;
  std::unique_ptr<AddressSpace> space_;
};

// What a program can see of a page.
struct PageView {
  bool readable = false;
  bool writable = false;
  std::array<unsigned char, 8> bytes{};
  bool operator==(const PageView&) const = default;
};

PageView look(std::byte* page) {
  PageView view;
  view.readable = sfi_safe_copy(view.bytes.data(), page, view.bytes.size()) == 0;
  // Writes back the byte in the middle of the page that it finds; nothing else uses it.
  view.writable = sfi_safe_fill(page + kPage / 2, 0, 1) == 0;
  return view;
}

Call random_call(std::mt19937& random) {
  auto pick = [&](uint64_t bound) { return static_cast<uint64_t>(random()) % bound; };
  constexpr int kProtections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                  PROT_READ | PROT_WRITE, PROT_WRITE};
  constexpr int kAdvices[] = {
      MADV_NORMAL,     MADV_RANDOM, MADV_DONTNEED,   MADV_DONTNEED,      MADV_WILLNEED,
      MADV_DONTFORK,   MADV_DOFORK, MADV_WIPEONFORK, MADV_DONTDUMP,      MADV_COLD,
      MADV_KEEPONFORK, 12345,       MADV_REMOVE,     MADV_POPULATE_READ, MADV_POPULATE_WRITE};
  Call call{};
  call.kind = static_cast<Call::Kind>(pick(Call::kKinds));
  uint64_t first = pick(kPages);
  uint64_t room = kPages - first;
  call.start = first * kPage;
  call.size = (1 + pick(std::min<uint64_t>(room, 10))) * kPage;
  call.protection = kProtections[pick(std::size(kProtections))];
  call.advice = kAdvices[pick(std::size(kAdvices))];
  call.value = static_cast<unsigned char>(pick(256));
  call.file = pick(2) == 0;
  call.offset = pick(kPages - 12) * kPage;
  call.target = pick(kPages - 10) * kPage;
  call.new_size = (1 + pick(10)) * kPage;
  call.new_size = std::min(call.new_size, (call.kind == Call::kRemap ? room : 10) * kPage);
  if (call.kind == Call::kMap) call.flags = pick(2) == 0 ? MAP_SHARED : MAP_PRIVATE;
  if (call.kind == Call::kSync) call.flags = static_cast<int>(pick(8));
  if (call.kind == Call::kRemap) {
    // Only the places that both sides agree on: in place, or fixed.
    constexpr int kMoves[] = {0,
                              MREMAP_MAYMOVE | MREMAP_FIXED,
                              MREMAP_FIXED,
                              MREMAP_MAYMOVE | MREMAP_FIXED,
                              MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
                              8};
    call.flags = kMoves[pick(std::size(kMoves))];
    if ((call.flags & MREMAP_DONTUNMAP) != 0 && pick(4) != 0) call.new_size = call.size;
    if (pick(12) == 0) call.size = 0;
  }
  switch (pick(24)) {
    case 0:
      call.start += 1 + pick(kPage - 1);
      break;
    case 1:
      call.size -= pick(kPage);
      break;
    case 2:
      call.size = 0;
      break;
    case 3:
      call.target += 100;
      break;
    default:
      break;
  }
  return call;
}

// Calls that kernels answer differently: since 6.17 mremap() takes several mappings at once and
// finds nothing wrong with leaving unmapped memory as it is.
bool depends_on_kernel(AddressSpace& space, const Call& call) {
  if (call.kind != Call::kRemap) return false;
  if (call.flags == 0 && sfi::page_up(call.size) == sfi::page_up(call.new_size)) return true;
  uint64_t start = kGuestRegion + call.start;
  uint64_t end = start + sfi::page_up(call.size);
  for (const Vma& vma : space.mappings()) {
    if (vma.start <= start && start < vma.end) return end > vma.end;
  }
  return false;
}

// Which of two reasons to fail comes first in mremap() depends on the kernel.
int comparable(const Call& call, int error) {
  return call.kind == Call::kRemap && error == EFAULT ? EINVAL : error;
}

void write_value(Side& side, const Call& call) {
  std::byte* at = side.region() + call.start / kPage * kPage;
  sfi_safe_fill(at, call.value, 8);
}

using Views = std::array<PageView, kPages>;

Views look(Side& side) {
  Views views;
  for (uint64_t page = 0; page < kPages; ++page) views[page] = look(side.region() + page * kPage);
  return views;
}

// errno, which is comparable.
int run(Side& side, const Call& call) {
  if (call.kind != Call::kWrite) return comparable(call, side.run(call));
  write_value(side, call);
  return 0;
}

std::string describe(const Call& call) {
  std::ostringstream text;
  text << "kind " << call.kind << " start " << call.start << " size " << call.size << " new "
       << call.new_size << " target " << call.target << " flags " << call.flags << " protection "
       << call.protection << " advice " << call.advice << " file " << call.file;
  return text.str();
}

class AgainstNative : public testing::TestWithParam<unsigned> {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override {
    if (!native_.usable()) GTEST_SKIP() << "no free address range";
  }

  sfi::SlotArena arena_;
  WarmSlots slots_{arena_};
  TestImage image_;
  Native native_;
  Caged caged_{slots_, image_};
  std::mt19937 random_{GetParam()};
};

TEST_P(AgainstNative, RandomCallsHaveTheSameEffects) {
  unsigned succeeded = 0;
  for (int step = 0; step < 1500; ++step) {
    Call call = random_call(random_);
    if (depends_on_kernel(caged_.space(), call)) continue;
    SCOPED_TRACE(testing::Message() << "step " << step << ' ' << describe(call));
    int expected = run(native_, call);
    ASSERT_EQ(run(caged_, call), expected);
    if (expected == 0 && call.kind != Call::kWrite) ++succeeded;
    ASSERT_EQ(look(caged_), look(native_));
  }
  EXPECT_GT(succeeded, 250U);
}

// Children get the same memory as from fork(2), go on alike and have the same effect on what they
// share with their parents.
TEST_P(AgainstNative, ForksHaveTheSameMemory) {
  constexpr int kForks = 60;
  constexpr int kCalls = 12;
  for (int round = 0; round < kForks; ++round) {
    SCOPED_TRACE(testing::Message() << "fork " << round);
    for (uint64_t page = 0; page < kPages; ++page) {
      Call call{};
      call.kind = Call::kWrite;
      call.start = page * kPage;
      call.value = static_cast<unsigned char>(random_());
      run(caged_, call);
      run(native_, call);
    }
    for (int step = 0; step < kCalls; ++step) {
      Call call = random_call(random_);
      if (depends_on_kernel(caged_.space(), call)) continue;
      ASSERT_EQ(run(caged_, call), run(native_, call)) << describe(call);
    }
    std::unique_ptr<Caged> child = caged_.fork();
    ASSERT_NE(child, nullptr);
    std::vector<Call> calls;
    std::vector<int> errors;
    auto run_in_child = [&](const Call& call) {
      if (depends_on_kernel(child->space(), call)) return;
      calls.push_back(call);
      errors.push_back(run(*child, call));
    };
    const Views before = look(*child);
    for (int step = 0; step < kCalls; ++step) run_in_child(random_call(random_));
    // What is in pages that couldn't be read.
    for (uint64_t page = 0; page < kPages; ++page) {
      Call call{};
      call.kind = Call::kProtect;
      call.start = page * kPage;
      call.size = kPage;
      call.protection = PROT_READ;
      run_in_child(call);
    }
    const Views after = look(*child);
    pid_t native_child = fork();
    ASSERT_GE(native_child, 0);
    if (native_child == 0) {
      if (look(native_) != before) _exit(1);
      for (size_t i = 0; i < calls.size(); ++i) {
        if (run(native_, calls[i]) != errors[i]) _exit(2);
      }
      _exit(look(native_) == after ? 0 : 3);
    }
    int status = 0;
    ASSERT_EQ(waitpid(native_child, &status, 0), native_child);
    ASSERT_EQ(status, 0) << "exit " << WEXITSTATUS(status);
    child.reset();
    ASSERT_EQ(look(caged_), look(native_)) << "the parents, afterwards";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AgainstNative, testing::Range(1U, 6U));

}  // namespace
}  // namespace rawposix::mm
