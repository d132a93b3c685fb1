// SPDX-License-Identifier: Apache-2.0
// Throughput of the verifier: on generated code, whose registers vary more than those of compilers,
// and on the code of cage images named on the command line.
#include <benchmark/benchmark.h>
#include <elf.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

using Bytes = std::vector<uint8_t>;

// Writes random allowed instructions, bundle by bundle.
class Generator {
 public:
  Bytes run(size_t size) {
    while (code_.size() < size) {
      Bytes next = instruction();
      size_t room = kBundleSize - code_.size() % kBundleSize;
      if (next.size() > room) code_.insert(code_.end(), room, 0x90);
      code_.insert(code_.end(), next.begin(), next.end());
    }
    code_.resize(size, 0xcc);
    return std::move(code_);
  }

 private:
  uint8_t below(unsigned bound) { return static_cast<uint8_t>(random_() % bound); }

  // Any register but %rsp, %r11 and %r14; the first far more often, as compilers do.
  unsigned reg() {
    constexpr uint8_t kByUse[] = {0, 2, 1, 7, 6, 3, 5, 8, 12, 13, 9, 10, 15};
    unsigned pick = 12;
    for (int i = 0; i < 3; i++) pick = std::min<unsigned>(pick, below(13));
    return kByUse[pick];
  }

  void append(Bytes& to, std::initializer_list<unsigned> bytes) {
    for (unsigned byte : bytes) to.push_back(static_cast<uint8_t>(byte));
  }
  void displacement(Bytes& to, unsigned size) {
    for (unsigned i = 0; i < size; i++) to.push_back(below(128));
  }

  Bytes instruction() {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
        return registers();
      case 3:
      case 4:
      case 5:
      case 6:
        return guarded({}, {below(2) != 0 ? 0x8bu : 0x89u});
      case 7:
        return guarded({0xf2}, {0x0f, 0x58});
      case 8:
      case 9:
        return stack();
      case 10:
        return immediate();
      case 11:
        return push_or_pop();
      case 12:
        return branch();
      case 13:
        return {0x41, 0x83, 0xe3, 0xe0, 0x4d, 0x03, 0x1e, 0x41, 0xff, 0xe3};  // Q1
      case 14:
        return {0x83, 0xec, below(128), 0x49, 0x03, 0x26};  // Q2
      default:
        return vector();
    }
  }

  Bytes registers() {
    constexpr uint8_t kOpcodes[] = {0x01, 0x09, 0x21, 0x29, 0x31, 0x39, 0x85, 0x89};
    unsigned a = reg();
    unsigned b = reg();
    Bytes bytes;
    unsigned rex = 0x48 | (a >> 3) << 2 | b >> 3;
    append(bytes, {rex, kOpcodes[below(8)], 0xc0 | (a & 7) << 3 | (b & 7)});
    return bytes;
  }

  // %gs:d(base,index,scale)
  Bytes guarded(std::initializer_list<unsigned> prefix, std::initializer_list<unsigned> opcode) {
    unsigned data = reg();
    unsigned base = reg();
    unsigned index = reg();
    bool indexed = below(5) == 0 || (base & 7) == 4;
    unsigned rex = 0x40 | (data >> 3) << 2 | (indexed ? (index >> 3) << 1 : 0) | base >> 3;
    Bytes bytes = {0x65, 0x67};
    append(bytes, prefix);
    if (rex != 0x40) append(bytes, {rex});
    append(bytes, opcode);
    unsigned mod = 1 + below(2);
    append(bytes, {mod << 6 | (data & 7) << 3 | (indexed ? 4 : base & 7)});
    if (indexed) append(bytes, {unsigned{below(4)} << 6 | (index & 7) << 3 | (base & 7)});
    displacement(bytes, mod == 1 ? 1 : 4);
    return bytes;
  }

  Bytes stack() {
    unsigned data = reg();
    Bytes bytes;
    append(bytes, {0x48 | (data >> 3) << 2, 0x8b, 0x44 | (data & 7) << 3, 0x24});
    displacement(bytes, 1);
    return bytes;
  }

  Bytes immediate() {
    unsigned to = reg();
    Bytes bytes;
    append(bytes, {0x48 | to >> 3, 0x81, 0xc0 | unsigned{below(8)} << 3 | (to & 7)});
    displacement(bytes, 4);
    return bytes;
  }

  Bytes push_or_pop() {
    unsigned data = reg();
    Bytes bytes;
    if (data > 7) append(bytes, {0x41});
    append(bytes, {(below(2) != 0 ? 0x50u : 0x58u) | (data & 7)});
    return bytes;
  }

  // To the start of this bundle.
  Bytes branch() {
    unsigned at = code_.size() % kBundleSize;
    if (at > kBundleSize - 2) at = 0;  // goes to the next bundle
    Bytes bytes;
    append(bytes, {0x70u | below(16), 0xfe - at});
    return bytes;
  }

  Bytes vector() {
    unsigned a = below(16);
    unsigned b = below(8);
    Bytes bytes;
    append(bytes, {0xc5, (a < 8 ? 0x80u : 0u) | (15u - below(16)) << 3, 0x58u | below(2)});
    append(bytes, {0xc0 | (a & 7) << 3 | b});
    return bytes;
  }

  std::mt19937 random_{12345};
  Bytes code_;
};

void verify_bytes(benchmark::State& state, const Bytes& code, uint32_t address) {
  for (auto _ : state) {
    Report report = verify({code, address});
    if (!report.ok()) {
      std::string text = format(report.violations.at(0));
      state.SkipWithError(text.c_str());
      break;
    }
    benchmark::DoNotOptimize(report);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * code.size()));
}

void generated(benchmark::State& state) {
  verify_bytes(state, Generator().run(static_cast<size_t>(state.range(0))), 0x100000);
}
BENCHMARK(generated)->Arg(16 << 10)->Arg(1 << 20)->Arg(16 << 20)->Unit(benchmark::kMillisecond);

// The executable segment of an ELF file, padded with 0xCC to whole pages.
bool read_code(const char* path, Bytes& code, uint32_t& address) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes((std::istreambuf_iterator<char>(file)), {});
  Elf64_Ehdr header;
  if (bytes.size() < sizeof(header)) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  for (unsigned i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr segment;
    uint64_t at = header.e_phoff + i * sizeof(segment);
    if (at + sizeof(segment) > bytes.size()) return false;
    std::memcpy(&segment, bytes.data() + at, sizeof(segment));
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    if (segment.p_offset + segment.p_filesz > bytes.size()) return false;
    code.assign(bytes.begin() + segment.p_offset,
                bytes.begin() + segment.p_offset + segment.p_filesz);
    code.resize((code.size() + kPageSize - 1) / kPageSize * kPageSize, 0xcc);
    address = static_cast<uint32_t>(segment.p_vaddr);
    return true;
  }
  return false;
}

}  // namespace
}  // namespace rawposix::verify

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; i++) {
    std::vector<uint8_t> code;
    uint32_t address = 0;
    if (!rawposix::verify::read_code(argv[i], code, address)) {
      std::fprintf(stderr, "verify_benchmark: no code in %s\n", argv[i]);
      return 1;
    }
    benchmark::RegisterBenchmark(argv[i], [code, address](benchmark::State& state) {
      rawposix::verify::verify_bytes(state, code, address);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
}
