// SPDX-License-Identifier: Apache-2.0
#include "debug/perf_map.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "debug/test_target.h"

namespace rawposix::debug {
namespace {

std::string maps_line_of(uint64_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uint64_t start = std::stoull(line, nullptr, 16);
    uint64_t end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    if (start <= address && address < end) return line;
  }
  return "";
}

TEST(PerfMapTest, ShowsTextOfNoFileThatNobodyCanWrite) {
  std::string path = testing::TempDir() + "/perf-map-" + std::to_string(getpid());
  std::ofstream(path) << "old";
  TestTarget target;
  std::vector<std::byte> bytes = TestTarget::program().build();
  loader::MemorySource file(bytes);
  auto text = reinterpret_cast<uint64_t>(target.task->memory().base()) + TestTarget::kEntry;
  EXPECT_NE(maps_line_of(text).find("memfd"), std::string::npos);

  PerfMap map(path);
  ASSERT_TRUE(map.add(*target.cage, file).ok());
  std::string line = maps_line_of(text);
  EXPECT_NE(line.find(" r-xp "), std::string::npos) << line;
  EXPECT_EQ(line.find('/'), std::string::npos) << line;
  EXPECT_EQ(target.byte_at(TestTarget::kFunction), 0x83);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 0) << "the program has no symbols, the old file is gone";
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  unlink(path.c_str());
}

}  // namespace
}  // namespace rawposix::debug
