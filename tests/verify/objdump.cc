// SPDX-License-Identifier: Apache-2.0
#include "objdump.h"

#include <set>
#include <sstream>

#include "corpus.h"

namespace rawposix::verify {
namespace {

bool is_prefix_word(const std::string& word) {
  static const std::set<std::string> kWords = {
      "lock", "rep", "repz", "repnz", "data16",  "addr32", "cs",       "ds",       "es",
      "ss",   "fs",  "gs",   "bnd",   "notrack", "{vex}",  "xacquire", "xrelease", "{evex}"};
  return kWords.contains(word) || word.starts_with("rex") || word.starts_with("{vex");
}

// Splits at commas outside parentheses and braces; drops comments and symbols.
std::vector<std::string> split_operands(std::string text) {
  text = text.substr(0, text.find('#'));
  std::vector<std::string> operands;
  std::string current;
  int depth = 0;
  for (char c : text) {
    if (c == ' ') continue;
    if (c == '(' || c == '{') depth++;
    if (c == ')' || c == '}') depth--;
    if (c == ',' && depth == 0) {
      operands.push_back(current);
      current.clear();
    } else {
      current += c;
    }
  }
  if (!current.empty()) operands.push_back(current);
  return operands;
}

bool parse_line(const std::string& text, Line& line) {
  size_t colon = text.find(":\t");
  if (colon == std::string::npos) return false;
  size_t tab = text.find('\t', colon + 2);
  if (tab == std::string::npos) return false;
  line.address = static_cast<uint32_t>(std::stoul(text.substr(0, colon), nullptr, 16));
  std::istringstream bytes(text.substr(colon + 2, tab - colon - 2));
  for (std::string byte; bytes >> byte;) {
    line.bytes.push_back(static_cast<uint8_t>(std::stoul(byte, nullptr, 16)));
  }
  line.text = text.substr(tab + 1);
  std::istringstream words(line.text);
  for (std::string word; words >> word;) {
    if (is_prefix_word(word)) {
      line.prefixes += word + " ";
      continue;
    }
    line.mnemonic = word;
    break;
  }
  std::string rest;
  std::getline(words, rest);
  line.operands = split_operands(rest);
  return true;
}

const std::set<std::string> kDwords = {"%eax", "%ebx",  "%ecx",  "%edx", "%esi",  "%edi",
                                       "%ebp", "%esp",  "%r8d",  "%r9d", "%r10d", "%r11d",
                                       "%eiz", "%r12d", "%r13d", "%r15d"};

// What is between the parentheses of a memory operand, and before them.
struct Memory {
  std::string before;
  std::vector<std::string> registers;
};

bool parse_memory(const std::string& operand, Memory& memory) {
  size_t open = operand.find('(');
  if (open == std::string::npos || operand.starts_with("%st")) {
    bool absolute = operand.find(":0x") != std::string::npos || operand.starts_with("0x");
    memory.before = operand;
    return absolute;
  }
  memory.before = operand.substr(0, open);
  std::string inside = operand.substr(open + 1, operand.find(')') - open - 1);
  std::string current;
  for (char c : inside + ",") {
    if (c != ',') {
      current += c;
    } else {
      if (current.starts_with('%')) memory.registers.push_back(current);
      current.clear();
    }
  }
  return true;
}

bool is_vector(const std::string& reg) {
  return reg.starts_with("%xmm") || reg.starts_with("%ymm") || reg.starts_with("%zmm");
}

bool has_byte(const Line& line, uint8_t byte) {
  for (size_t i = 0; i < 4 && i < line.bytes.size(); i++) {
    if (line.bytes[i] == byte) return true;
  }
  return false;
}

bool is_nop(const Line& line) { return line.mnemonic.starts_with("nop"); }

bool is_quad(const std::string& reg) {
  return reg.starts_with("%r") && std::string("dwb").find(reg.back()) == std::string::npos;
}

std::string lea_objection(const Line& line, const Memory& memory) {
  if (memory.before.find(':') != std::string::npos) return "segment on lea";
  const std::string& result = line.operands.back();
  bool dword = kDwords.contains(result);
  for (const std::string& reg : memory.registers) {
    if (reg.starts_with("%r14")) return "lea of %r14";
    if (!dword && (reg == "%rsp" || reg == "%rip" || reg == "%r11")) return "lea of " + reg;
  }
  return "";
}

std::string context_objection(const Line& line, const std::string& operand) {
  if (line.bytes.size() != 4) return "context block, long form";
  if (operand == "*0x10(%r14)" || operand == "*0x18(%r14)") return "";
  bool thread_pointer = operand == "0x8(%r14)" && line.operands.size() == 2 &&
                        (line.mnemonic == "mov" || line.mnemonic == "add") &&
                        &operand == &line.operands[0] && is_quad(line.operands[1]);
  return thread_pointer ? "" : "context block";
}

std::string memory_objection(const Line& line, const std::string& operand, const Memory& memory) {
  if (is_nop(line) && operand.find("%rax") != std::string::npos) return "";
  const auto& registers = memory.registers;
  bool lea = line.mnemonic.starts_with("lea");
  if (lea) return lea_objection(line, memory);
  bool gs = memory.before.find("%gs:") != std::string::npos;
  if (gs) {
    if (!has_byte(line, 0x67) || !has_byte(line, 0x65)) return "guard without both prefixes";
    if (registers.empty() && (line.bytes[2] & 0xfc) == 0xa0) return "address without ModRM";
    for (const std::string& reg : registers) {
      if (!kDwords.contains(reg) && !is_vector(reg)) return "guarded address uses " + reg;
    }
    return "";
  }
  if (memory.before.find(':') != std::string::npos) return "foreign segment";
  if (registers.size() != 1) return "unguarded address of " + std::to_string(registers.size());
  bool register_offset = line.mnemonic.starts_with("bt") && line.operands[0].starts_with('%');
  if (registers[0] == "%rsp" || registers[0] == "%rip") {
    return register_offset ? "bit offset off " + registers[0] : "";
  }
  if (registers[0] != "%r14") return "unguarded address " + registers[0];
  return context_objection(line, operand);
}

bool is_one_of(const std::string& mnemonic, std::initializer_list<const char*> stems) {
  for (const char* stem : stems) {
    if (mnemonic.starts_with(stem)) return true;
  }
  return false;
}

// Instructions that read their last operand without writing it.
bool only_reads_last(const std::string& mnemonic) {
  static const std::set<std::string> kReaders = {
      "cmp",  "test",  "bt",    "push",  "mul",  "div",  "idiv",  "cmpl",  "cmpw",
      "cmpb", "testl", "testb", "testw", "mull", "divl", "idivl", "imull", "btl",
      "btw",  "mulw",  "divw",  "idivw", "mulb", "divb", "idivb"};
  return kReaders.contains(mnemonic);
}

// Instructions that write their last operand without reading it.
bool only_writes_last(const std::string& mnemonic) {
  return is_one_of(mnemonic,
                   {"mov",  "lea",  "pop",   "cvt",    "vcvt",    "vmov",     "lzcnt",   "tzcnt",
                    "bsf",  "bsr",  "cmov",  "pext",   "pdep",    "kmov",     "vpextr",  "extract",
                    "rd",   "blsi", "blsr",  "blsmsk", "andn",    "rorx",     "shlx",    "shrx",
                    "sarx", "bzhi", "bextr", "mulx",   "pmovmsk", "vpmovmsk", "vextract"});
}

std::string register_objection(const Line& line, const std::string& reg, size_t index) {
  bool last = index + 1 == line.operands.size();
  bool written = (last && !only_reads_last(line.mnemonic)) ||
                 (index > 0 && line.mnemonic == "mulx") ||
                 is_one_of(line.mnemonic, {"xchg", "xadd"});
  if (line.mnemonic == "imul" && line.operands.size() == 1) written = false;
  if (reg.starts_with("%r14")) return "names %r14";
  if (reg == "%rsp") {
    bool align =
        line.mnemonic == "and" && last && line.operands[0].starts_with("$0xffffffffffffff");
    return align ? "" : "names %rsp";
  }
  if ((reg == "%esp" || reg == "%sp" || reg == "%spl") && written) return "writes " + reg;
  if (reg == "%r11") {
    bool pure = (last && only_writes_last(line.mnemonic)) ||
                (line.mnemonic == "mulx" && index > 0) ||
                (line.mnemonic == "imul" && last && line.operands.size() == 3);
    return pure ? "" : "reads %r11";
  }
  static const std::set<std::string> kSegments = {"%cs", "%ds", "%es", "%fs", "%gs", "%ss"};
  if (kSegments.contains(reg) || is_one_of(reg, {"%cr", "%db", "%dr", "%tr", "%bnd", "%tmm"})) {
    return "names " + reg;
  }
  return "";
}

std::string mnemonic_objection(const Line& line) {
  static const std::set<std::string> kNever = {
      "(bad)",    "ret",      "lret",   "iret",    "iretq", "syscall",  "sysret",     "sysretl",
      "sysenter", "sysexit",  "int",    "int1",    "std",   "cli",      "sti",        "in",
      "out",      "leave",    "enter",  "loop",    "jecxz", "swapgs",   "xbegin",     "xend",
      "xabort",   "xtest",    "clzero", "monitor", "mwait", "monitorx", "mwaitx",     "xsetbv",
      "rdpkru",   "wrpkru",   "wbinvd", "invd",    "rdpmc", "rdpru",    "clflush",    "clflushopt",
      "clwb",     "cldemote", "stac",   "clac",    "xlat",  "maskmovq", "maskmovdqu", "vmaskmovdqu",
      "ud0",      "ud1",      "nopl"};
  if (kNever.contains(line.mnemonic) && !is_nop(line)) return "never allowed";
  if (is_one_of(
          line.mnemonic,
          {"call",   "lcall",  "ljmp",    "popf",  "rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase",
           "loop",   "fxsave", "fxrstor", "xsave", "xrstor",   "movdir",   "enqcmd",   "umonitor",
           "umwait", "tpause", "incssp",  "rdssp", "wrss",     "stos",     "lods",     "scas",
           "ins",    "outs",   "lar",     "lsl",   "str",      "sldt",     "sgdt",     "sidt",
           "verr",   "verw",   "lgs",     "lfs",   "lss"})) {
    bool namesake = is_one_of(line.mnemonic, {"insert"});
    if (!namesake) return "never allowed";
  }
  std::string rest = line.prefixes;
  if (rest == "lock " || rest.empty()) return "";
  if (rest == "addr32 " && line.mnemonic.starts_with("lea")) return "";
  // addr32 is spelled out where the operand doesn't show it, and not counted twice.
  if (rest == "addr32 " && line.text.find("%gs:") != std::string::npos) return "";
  if (rest == "{vex} " || rest == "{evex} ") return "";
  return "prefix " + rest;
}

}  // namespace

std::vector<Line> disassemble(std::span<const uint8_t> code, uint32_t address) {
  std::string file = scratch_folder() + "/code.bin";
  write_file(file, std::string(code.begin(), code.end()));
  std::istringstream text(
      run_program({RAWPOSIX_OBJDUMP, "-b", "binary", "-m", "i386:x86-64", "-D", "-w", "-z",
                   "--insn-width=15", "--adjust-vma=" + std::to_string(address), file}));
  std::vector<Line> lines;
  Line line;
  for (std::string row; std::getline(text, row); line = {}) {
    if (parse_line(row, line)) lines.push_back(line);
  }
  return lines;
}

std::string objection(const Line& line) {
  std::string found = mnemonic_objection(line);
  bool indirect = false;
  for (size_t i = 0; i < line.operands.size() && found.empty(); i++) {
    const std::string& operand = line.operands[i];
    indirect = indirect || operand.starts_with('*');
    bool target = line.mnemonic.starts_with('j');
    Memory memory;
    if (operand.starts_with('%') && operand.find(':') == std::string::npos) {
      found = register_objection(line, operand.substr(0, operand.find('{')), i);
    } else if (parse_memory(operand, memory) && !(target && memory.registers.empty())) {
      found = memory_objection(line, operand, memory);
    }
  }
  if (found.empty() && indirect && line.text.find("(%r14)") == std::string::npos) {
    found = "indirect branch";
  }
  return found;
}

}  // namespace rawposix::verify
