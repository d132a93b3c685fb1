// SPDX-License-Identifier: Apache-2.0
// The way into guest code and out of it. No libc, no thread-local and no stack until the host's
// stack is in place; no host value in any register that the guest can read when it goes on.
//
// The registers of a task that is not running guest code are in Context::regs. On the way back they
// are only read, so a host signal between the last look at `interrupts` and the jump to the guest
// starts that way over (fault.cc): no interrupt is lost.
#include "sfi/context_offsets.h"

        .text
        .hidden sfi_cpu_has_avx, sfi_cpu_has_avx512, sfi_xsave_mask

        .macro  SAVE_REGISTERS          // all but r11, rip, rsp, rflags
        movq    %rax, CTX_RAX(%r14)
        movq    %rbx, CTX_RBX(%r14)
        movq    %rcx, CTX_RCX(%r14)
        movq    %rdx, CTX_RDX(%r14)
        movq    %rsi, CTX_RSI(%r14)
        movq    %rdi, CTX_RDI(%r14)
        movq    %rbp, CTX_RBP(%r14)
        movq    %r8, CTX_R8(%r14)
        movq    %r9, CTX_R9(%r14)
        movq    %r10, CTX_R10(%r14)
        movq    %r12, CTX_R12(%r14)
        movq    %r13, CTX_R13(%r14)
        movq    %r15, CTX_R15(%r14)
        .endm

        .macro  LOAD_REGISTERS          // keeps flags
        movq    CTX_RAX(%r14), %rax
        movq    CTX_RBX(%r14), %rbx
        movq    CTX_RCX(%r14), %rcx
        movq    CTX_RDX(%r14), %rdx
        movq    CTX_RSI(%r14), %rsi
        movq    CTX_RDI(%r14), %rdi
        movq    CTX_RBP(%r14), %rbp
        movq    CTX_R8(%r14), %r8
        movq    CTX_R9(%r14), %r9
        movq    CTX_R10(%r14), %r10
        movl    CTX_R11(%r14), %r11d
        movq    CTX_R12(%r14), %r12
        movq    CTX_R13(%r14), %r13
        movq    CTX_R15(%r14), %r15
        movq    CTX_RESUME_RSP(%r14), %rsp
        .endm

// Registers that are free keep what they held, and an MMX instruction or fldenv makes it readable.
        .macro  CLEAR_X87               // they are all free, before and after
        .rept   8
        fldz
        .endr
        emms
        .endm

// int64_t sfi_run(Context*): goes to the guest at context->regs; returns what a callback returned
// other than 0. %gs already holds the base.
        .globl  sfi_run
        .hidden sfi_run
        .type   sfi_run, @function
        .p2align 5
sfi_run:
        .cfi_startproc
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        .cfi_def_cfa_offset 64
        .cfi_offset %rbx, -16
        .cfi_offset %rbp, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        stmxcsr (%rsp)                          // the caller's, for the way back
        fnstcw  4(%rsp)
        movq    %rdi, %r14
        movq    %rsp, CTX_HOST_RSP(%r14)
        jmp     .Lresume

// The system-call entries: guest code comes here with the return offset in r11d.
        .globl  sfi_entry
        .hidden sfi_entry
        .type   sfi_entry, @function
        .p2align 6
sfi_entry:
        SAVE_REGISTERS
        movl    %esp, %eax
        movq    %rax, CTX_RSP(%r14)
        movq    CTX_HOST_RSP(%r14), %rsp
        cld
        andl    $-32, %r11d
        movq    %r11, CTX_RIP(%r14)
        movw    $0, CTX_X87_SAVED(%r14)         // and CTX_RESTORE_ALL behind it
        stmxcsr CTX_MXCSR(%r14)
        fnstcw  CTX_X87_CONTROL(%r14)
        ldmxcsr .Lmxcsr_default(%rip)
        cmpw    $X87_CONTROL_DEFAULT, CTX_X87_CONTROL(%r14)
        jne     .Lx87_unusual
// The host expects all x87 registers to be free: on a full stack whatever it computes is NaN. No
// exception is pending that this could raise: with all masked the processor never says so, whatever
// status word the guest has loaded.
        emms
.Lcall_kernel:
        movq    %r14, %rdi
        call    *CTX_ON_SYSTEM_CALL(%r14)
.Lcall_done:
        testq   %rax, %rax
        jnz     .Lleave
.Lresume:
        movl    CTX_RIP(%r14), %eax
        movl    CTX_RSP(%r14), %ecx
        movq    CTX_BASE(%r14), %rdx
        addq    %rdx, %rax
        addq    %rdx, %rcx
        movq    %rax, CTX_RESUME_RIP(%r14)
        movq    %rcx, CTX_RESUME_RSP(%r14)
        cmpw    $0, CTX_X87_SAVED(%r14)
        jne     .Lresume_unusual
.Lresume_clean:
        CLEAR_X87
.Lclean_vectors:
        cmpb    $0, sfi_cpu_has_avx(%rip)
        je      .Lclean_sse
        vzeroall
        cmpb    $0, sfi_cpu_has_avx512(%rip)
        jne     .Lclean_avx512
