// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <elf.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

namespace rawposix::verify {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBundle = 32;

std::string quoted(const std::string& argument) {
  std::string text = "'";
  for (char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// The value of a comment `# key: value` in `line`, or nothing.
std::string directive(const std::string& line, const std::string& key) {
  std::string prefix = "# " + key + ": ";
  size_t found = line.find(prefix);
  return found == std::string::npos ? "" : line.substr(found + prefix.size());
}

std::vector<Snippet> split(const fs::path& file) {
  std::vector<Snippet> snippets(1);
  std::istringstream lines(read_file(file));
  std::string line;
  int number = 0;
  auto name = [&] { return file.filename().string() + ":" + std::to_string(number + 1); };
  snippets.back().name = name();
  while (std::getline(lines, line)) {
    number++;
    if (line == "---") {
      snippets.emplace_back();
      snippets.back().name = name();
      line = "";
    }
    Snippet& snippet = snippets.back();
    snippet.source += line + "\n";
    if (auto rule = directive(line, "rule"); !rule.empty()) snippet.rule = rule;
    if (auto address = directive(line, "address"); !address.empty()) {
      snippet.address = static_cast<uint32_t>(std::stoul(address, nullptr, 0));
    }
  }
  return snippets;
}

template <typename T>
T read_struct(const std::string& bytes, uint64_t offset) {
  if (offset + sizeof(T) > bytes.size()) throw std::runtime_error("truncated object file");
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// Sections of an object file by name.
std::map<std::string, std::string> sections(const std::string& object) {
  std::map<std::string, std::string> result;
  auto header = read_struct<Elf64_Ehdr>(object, 0);
  auto section = [&](unsigned index) {
    return read_struct<Elf64_Shdr>(object, header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  Elf64_Shdr names = section(header.e_shstrndx);
  for (unsigned i = 0; i < header.e_shnum; i++) {
    Elf64_Shdr current = section(i);
    std::string name = object.c_str() + names.sh_offset + current.sh_name;
    if (name.starts_with(".rela.snippet")) throw std::runtime_error("relocation in " + name);
    if (current.sh_type == SHT_PROGBITS) {
      result[name] = object.substr(current.sh_offset, current.sh_size);
    }
  }
  return result;
}

void assemble(std::vector<Snippet>& snippets, const std::string& stem) {
  std::string source;
  for (size_t i = 0; i < snippets.size(); i++) {
    source += ".section .snippet." + std::to_string(i) + ",\"ax\"\n" + snippets[i].source;
  }
  std::string input = scratch_folder() + "/" + stem + ".s";
  std::string output = scratch_folder() + "/" + stem + ".o";
  write_file(input, source);
  run_program({RAWPOSIX_AS, "--64", "-o", output, input});
  auto assembled = sections(read_file(output));
  for (size_t i = 0; i < snippets.size(); i++) {
    const std::string& bytes = assembled.at(".snippet." + std::to_string(i));
    if (bytes.empty()) throw std::runtime_error("no code in " + snippets[i].name);
    snippets[i].code.assign(bytes.begin(), bytes.end());
    snippets[i].code.resize((bytes.size() + kBundle - 1) / kBundle * kBundle, 0xcc);
  }
}

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = fs::temp_directory_path() / "verify-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

const std::string& scratch_folder() {
  static const ScratchFolder folder;
  return folder.path();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) throw std::runtime_error("can't write " + path);
}

std::string run_program(const std::vector<std::string>& arguments) {
  std::string command;
  for (const std::string& argument : arguments) command += quoted(argument) + " ";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("can't run " + command);
  std::string output;
  std::array<char, 65536> buffer;
  while (size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

std::vector<uint8_t> assemble_text(const std::string& source) {
  std::vector<Snippet> snippets(1);
  snippets[0].name = source;
  snippets[0].source = source + "\n";
  assemble(snippets, "text");
  return snippets[0].code;
}

std::vector<Snippet> load_corpus(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(RAWPOSIX_CORPORA) / folder)) {
    if (entry.path().extension() == ".s") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Snippet> all;
  for (const fs::path& file : files) {
    std::vector<Snippet> snippets = split(file);
    assemble(snippets, folder + "-" + file.stem().string());
    std::move(snippets.begin(), snippets.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace rawposix::verify
