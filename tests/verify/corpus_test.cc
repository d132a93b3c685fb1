// SPDX-License-Identifier: Apache-2.0
// The verifier against hand-written code: what it must accept, and what it must refuse and why.
#include "corpus.h"

#include <gtest/gtest.h>

#include <set>

#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

Report verify_snippet(const Snippet& snippet, Memo memo = Memo::kOn) {
  return verify({snippet.code, snippet.address}, {.max_violations = 1000, .memo = memo});
}

std::string all_violations(const Report& report) {
  std::string text;
  for (const Violation& violation : report.violations) text += format(violation) + "\n";
  return text;
}

TEST(Corpus, AcceptsAll) {
  auto corpus = load_corpus("accept");
  EXPECT_GT(corpus.size(), 90);
  for (const Snippet& snippet : corpus) {
    Report report = verify_snippet(snippet);
    EXPECT_TRUE(report.ok()) << snippet.name << snippet.source << all_violations(report);
  }
}

TEST(Corpus, RefusesAllForTheRightReason) {
  auto corpus = load_corpus("reject");
  EXPECT_GT(corpus.size(), 600);
  for (const Snippet& snippet : corpus) {
    Report report = verify_snippet(snippet);
    ASSERT_FALSE(report.ok()) << snippet.name << snippet.source;
    EXPECT_EQ(rule_name(report.violations[0].rule), snippet.rule)
        << snippet.name << "\n"
        << snippet.source << all_violations(report);
  }
}

TEST(Corpus, EveryRuleHasASnippet) {
  std::set<std::string> covered;
  for (const Snippet& snippet : load_corpus("reject")) covered.insert(snippet.rule);
  for (size_t i = 1; i <= kRuleCount; i++) {
    std::string name(rule_name(static_cast<Rule>(i)));
    EXPECT_TRUE(covered.contains(name)) << name;
    EXPECT_FALSE(rule_explanation(static_cast<Rule>(i)).empty());
  }
}

TEST(Corpus, MemoChangesNothing) {
  for (const char* folder : {"accept", "reject"}) {
    for (const Snippet& snippet : load_corpus(folder)) {
      Report with = verify_snippet(snippet, Memo::kOn);
      Report without = verify_snippet(snippet, Memo::kOff);
      EXPECT_EQ(all_violations(with), all_violations(without)) << snippet.name;
    }
  }
}

}  // namespace
}  // namespace rawposix::verify
