// SPDX-License-Identifier: Apache-2.0
// A Linux error number as a type of its own, so that it is never mistaken for a count or a result.
#pragma once

#include <cerrno>

namespace rawposix {

class Errno {
 public:
  constexpr explicit Errno(int number) : number_(number) {}
  constexpr int number() const { return number_; }
  friend constexpr bool operator==(Errno, Errno) = default;

  // "ENOENT"; "E?" for a number Linux doesn't define.
  const char* name() const;
  // glibc's text, whatever the C library: "No such file or directory".
  const char* message() const;

  // The host's errno after a failed call.
  static Errno last() { return Errno(errno); }

 private:
  int number_;
};

}  // namespace rawposix
