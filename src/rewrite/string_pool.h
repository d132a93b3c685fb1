// SPDX-License-Identifier: Apache-2.0
// Owner of text that string_views point to; nothing moves once it is in.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace rawposix::rewrite {

class StringPool {
 public:
  std::string_view keep(std::string text) { return strings_.emplace_back(std::move(text)); }

 private:
  std::deque<std::string> strings_;
};

}  // namespace rawposix::rewrite
