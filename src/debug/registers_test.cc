// SPDX-License-Identifier: Apache-2.0
#include "debug/registers.h"

#include <gtest/gtest.h>

#include <cstring>

#include "debug/test_target.h"

namespace rawposix::debug {
namespace {

constexpr unsigned kR11 = 11;
constexpr unsigned kR14 = 14;
constexpr unsigned kEflags = 17;
constexpr unsigned kFtag = 34;
constexpr unsigned kXmm3 = 43;
constexpr unsigned kMxcsr = 56;
constexpr unsigned kFsBase = 58;

class RegistersTest : public testing::Test {
 protected:
  RegistersTest() { spread_vectors(context()); }
  sfi::Context& context() { return target_.task->context(); }
  uint64_t get(unsigned number) {
    std::byte bytes[16] = {};
    read_register(context(), number, std::span(bytes).first(register_size(number)));
    uint64_t value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  bool set(unsigned number, uint64_t value) {
    std::byte bytes[16] = {};
    std::memcpy(bytes, &value, sizeof value);
    return write_register(context(), number, std::span(bytes).first(register_size(number)));
  }
  TestTarget target_;
};

TEST_F(RegistersTest, StartAsTheProgramDoes) {
  EXPECT_EQ(get(kRip), TestTarget::kEntry);
  EXPECT_EQ(get(kRsp), context().regs.rsp);
  EXPECT_EQ(get(kFtag), 0xffffU);
  EXPECT_EQ(get(kMxcsr), 0x1f80U);
}

TEST_F(RegistersTest, KeepTheInvariantsOfCages) {
  EXPECT_FALSE(set(kRip, TestTarget::kJump + 7)) << "inside a sequence";
  EXPECT_FALSE(set(kRip, TestTarget::kEntry + 1)) << "inside an instruction";
  EXPECT_FALSE(set(kRip, sfi::kSlotSize + TestTarget::kEntry));
  EXPECT_EQ(get(kRip), TestTarget::kEntry);
  EXPECT_TRUE(set(kRip, TestTarget::kFunction));

  EXPECT_TRUE(set(kRsp, UINT64_MAX));
  EXPECT_EQ(get(kRsp), UINT32_MAX);
  EXPECT_TRUE(set(kR11, UINT64_MAX));
  EXPECT_EQ(get(kR11), UINT32_MAX);
  EXPECT_TRUE(set(kFsBase, UINT64_MAX));
  EXPECT_EQ(context().thread_pointer, UINT32_MAX);
  EXPECT_TRUE(set(kR14, 1));
  EXPECT_EQ(get(kR14), 0U);
  EXPECT_TRUE(set(kEflags, 0xffffffff));
  EXPECT_EQ(context().regs.rflags, 0x202U | 0xcd5U);
  EXPECT_TRUE(set(kMxcsr, 0xffffffff));
  EXPECT_EQ(get(kMxcsr), 0xffffU) << "xrstor faults on others";
}

TEST_F(RegistersTest, AreWhereTheirNumbersSay) {
  for (unsigned number = 0; number < register_count(); number++) {
    ASSERT_NE(register_size(number), 0U);
    set(number, 0x0102030405060708);
  }
  EXPECT_EQ(context().regs.rbx, 0x0102030405060708U);
  EXPECT_EQ(context().regs.r15, 0x0102030405060708U);
  uint64_t xmm3;
  std::memcpy(&xmm3, context().vectors + 160 + 3 * 16, sizeof xmm3);
  EXPECT_EQ(xmm3, 0x0102030405060708U);
  EXPECT_EQ(get(kXmm3), xmm3);
  EXPECT_EQ(register_size(register_count()), 0U);
}

TEST_F(RegistersTest, AreDescribed) {
  std::string text = target_description();
  EXPECT_NE(text.find("<reg name=\"rip\" bitsize=\"64\" type=\"code_ptr\" regnum=\"16\"/>"),
            std::string::npos);
  std::string last = "regnum=\"" + std::to_string(register_count() - 1) + "\"";
  EXPECT_NE(text.find(last), std::string::npos);
}

}  // namespace
}  // namespace rawposix::debug
