// SPDX-License-Identifier: Apache-2.0
#include "mm/vma_set.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "sfi/layout.h"

namespace rawposix::mm {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;

Vma anonymous(uint64_t first, uint64_t last, int protection = PROT_READ | PROT_WRITE) {
  Vma vma;
  vma.start = first * kPage;
  vma.end = last * kPage;
  vma.protection = protection;
  return vma;
}

Vma of_file(std::shared_ptr<const MappedFile> file, uint64_t first, uint64_t last,
            uint64_t file_page) {
  Vma vma = anonymous(first, last);
  vma.file = std::move(file);
  vma.file_offset = file_page * kPage;
  return vma;
}

TEST(VmaSet, MergesAlikeNeighbours) {
  VmaSet set;
  set.insert(anonymous(0, 2));
  set.insert(anonymous(4, 6));
  EXPECT_EQ(set.size(), 2U);
  set.insert(anonymous(2, 4));
  EXPECT_EQ(set.size(), 1U);
  EXPECT_TRUE(set.covers(0, 6 * kPage));
  set.insert(anonymous(6, 7, PROT_READ));
  EXPECT_EQ(set.size(), 2U);
  EXPECT_EQ(set.totals().all, 7U);
  EXPECT_EQ(set.totals().data, 6U);
}

TEST(VmaSet, FilesMergeOnlyWhereTheFileGoesOn) {
  auto file = std::make_shared<MappedFile>();
  auto other = std::make_shared<MappedFile>();
  VmaSet set;
  set.insert(of_file(file, 0, 2, 10));
  set.insert(of_file(file, 2, 4, 12));
  EXPECT_EQ(set.size(), 1U);
  set.insert(of_file(file, 4, 5, 13));
  EXPECT_EQ(set.size(), 2U);
  set.insert(of_file(other, 5, 6, 14));
  EXPECT_EQ(set.size(), 3U);
  set.remove(kPage, 2 * kPage);
  EXPECT_EQ(set.at(2 * kPage)->file_offset, 12 * kPage);
  EXPECT_EQ(set.at(kPage), nullptr);
}

TEST(VmaSet, RemoveCutsBothSides) {
  VmaSet set;
  set.insert(anonymous(0, 10));
  EXPECT_EQ(set.cuts(2 * kPage, 4 * kPage), 2U);
  EXPECT_EQ(set.cuts(0, 10 * kPage), 0U);
  set.remove(2 * kPage, 4 * kPage);
  EXPECT_EQ(set.size(), 2U);
  EXPECT_FALSE(set.overlaps(2 * kPage, 4 * kPage));
  EXPECT_TRUE(set.overlaps(0, 3 * kPage));
  EXPECT_FALSE(set.covers(0, 10 * kPage));
  EXPECT_EQ(set.totals().all, 8U);
}

TEST(VmaSet, Gaps) {
  VmaSet set;
  set.insert(anonymous(10, 20));
  set.insert(anonymous(30, 40));
  auto high = [&](uint64_t size, uint64_t from, uint64_t to) {
    auto found = set.highest_gap(size * kPage, from * kPage, to * kPage);
    return found.has_value() ? static_cast<int64_t>(*found / kPage) : -1;
  };
  auto low = [&](uint64_t size, uint64_t from, uint64_t to) {
    auto found = set.lowest_gap(size * kPage, from * kPage, to * kPage);
    return found.has_value() ? static_cast<int64_t>(*found / kPage) : -1;
  };
  EXPECT_EQ(high(5, 0, 50), 45);
  EXPECT_EQ(high(10, 0, 40), 20);
  EXPECT_EQ(high(10, 0, 45), 20);
  EXPECT_EQ(high(10, 0, 35), 20);
  EXPECT_EQ(high(11, 0, 40), -1);
  EXPECT_EQ(high(10, 0, 25), 0);
  EXPECT_EQ(high(11, 0, 25), -1);
  EXPECT_EQ(high(1, 12, 18), -1);
  EXPECT_EQ(low(5, 0, 50), 0);
  EXPECT_EQ(low(11, 0, 60), 40);
  EXPECT_EQ(low(10, 5, 60), 20);
  EXPECT_EQ(low(11, 5, 50), -1);
  EXPECT_EQ(low(1, 12, 18), -1);
  EXPECT_EQ(low(5, 15, 25), 20);
}

// Random operations against one record per page.
class Model {
 public:
  static constexpr uint64_t kPages = 64;
  struct Page {
    int protection = -1;  // unmapped
    uint32_t flags = 0;
    bool operator==(const Page&) const = default;
  };

