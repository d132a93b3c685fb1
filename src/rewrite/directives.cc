// SPDX-License-Identifier: Apache-2.0
#include "rewrite/directives.h"

#include <algorithm>
#include <array>

#include "rewrite/expression.h"
#include "rewrite/name_table.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

struct Refused {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array<Refused, 14> kRefused = {{
    {".intel_syntax", "Intel syntax isn't supported; use AT&T syntax"},
    {".code16", "cages run 64-bit code only"},
    {".code16gcc", "cages run 64-bit code only"},
    {".code32", "cages run 64-bit code only"},
    {".org", "can't place code at a fixed offset: it grows when it is rewritten"},
    {".bundle_align_mode", "bundles are the rewriter's own"},
    {".bundle_lock", "bundles are the rewriter's own"},
    {".bundle_unlock", "bundles are the rewriter's own"},
    {".macro", "macro without end"},
    {".endm", "no macro ends here"},
    {".rept", "repetition without end"},
    {".irp", "repetition without end"},
    {".irpc", "repetition without end"},
    {".endr", "no repetition ends here"},
}};

constexpr std::array<std::string_view, 8> kAligning = {
    ".align", ".balign", ".balignw", ".balignl", ".p2align", ".p2alignw", ".p2alignl", ".nops"};

constexpr std::array<std::string_view, 43> kEmitting = {
    ".byte",     ".2byte", ".4byte",   ".8byte",   ".value",   ".short",    ".word",
    ".hword",    ".long",  ".int",     ".quad",    ".octa",    ".dc",       ".dc.a",
    ".dc.b",     ".dc.d",  ".dc.l",    ".dc.s",    ".dc.w",    ".dc.x",     ".dcb",
    ".ds",       ".ascii", ".asciz",   ".string",  ".string8", ".string16", ".string32",
    ".string64", ".float", ".single",  ".double",  ".tfloat",  ".zero",     ".skip",
    ".space",    ".fill",  ".uleb128", ".sleb128", ".incbin",  ".hfloat",   ".bfloat16",
    ".float16"};

class Kinds {
 public:
  Kinds() {
    for (const Refused& entry : kRefused) kinds_[entry.name] = DirectiveKind::kRefused;
    for (const std::string_view name : kAligning) kinds_[name] = DirectiveKind::kAlign;
    for (const std::string_view name : kEmitting) kinds_[name] = DirectiveKind::kData;
  }
  DirectiveKind find(std::string_view name) const {
    const DirectiveKind* kind = kinds_.find(name);
    return kind == nullptr ? DirectiveKind::kNeutral : *kind;
  }

 private:
  NameTable<DirectiveKind> kinds_;
};

struct Encoding {
  std::string_view bytes;
  std::string_view instruction;
};
constexpr std::array<Encoding, 6> kEncodings = {{{"\x90", "nop"},
                                                 {"\xcc", "int3"},
                                                 {"\xf3\x90", "pause"},
                                                 {"\x0f\x0b", "ud2"},
                                                 {"\x0f\xa2", "cpuid"},
                                                 {"\x0f\x01\xd0", "xgetbv"}}};

}  // namespace

DirectiveKind directive_kind(std::string_view name) {
  static const Kinds kinds;
  return kinds.find(name);
}

std::string_view directive_refusal(std::string_view name) {
  const auto* found = std::find_if(kRefused.begin(), kRefused.end(),
                                   [&](const Refused& entry) { return entry.name == name; });
  return found == kRefused.end() ? std::string_view() : found->reason;
}

std::string without_fill(const Statement& align) {
  const std::string_view name = align.name();
  if (name == ".nops") return std::string(align.text);
  std::string_view result = name;
  if (name.starts_with(".balign")) result = ".balign";
  if (name.starts_with(".p2align")) result = ".p2align";
  std::array<std::string_view, 3> parts;
  size_t count = 0;
  for_each_argument(align.arguments(), [&](std::string_view piece) {
    if (count < parts.size()) parts[count++] = piece;
    return true;
  });
  std::string text = std::string(result).append(" ").append(parts[0]);
  if (!parts[2].empty()) text.append(",,").append(parts[2]);
  return text;
}

std::string_view known_encoding(const Statement& data) {
  if (data.name() != ".byte") return {};
  std::string bytes;
  for_each_argument(data.arguments(), [&](std::string_view piece) {
    const std::optional<int64_t> value = evaluate(piece);
    bytes += static_cast<char>(value.value_or(0));
    return value.has_value();
  });
  for (const Encoding& encoding : kEncodings) {
    if (encoding.bytes == bytes) return encoding.instruction;
  }
  return {};
}

}  // namespace rawposix::rewrite
