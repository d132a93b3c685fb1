// SPDX-License-Identifier: Apache-2.0
// The general-dynamic, local-dynamic and descriptor models ask the dynamic linker for an address
// by a fixed run of statements. Images are static, so the initial-exec form does (ELF Handling For
// Thread-Local Storage, section 4.3; the psABI's TLS descriptors).
#pragma once

#include <cstddef>

#include "rewrite/context.h"
#include "rewrite/sequence.h"
#include "rewrite/statement.h"

namespace rawposix::rewrite {

// A quick test.
bool may_start_tls_call(const Statement& statement);

// Appends what the run at the statement at that position becomes and returns how many statements it
// has, 0 where none starts there.
size_t match_tls_call(size_t at, Sequence& out, Context& context);

}  // namespace rawposix::rewrite
