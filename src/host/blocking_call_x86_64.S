// SPDX-License-Identifier: Apache-2.0
// int64_t host_blocking_call(stop, number, a, b, c, d, e, f): see blocking_call.h.
        .text
        .globl  host_blocking_call
        .hidden host_blocking_call
        .type   host_blocking_call, @function
        .p2align 5
host_blocking_call:
        .cfi_startproc
        movq    %rsi, %rax
        movq    %rdi, %r11
        movq    %rdx, %rdi
        movq    %rcx, %rsi
        movq    %r8, %rdx
        movq    %r9, %r10
        movq    8(%rsp), %r8
        movq    16(%rsp), %r9
        .globl  host_blocking_begin, host_blocking_end, host_blocking_stopped
        .hidden host_blocking_begin, host_blocking_end, host_blocking_stopped
host_blocking_begin:
        cmpl    $0, (%r11)
        jne     host_blocking_stopped
        syscall
host_blocking_end:
        ret
host_blocking_stopped:
        movq    $-4, %rax               // -EINTR
        ret
        .cfi_endproc
        .size   host_blocking_call, .-host_blocking_call

        .section .note.GNU-stack, "", @progbits
