// SPDX-License-Identifier: Apache-2.0
// golden_test FILE...: each file holds snippets of assembly and what the rewriter makes of them:
//
//   input
//   >>>
//   expected
//   ------
//
// One expected statement per line; "{" and "}" stand for .bundle_lock and .bundle_unlock. A snippet
// that must be refused expects lines "error LINE: REASON". Lines that start with "##" are remarks.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/rewriter.h"

namespace {

using Lines = std::vector<std::string>;

bool is_error(std::string_view line) { return line.starts_with("error "); }

std::string normalize(std::string_view statement) {
  if (is_error(statement)) return std::string(statement);
  std::string out;
  for (const char c : statement) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ' && out.back() != ',') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out == ".bundle_lock") return "{";
  if (out == ".bundle_unlock") return "}";
  return out;
}

// The statements of a text, one per line.
Lines split(std::string_view text) {
  Lines lines;
  std::string line;
  const auto end_line = [&] {
    std::string normal = normalize(line);
    if (!normal.empty() && !normal.starts_with("##")) lines.push_back(std::move(normal));
    line.clear();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const bool separator = text[at] == '\n' || (text.substr(at, 2) == "; " && !is_error(line));
    if (separator) {
      end_line();
    } else {
      line += text[at];
    }
  }
  end_line();
  return lines;
}

Lines run(const std::string& input) {
  const rawposix::rewrite::Rewritten result = rawposix::rewrite::rewrite(input, {});
  Lines lines;
  for (const auto& error : result.errors) {
    lines.push_back("error " + std::to_string(error.line) + ": " + error.reason);
  }
  if (!lines.empty()) return lines;
  // Without the two lines of header.
  size_t body = result.text.find('\n');
  body = result.text.find('\n', body + 1);
  lines = split(std::string_view(result.text).substr(body));
  // The end of section .text, where it is the only one.
  const size_t size = lines.size();
  if (size >= 2 && lines[size - 2] == ".text" && lines[size - 1] == ".p2align 5") {
    lines.resize(size - 2);
  }
  return lines;
}

std::string join(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += "    " + line + "\n";
  return text;
}

bool check(const std::string& path, int line, const std::string& input,
           const std::string& expected) {
  const Lines want = split(expected);
  const Lines got = run(input);
  if (want == got) return true;
  std::printf("%s:%d: failed\n  input:\n%s  expected:\n%s  got:\n%s", path.c_str(), line,
              join(split(input)).c_str(), join(want).c_str(), join(got).c_str());
  return false;
}

// Returns the number of snippets, and counts failures.
int check_file(const std::string& path, int& failures) {
  std::ifstream file(path);
  std::string line;
  std::string input;
  std::string expected;
  bool after_arrow = false;
  int number = 0;
  int start = 1;
  int snippets = 0;
  const auto finish = [&] {
    if (!after_arrow) return;
    ++snippets;
    if (!check(path, start, input, expected)) ++failures;
  };
  while (std::getline(file, line)) {
    ++number;
    if (line == "------") {
      finish();
      input.clear();
      expected.clear();
      after_arrow = false;
      start = number + 1;
    } else if (line == ">>>") {
      after_arrow = true;
    } else {
      (after_arrow ? expected : input) += line + "\n";
    }
  }
  finish();
  return snippets;
}

}  // namespace

int main(int argc, char** argv) {
  int failures = 0;
  int snippets = 0;
  for (int i = 1; i < argc; ++i) {
    const int count = check_file(argv[i], failures);
    if (count == 0) {
      std::printf("%s: no snippets\n", argv[i]);
      ++failures;
    }
    snippets += count;
  }
  std::printf("%d snippets, %d failed\n", snippets, failures);
  return failures == 0 && snippets > 0 ? 0 : 1;
}
