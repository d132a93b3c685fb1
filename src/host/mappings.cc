// SPDX-License-Identifier: Apache-2.0
#include "host/mappings.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <string_view>

#include "host/file.h"
#include "host/memory.h"
#include "support/unique_fd.h"

namespace rawposix::host {
namespace {

constexpr uint64_t kPageSize = 4096;

// Linux's own default, include/linux/mm.h (DEFAULT_MAX_MAP_COUNT).
constexpr uint64_t kDefaultBound = 65530;
// What every cage gets of it even if others take all they can: several times what a small program
// in a cage needs.
constexpr uint64_t kSmallShare = 64;

uint64_t bound_of_process() {
  Result<UniqueFd> file = open_outside("/proc/sys/vm/max_map_count", O_RDONLY);
  std::array<char, 32> text{};
  ssize_t length = file.ok() ? ::read(file.value().get(), text.data(), text.size()) : -1;
  uint64_t bound = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + (length > 0 ? length : 0), bound, 10);
  return error == std::errc() ? bound : kDefaultBound;
}

// Pages whose neighbours are protected otherwise, so that each is a mapping. Given up from the end:
// that never splits one.
class Spares {
 public:
  static Spares& of_process() {
    static Spares spares;
    return spares;
  }
  bool give_up_one() {
    int count = left_.load(std::memory_order_relaxed);
    while (count > 0 && !left_.compare_exchange_weak(count, count - 1)) {
    }
    if (count <= 0) return false;
    return unmap(start_ + static_cast<uint64_t>(count - 1) * kPageSize, kPageSize).ok();
  }

 private:
  static constexpr int kSpares = 8;
  Spares() {
    auto mapped = map(nullptr, kSpares * kPageSize, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
    if (!mapped.ok()) return;
    start_ = mapped.value();
    for (int i = 0; i < kSpares; i += 2) {
      static_cast<void>(
          protect(start_ + static_cast<uint64_t>(i) * kPageSize, kPageSize, PROT_READ));
    }
    left_ = kSpares;
  }

  std::byte* start_ = nullptr;
  std::atomic<int> left_{0};
};

// Calls `visit` with the start of each mapping of the process, ascending, until it returns false.
template <class Visit>
Result<> for_each_mapping(Visit visit) {
  const UniqueFd file = TRY(open_outside("/proc/self/maps", O_RDONLY));
  std::array<char, 16 * 1024> buffer;
  size_t kept = 0;  // of a line whose end is still to come
  while (true) {
    ssize_t count = ::read(file.get(), buffer.data() + kept, buffer.size() - kept);
    if (count < 0) return Errno::last();
    if (count == 0) return {};
    std::string_view text(buffer.data(), kept + static_cast<size_t>(count));
    for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      uint64_t start = 0;
      std::from_chars(text.data(), text.data() + end, start, 16);
      if (!visit(start)) return {};
      text.remove_prefix(end + 1);
    }
    // A path can't be as long as the buffer.
    if (text.size() == buffer.size()) return Errno(EOVERFLOW);
    kept = text.copy(buffer.data(), text.size());
  }
}

}  // namespace

Budget& mapping_budget() {
  // What one small program has neither needs to know the bound nor gets near it.
  static Budget budget(Budget::FoundLate{[] {
                         Spares::of_process();
                         return bound_of_process() / 4 * 3;
                       }},
                       kSmallShare);
  return budget;
}

Result<std::vector<uint64_t>> mapping_edges(const std::byte* start, uint64_t size) {
  auto first = reinterpret_cast<uint64_t>(start);
  std::vector<uint64_t> edges;
  TRY(for_each_mapping([&](uint64_t address) {
    if (address > first && address - first < size) edges.push_back(address - first);
    return address < first + size;
  }));
  return edges;
}

bool give_up_spare_mapping() { return Spares::of_process().give_up_one(); }

}  // namespace rawposix::host
