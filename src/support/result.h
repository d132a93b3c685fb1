// SPDX-License-Identifier: Apache-2.0
// A value or the error that kept it from being made. TRY returns the error to the caller.
//
// TRY stands only as a whole statement or a whole initialiser: inside a braced list of aggregate
// members GCC 12 and Clang 14 skip the destructors of members already built.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "support/check.h"
#include "support/errno.h"

namespace rawposix {

template <class T = void, class E = Errno>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  const E& error() const {
    DCHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T value_or(T other) const& { return ok() ? value() : std::move(other); }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return !error_.has_value(); }
  const E& error() const {
    DCHECK(!ok());
    return *error_;
  }
  void value() const { CHECK(ok()); }

 private:
  std::optional<E> error_;
};

}  // namespace rawposix

#define TRY(expression) TRY_NUMBERED(expression, __COUNTER__)
// A name of its own for each, so that one TRY can stand in another's argument.
#define TRY_NUMBERED(expression, number) TRY_NAMED(expression, number)
#define TRY_NAMED(expression, number) TRY_AS(expression, try_result_##number)
#define TRY_AS(expression, result)                        \
  __extension__({                                         \
    auto result = (expression);                           \
    if (!result.ok()) [[unlikely]] return result.error(); \
    std::move(result).value();                            \
  })
