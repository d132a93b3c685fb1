// SPDX-License-Identifier: Apache-2.0
// CHECK: an invariant of the host's own code. A failure is a bug here, never a guest's doing; it
// prints the expression and aborts. DCHECK is for builds without NDEBUG.
#pragma once

namespace rawposix {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define CHECK(condition)                                             \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::rawposix::check_failed(#condition, __FILE_NAME__, __LINE__); \
  } while (0)

#ifdef NDEBUG
#define DCHECK(condition) \
  do {                    \
  } while (0)
#else
#define DCHECK(condition) CHECK(condition)
#endif
