// SPDX-License-Identifier: Apache-2.0
// For a local buffer that is written before it is read: builds fill every other variable with
// zeroes first, which for kilobytes on a hot path costs more than the rest.
#pragma once

#if defined(__clang__)
#define RAWPOSIX_UNINITIALIZED [[clang::uninitialized]]
#else
#define RAWPOSIX_UNINITIALIZED [[gnu::uninitialized]]
#endif
