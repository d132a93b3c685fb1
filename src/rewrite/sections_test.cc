// SPDX-License-Identifier: Apache-2.0
#include "rewrite/sections.h"

#include <gtest/gtest.h>

namespace rawposix::rewrite {
namespace {

class SectionsTest : public ::testing::Test {
 protected:
  std::string_view after(std::string_view directive) {
    sections_.apply({directive, 1, Statement::kDirective});
    return sections_.current().name;
  }
  SectionKind kind() const { return sections_.current().kind; }

  Sections sections_;
};

TEST_F(SectionsTest, StartsInText) {
  EXPECT_EQ(sections_.current().name, ".text");
  EXPECT_EQ(kind(), SectionKind::kCode);
  EXPECT_FALSE(sections_.apply({".globl x", 1, Statement::kDirective}));
}

TEST_F(SectionsTest, KindsByFlagsAndName) {
  after(".section .text.f,\"ax\",@progbits");
  EXPECT_EQ(kind(), SectionKind::kCode);
  after(".section .text.unlikely");
  EXPECT_EQ(kind(), SectionKind::kCode);
  after(".section .rodata");
  EXPECT_EQ(kind(), SectionKind::kData);
  after(".section custom,\"aw\"");
  EXPECT_EQ(kind(), SectionKind::kData);
  after(".section custom");  // known by now
  EXPECT_EQ(kind(), SectionKind::kData);
  after(".section .debug_info,\"\",@progbits");
  EXPECT_EQ(kind(), SectionKind::kOther);
  after(".section .eh_frame,\"a\",@progbits");
  EXPECT_EQ(kind(), SectionKind::kUnwind);
  after(".data");
  EXPECT_EQ(kind(), SectionKind::kData);
}

TEST_F(SectionsTest, PushPopPrevious) {
  after(".data");
  EXPECT_EQ(after(".pushsection .rodata"), ".rodata");
  EXPECT_EQ(after(".pushsection .text.x, 1, \"ax\""), ".text.x");
  EXPECT_EQ(kind(), SectionKind::kCode);
  EXPECT_EQ(after(".popsection"), ".rodata");
  EXPECT_EQ(after(".popsection"), ".data");
  EXPECT_EQ(after(".previous"), ".text");
  EXPECT_EQ(after(".previous"), ".data");
}

TEST_F(SectionsTest, GroupsOfOneNameAreDifferentSections) {
  after(".section .text.f,\"axG\",@progbits,one,comdat");
  const Section* one = &sections_.current();
  const std::string_view enter = one->enter;
  after(".section .text.f,\"axG\",@progbits,two,comdat");
  EXPECT_NE(sections_.current().enter, enter);
}

TEST_F(SectionsTest, RemembersTheLastSubsection) {
  after(".text 2");
  after(".subsection 1");
  EXPECT_EQ(sections_.current().last_subsection, 2);
}

}  // namespace
}  // namespace rawposix::rewrite
