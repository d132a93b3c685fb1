// SPDX-License-Identifier: Apache-2.0
// A read-mostly map from names to small values: open addressing, built once at start. Names must
// outlive the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rawposix::rewrite {

inline uint64_t hash_name(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325U ^ name.size();
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash ^ (hash >> 29);
}

template <class Value>
class NameTable {
 public:
  NameTable() : slots_(64) {}

  // The value for `name`, made by its default constructor where there was none.
  Value& operator[](std::string_view name) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[locate(name)];
    if (slot.name.data() == nullptr) {
      slot.name = name;
      ++size_;
    }
    return slot.value;
  }

  const Value* find(std::string_view name) const {
    const Slot& slot = slots_[locate(name)];
    return slot.name.data() == nullptr ? nullptr : &slot.value;
  }

  template <class Visitor>
  void for_each(Visitor visit) {
    for (Slot& slot : slots_) {
      if (slot.name.data() != nullptr) visit(slot.name, slot.value);
    }
  }

 private:
  struct Slot {
    std::string_view name;
    Value value{};
  };

  size_t locate(std::string_view name) const {
    const size_t mask = slots_.size() - 1;
    size_t at = hash_name(name) & mask;
    while (slots_[at].name.data() != nullptr && slots_[at].name != name) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.name.data() != nullptr) slots_[locate(slot.name)] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace rawposix::rewrite
