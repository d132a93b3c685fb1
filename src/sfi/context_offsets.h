// SPDX-License-Identifier: Apache-2.0
// Offsets into Context, for the assembly. context.h asserts each.
#pragma once

#define CTX_BASE 0
#define CTX_THREAD_POINTER 8
#define CTX_ENTRY 16
#define CTX_ENTRY_VECTORS 24
#define CTX_HOST_RSP 32
#define CTX_ON_SYSTEM_CALL 40
#define CTX_ON_EVENT 48
#define CTX_RESUME_RIP 56
#define CTX_RESUME_RSP 64
#define CTX_INTERRUPTS 72
#define CTX_MXCSR 76
#define CTX_X87_CONTROL 80
#define CTX_X87_SAVED 82
#define CTX_RESTORE_ALL 83
#define CTX_REGS 88
#define CTX_X87_ENVIRONMENT 232
#define CTX_VECTORS 320

#define CTX_RAX (CTX_REGS + 0)
#define CTX_RBX (CTX_REGS + 8)
#define CTX_RCX (CTX_REGS + 16)
#define CTX_RDX (CTX_REGS + 24)
#define CTX_RSI (CTX_REGS + 32)
#define CTX_RDI (CTX_REGS + 40)
#define CTX_RBP (CTX_REGS + 48)
#define CTX_RSP (CTX_REGS + 56)
#define CTX_R8 (CTX_REGS + 64)
#define CTX_R9 (CTX_REGS + 72)
#define CTX_R10 (CTX_REGS + 80)
#define CTX_R11 (CTX_REGS + 88)
#define CTX_R12 (CTX_REGS + 96)
#define CTX_R13 (CTX_REGS + 104)
#define CTX_R15 (CTX_REGS + 120)
#define CTX_RIP (CTX_REGS + 128)
#define CTX_RFLAGS (CTX_REGS + 136)

#define MXCSR_DEFAULT 0x1f80
#define X87_CONTROL_DEFAULT 0x37f
