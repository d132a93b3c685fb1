// SPDX-License-Identifier: Apache-2.0
#include "mm/host_map.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <utility>
#include <vector>

namespace rawposix::mm {
namespace {

constexpr HostPiece kReserved = HostPiece::reserved();
constexpr HostPiece kMemory{HostPiece::Origin::kFresh, PROT_READ | PROT_WRITE};
constexpr HostPiece kReadOnly{HostPiece::Origin::kFresh, PROT_READ};
constexpr HostPiece kInaccessible{HostPiece::Origin::kFresh, PROT_NONE, false};
constexpr HostPiece kFile{HostPiece::Origin::kFile, PROT_READ};

using Parts = std::vector<std::pair<uint64_t, uint64_t>>;

Parts parts(const HostMap& map, uint64_t start, uint64_t end) {
  Parts found;
  map.for_each_part(start, end, [&](uint64_t from, uint64_t to) {
    found.emplace_back(from, to);
    return true;
  });
  return found;
}

TEST(HostMap, AMappingHasTwoEdges) {
  HostMap map;
  EXPECT_EQ(map.growth_by_replacing(10, 20), 2);
  map.replace(10, 20, kMemory);
  EXPECT_EQ(map.edges(), 2U);
  EXPECT_EQ(parts(map, 5, 25), (Parts{{5, 10}, {10, 20}, {20, 25}}));
}

TEST(HostMap, NewMemoryJoinsWhatIsLikeIt) {
  HostMap map;
  map.replace(10, 20, kMemory);
  map.replace(20, 30, kMemory);
  map.replace(5, 10, kMemory);
  EXPECT_EQ(parts(map, 5, 30), (Parts{{5, 30}}));
  map.replace(30, 40, kReadOnly);
  map.replace(40, 50, HostPiece{HostPiece::Origin::kFresh, PROT_READ, false});
  EXPECT_EQ(map.edges(), 4U);
}

TEST(HostMap, NewMemoryBetweenTwoLikeItMayJoinNeitherOrBoth) {
  HostMap map;
  map.replace(10, 20, kMemory);
  map.replace(30, 40, kMemory);
  map.replace(20, 30, kMemory);
  EXPECT_EQ(map.edges(), 4U);
}

TEST(HostMap, FilesNeverJoin) {
  HostMap map;
  map.replace(10, 20, kFile);
  map.replace(20, 30, kFile);
  EXPECT_EQ(map.edges(), 3U);
}

TEST(HostMap, ReservingLeavesNoEdge) {
  HostMap map;
  map.replace(10, 20, kMemory);
  map.replace(20, 30, kFile);
  map.replace(40, 50, kFile);
  EXPECT_EQ(map.growth_by_replacing(10, 30), -1);  // the worst case: it joins nothing
  map.replace(10, 30, kReserved);
  EXPECT_EQ(map.edges(), 2U);
  map.replace(40, 50, kReserved);
  EXPECT_EQ(map.edges(), 0U);
}

TEST(HostMap, WhatWasDividedStaysSo) {
  HostMap map;
  map.replace(10, 20, kMemory);
  EXPECT_EQ(map.growth_by_dividing(12, 14), 2);
  map.divide(12, 14);
  EXPECT_EQ(map.growth_by_dividing(12, 14), 0);
  map.divide(12, 14);
  EXPECT_EQ(map.edges(), 4U);
  // The rest is still what it was.
  map.replace(20, 30, kMemory);
  EXPECT_EQ(parts(map, 10, 30), (Parts{{10, 12}, {12, 14}, {14, 30}}));
}

// Linux could join the new mapping with the changed one instead of the fresh one.
TEST(HostMap, NewMemoryBesideChangedMemoryMayJoinEither) {
  HostMap map;
  map.replace(10, 20, kReadOnly);
  map.protect(10, 20, PROT_READ | PROT_WRITE);
  map.replace(30, 40, kMemory);
  map.replace(20, 30, kMemory);
  EXPECT_EQ(parts(map, 10, 40), (Parts{{10, 20}, {20, 30}, {30, 40}}));
  map.protect(10, 20, PROT_READ);
  map.replace(20, 30, kMemory);
  EXPECT_EQ(parts(map, 10, 40), (Parts{{10, 20}, {20, 40}}));
}

TEST(HostMap, ReservedRangesBesideMappingsThatLookLikeThem) {
  HostMap map;
  map.replace(10, 20, kInaccessible);
  map.replace(20, 30, kMemory);
  map.replace(20, 30, kReserved);  // with what is before, or what is behind
  EXPECT_EQ(parts(map, 10, 40), (Parts{{10, 20}, {20, 30}, {30, 40}}));
  map.replace(10, 30, kReserved);
  EXPECT_EQ(map.edges(), 0U);
}

TEST(HostMap, MovedPagesTakeTheirEdgesAlongAndJoinNothing) {
  HostMap map;
  map.replace(10, 20, kMemory);
  map.divide(12, 14);
  map.replace(50, 60, kMemory);
  EXPECT_EQ(map.growth_by_moving(10, 10, 60), 3);
  map.move(10, 10, 60);
  EXPECT_EQ(parts(map, 50, 75), (Parts{{50, 60}, {60, 62}, {62, 64}, {64, 70}, {70, 75}}));
  map.replace(20, 30, kMemory);  // not with what the pages left behind
  EXPECT_EQ(parts(map, 14, 30), (Parts{{14, 20}, {20, 30}}));
}

TEST(HostMap, AMoveOverMappingsCountsThemAsGone) {
  HostMap map;
  map.replace(10, 20, kMemory);
  map.replace(30, 32, kMemory);
  map.replace(33, 40, kMemory);
  EXPECT_EQ(map.growth_by_moving(10, 10, 30), -2);
  map.move(10, 10, 30);
  EXPECT_EQ(map.edges(), 4U);
}

TEST(HostMap, RetainKeepsWhatTheHostHas) {
  HostMap map;
  map.replace(10, 20, kMemory);
  for (uint64_t at = 10; at < 20; ++at) map.divide(at, at + 1);
  EXPECT_EQ(map.edges(), 11U);
  EXPECT_EQ(map.added(), 11U);
  map.retain(std::array<uint64_t, 3>{10, 15, 20});
  EXPECT_EQ(map.added(), 0U);
  EXPECT_EQ(parts(map, 5, 25), (Parts{{5, 10}, {10, 15}, {15, 20}, {20, 25}}));
}

TEST(HostMap, RetainTellsReservedRangesFromMappingsThatLookLikeThem) {
  HostMap map;
  map.replace(10, 20, kInaccessible);
  map.retain({});
  EXPECT_EQ(map.edges(), 2U);
  map.replace(10, 20, kReserved);
  EXPECT_EQ(map.edges(), 0U);
}

TEST(HostMap, RetainLearnsOfEdgesThatItDidNotExpect) {
  HostMap map;
  map.replace(10, 20, kMemory);
  map.retain(std::array<uint64_t, 5>{5, 10, 17, 20, 40});
  EXPECT_EQ(parts(map, 0, 50), (Parts{{0, 5}, {5, 10}, {10, 17}, {17, 20}, {20, 40}, {40, 50}}));
}

}  // namespace
}  // namespace rawposix::mm
