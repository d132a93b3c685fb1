// SPDX-License-Identifier: Apache-2.0
// Corpus files: snippets of GNU assembly, separated by lines of three dashes, assembled when the
// test runs. A comment `# rule: NAME` tells which rule a snippet breaks, `# address: N` where it
// lies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rawposix::verify {

struct Snippet {
  std::string name;  // file and line
  std::string source;
  std::string rule;  // empty in accept files
  uint32_t address = 0x100000;
  std::vector<uint8_t> code;  // padded with 0xCC to whole bundles
};

// All snippets of the *.s files in a folder of tests/verify. Throws std::runtime_error.
std::vector<Snippet> load_corpus(const std::string& folder);

// Assembles one piece of code, padded like a snippet's.
std::vector<uint8_t> assemble_text(const std::string& source);

// Runs a program and returns what it wrote to standard output. Throws if it fails.
std::string run_program(const std::vector<std::string>& arguments);

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);

// A folder of this process for temporary files, removed at exit.
const std::string& scratch_folder();

}  // namespace rawposix::verify