  void set(uint64_t first, uint64_t last, Page page) {
    for (uint64_t i = first; i < last; ++i) pages_[i] = page;
  }
  const Page& operator[](uint64_t page) const { return pages_[page]; }
  bool is_free(uint64_t first, uint64_t last) const {
    for (uint64_t i = first; i < last; ++i) {
      if (pages_[i].protection != -1) return false;
    }
    return true;
  }
  template <class Change>
  void change(uint64_t first, uint64_t last, Change change) {
    for (uint64_t i = first; i < last; ++i) {
      if (pages_[i].protection != -1) change(pages_[i]);
    }
  }
  // Runs of equal pages: what the set must have as mappings.
  size_t runs() const {
    size_t count = 0;
    for (uint64_t i = 0; i < kPages; ++i) {
      bool starts = i == 0 || !(pages_[i] == pages_[i - 1]);
      if (starts && pages_[i].protection != -1) ++count;
    }
    return count;
  }

 private:
  std::array<Page, kPages> pages_;
};

void expect_equal(const VmaSet& set, const Model& model) {
  ASSERT_EQ(set.size(), model.runs());
  VmaSet::Totals totals;
  for (uint64_t page = 0; page < Model::kPages; ++page) {
    const Vma* vma = set.at(page * kPage);
    ASSERT_EQ(vma != nullptr, model[page].protection != -1) << page;
    if (vma == nullptr) continue;
    ASSERT_EQ(vma->protection, model[page].protection);
    ASSERT_EQ(vma->flags, model[page].flags);
    totals.all += 1;
    totals.data += (vma->protection & PROT_WRITE) != 0 ? 1 : 0;
    totals.locked += vma->has(kVmaLocked) ? 1 : 0;
  }
  ASSERT_EQ(set.totals().all, totals.all);
  ASSERT_EQ(set.totals().data, totals.data);
  ASSERT_EQ(set.totals().locked, totals.locked);
}

TEST(VmaSet, RandomOperationsMatchAPageMap) {
  std::mt19937 random(20240601);
  auto pick = [&](uint64_t bound) { return static_cast<uint64_t>(random()) % bound; };
  constexpr int kProtections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
  VmaSet set;
  Model model;
  for (int step = 0; step < 20000; ++step) {
    uint64_t first = pick(Model::kPages);
    uint64_t last = first + 1 + pick(std::min<uint64_t>(Model::kPages - first, 12));
    int protection = kProtections[pick(3)];
    switch (pick(4)) {
      case 0:
        set.remove(first * kPage, last * kPage);
        model.set(first, last, {});
        break;
      case 1:
        set.update(first * kPage, last * kPage, [&](Vma& v) { v.protection = protection; });
        model.change(first, last, [&](Model::Page& p) { p.protection = protection; });
        break;
      case 2:
        set.update(first * kPage, last * kPage, [&](Vma& v) { v.flags ^= kVmaLocked; });
        model.change(first, last, [&](Model::Page& p) { p.flags ^= kVmaLocked; });
        break;
      default:
        if (!model.is_free(first, last)) break;
        set.insert(anonymous(first, last, protection));
        model.set(first, last, {protection, 0});
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(set, model)) << "step " << step;
  }
}

}  // namespace
}  // namespace rawposix::mm