.Lclean:
        ldmxcsr CTX_MXCSR(%r14)
        .globl  sfi_resume_begin, sfi_resume_end
        .hidden sfi_resume_begin, sfi_resume_end
sfi_resume_begin:
        cmpl    $0, CTX_INTERRUPTS(%r14)
        jne     sfi_interrupted
        LOAD_REGISTERS
sfi_resume_end:
        jmp     *CTX_RESUME_RIP(%r14)

        .p2align 5
.Lclean_avx512:
        .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        vpxord  %zmm\n, %zmm\n, %zmm\n
        .endr
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        kxorw   %k\n, %k\n, %k\n
        .endr
        jmp     .Lclean

        .p2align 5
.Lclean_sse:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        pxor    %xmm\n, %xmm\n
        .endr
        jmp     .Lclean

// The x87 control word is not the default: exceptions may be unmasked and pending, so the host
// needs a fresh state (non-waiting instructions only).
        .p2align 5
.Lx87_unusual:
        fnstenv CTX_X87_ENVIRONMENT(%r14)
        fninit
        movb    $1, CTX_X87_SAVED(%r14)
        jmp     .Lcall_kernel

        .p2align 5
.Lresume_unusual:
        cmpb    $0, CTX_RESTORE_ALL(%r14)
        jne     .Lresume_all
        CLEAR_X87
        fldenv  CTX_X87_ENVIRONMENT(%r14)
        jmp     .Lclean_vectors

.Lresume_all:
        movl    sfi_xsave_mask(%rip), %eax
        movl    sfi_xsave_mask+4(%rip), %edx
        xrstor64 CTX_VECTORS(%r14)
        .globl  sfi_resume_all_begin, sfi_resume_all_end
        .hidden sfi_resume_all_begin, sfi_resume_all_end
sfi_resume_all_begin:
        cmpl    $0, CTX_INTERRUPTS(%r14)
        jne     sfi_interrupted
        pushq   CTX_RFLAGS(%r14)
        popfq
        LOAD_REGISTERS
sfi_resume_all_end:
        jmp     *CTX_RESUME_RIP(%r14)

// The same for code that expects vector registers and flags to survive a system call.
        .globl  sfi_entry_vectors
        .hidden sfi_entry_vectors
        .type   sfi_entry_vectors, @function
        .p2align 6
sfi_entry_vectors:
        SAVE_REGISTERS
        movl    %esp, %eax
        movq    %rax, CTX_RSP(%r14)
        movq    CTX_HOST_RSP(%r14), %rsp
        pushfq
        popq    CTX_RFLAGS(%r14)
        cld
        andl    $-32, %r11d
        movq    %r11, CTX_RIP(%r14)
        call    .Lsave_vectors
        jmp     .Lcall_kernel

        .p2align 5
.Lsave_vectors:
        movl    sfi_xsave_mask(%rip), %eax
        movl    sfi_xsave_mask+4(%rip), %edx
        xsave64 CTX_VECTORS(%r14)
        fninit
        ldmxcsr .Lmxcsr_default(%rip)
        movb    $0, CTX_X87_SAVED(%r14)
        movb    $1, CTX_RESTORE_ALL(%r14)
        ret

// The fault handler returns to this from a host signal that hit guest code: r14 and rsp are set,
// the event is in rsi, the guest's integer registers are saved; the vector registers are still the
// guest's.
        .globl  sfi_event
        .hidden sfi_event
        .p2align 5
sfi_event:
        call    .Lsave_vectors
        movq    %r14, %rdi
        call    *CTX_ON_EVENT(%r14)
        jmp     .Lcall_done

// An interrupt on the way back, found by the test or by the signal handler (which sets r14, rsp).
        .globl  sfi_interrupted
        .hidden sfi_interrupted
        .p2align 5
sfi_interrupted:
        cld
        ldmxcsr .Lmxcsr_default(%rip)
        cmpb    $0, CTX_RESTORE_ALL(%r14)
        jne     1f
        fnstcw  CTX_X87_CONTROL(%r14)
        cmpw    $X87_CONTROL_DEFAULT, CTX_X87_CONTROL(%r14)
        je      2f
        fnstenv CTX_X87_ENVIRONMENT(%r14)
1:      fninit
2:      movq    %r14, %rdi
        movl    $1, %esi
        call    *CTX_ON_EVENT(%r14)
        jmp     .Lcall_done

        .p2align 5
.Lleave:
        ldmxcsr (%rsp)
        fnclex                                  // the guest's flags might be exceptions there
        fldcw   4(%rsp)
        addq    $8, %rsp
        .cfi_def_cfa_offset 56
        popq    %r15
        .cfi_def_cfa_offset 48
        popq    %r14
        .cfi_def_cfa_offset 40
        popq    %r13
        .cfi_def_cfa_offset 32
        popq    %r12
        .cfi_def_cfa_offset 24
        popq    %rbp
        .cfi_def_cfa_offset 16
        popq    %rbx
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size   sfi_run, .-sfi_run

        .section .rodata
        .p2align 2
.Lmxcsr_default:
        .long   MXCSR_DEFAULT

        .section .note.GNU-stack, "", @progbits
