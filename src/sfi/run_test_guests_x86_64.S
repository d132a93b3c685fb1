// SPDX-License-Identifier: Apache-2.0
// Guest code for run_test.cc, written by hand in the form of docs/sfi.md. Each is copied to
// kImageStart of a slot. Calls: eax = number; number 0 leaves.
        .section .text.guests, "ax", @progbits

        .macro  GUEST name
        .globl  guest_\name, guest_\name\()_end
        .p2align 5
guest_\name:
        .endm
        .macro  END name
guest_\name\()_end:
        .endm
        .macro  CALL_KERNEL offset=16
        .p2align 5
        leal    771f(%rip), %r11d
        jmp     *\offset(%r14)
        .p2align 5
771:
        .endm
        .macro  LEAVE
        xorl    %eax, %eax
        CALL_KERNEL
        .endm
        .macro  STORE_VECTORS offset    // xmm0, ymm15's upper half as loaded by the test
        movups  %xmm0, %gs:\offset(%edi)
        movups  %xmm15, %gs:\offset+16(%edi)
        .endm

GUEST registers
        movl    $1, %eax
        movl    $0x11, %ebx
        movl    $0x22, %ebp
        movl    $0x33, %r12d
        movl    $0x44, %r13d
        movl    $0x55, %r15d
        movabsq $0x123456789abcdef0, %r10
        movl    $0x66, %esi
        CALL_KERNEL
        movl    %esp, %edi              // the kernel sees rsp in rdi, its own answer in rsi
        movq    %rax, %rsi
        movl    $2, %eax
        CALL_KERNEL
        LEAVE
END registers

// Stores what vector and mask registers hold after a call to the address in rdi.
GUEST vectors_after_call
        movl    $1, %eax
        CALL_KERNEL
        movups  %xmm0, %gs:0(%edi)
        movups  %xmm7, %gs:16(%edi)
        movups  %xmm15, %gs:32(%edi)
        LEAVE
END vectors_after_call

GUEST wide_vectors_after_call
        movl    $1, %eax
        CALL_KERNEL
        vmovups %zmm3, %gs:0(%edi)
        vmovups %zmm15, %gs:64(%edi)
        vmovups %zmm16, %gs:128(%edi)
        vmovups %zmm31, %gs:192(%edi)
        kmovw   %k1, %gs:256(%edi)
        kmovw   %k7, %gs:258(%edi)
        LEAVE
END wide_vectors_after_call

// Loads xmm3 and xmm12 from rdi, calls by the preserving entry, stores them at rdi+64.
GUEST preserved_vectors
        movups  %gs:0(%edi), %xmm3
        movups  %gs:16(%edi), %xmm12
        movl    $1, %eax
        cmpl    $2, %eax                // CF, SF and AF set
        CALL_KERNEL 24
        setc    %al
        movups  %xmm3, %gs:64(%edi)
        movups  %xmm12, %gs:80(%edi)
        movzbl  %al, %eax
        movl    %eax, %gs:96(%edi)
        LEAVE
END preserved_vectors

GUEST null_load
        movl    $0x10, %eax
        movl    %gs:(%eax), %ecx
        LEAVE
END null_load

# What the verifier refuses: a host address, used.
GUEST escape
        movl    $1, %eax
        addq    (%r14), %rax
        movl    $-0x200000, %ecx
        movslq  %ecx, %rcx
        movl    (%rax,%rcx), %edx
        LEAVE
END escape

GUEST divide
        xorl    %ecx, %ecx
        movl    $1, %eax
        cltd
        idivl   %ecx
END divide

GUEST undefined
        ud2
END undefined

GUEST breakpoint
        int3
END breakpoint

GUEST halt
        hlt
END halt

GUEST wild_jump
        movl    $0x7fff0000, %r11d
        andl    $-32, %r11d
        addq    (%r14), %r11
        jmp     *%r11
END wild_jump

GUEST overflow
1:      pushq   %rax
        jmp     1b
END overflow

// Reads just past the slot: 64 bytes at its last address.
GUEST straddle
        movl    $-8, %eax
        movups  %gs:(%eax), %xmm0
        LEAVE
END straddle

GUEST spin
        movl    $1, %gs:(%edi)
1:      jmp     1b
END spin

// Unmasks the x87 division exception and leaves it pending, then calls the kernel.
GUEST unmasked_x87
        movl    $0x37b, %gs:(%edi)
        fldcw   %gs:(%edi)
        fld1
        fldz
        fdivrp  %st, %st(1)
        movl    $1, %eax
        CALL_KERNEL
        fnstcw  %gs:4(%edi)
        LEAVE
END unmasked_x87

// Leaves eight numbers on the x87 stack when it calls, and loads a status word that claims pending
// exceptions. Afterwards the stack has room again; 4: what two numbers make there.
GUEST full_x87
        .rept   8
        fld1
        .endr
        fnstenv %gs:32(%edi)
        movl    %gs:36(%edi), %eax
        orl     $0x80ff, %eax
        movl    %eax, %gs:36(%edi)
        fldenv  %gs:32(%edi)
        movl    $1, %eax
        CALL_KERNEL
        fld1
        fld1
        faddp
        fstps   %gs:4(%edi)
        LEAVE
END full_x87

        .macro  STORE_X87 offset
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        movq    %mm\n, %gs:\offset+8*\n(%edi)
        .endr
        emms
        .endm

// Reads all x87 registers, free or not, after a call; and again after one with a control word of
// its own and a full stack.
GUEST left_in_x87
        movl    $1, %eax
        CALL_KERNEL
        STORE_X87 64
        movw    $0x37b, %gs:(%edi)
        fldcw   %gs:(%edi)
        .rept   8
        fldz
        .endr
        movl    $1, %eax
        CALL_KERNEL
        STORE_X87 128
        LEAVE
END left_in_x87

// Rounds down in SSE: the mode survives a call.
GUEST rounding
        movl    $0x3f80, %gs:(%edi)
        ldmxcsr %gs:(%edi)
        movl    $1, %eax
        CALL_KERNEL
        stmxcsr %gs:4(%edi)
        LEAVE
END rounding

// Goes round through every kind of sequence and checks itself; ecx rounds; leaves with rsi = 0, or
// with rsi != 0 when anything was off. rdi: 64 KiB of memory; r12 = rounds.
GUEST sequences
        movl    %edi, %ebp              // the memory
        movl    %esp, %r13d
        xorl    %ebx, %ebx
        .p2align 5
.Lround:
        movl    %ebp, %edi
        leal    32768(%rbp), %esi
        movl    $4096, %ecx
        .p2align 5                      // Q4
        movq    (%r14), %r11
        movl    %edi, %edi
        leaq    (%rdi,%r11), %rdi
        movl    %esi, %esi
        leaq    (%rsi,%r11), %rsi
        rep movsb
        movl    %edi, %edi
        movl    %esi, %esi
        .p2align 5
        leal    4096(%rbp), %eax
        cmpq    %rax, %rdi
        jne     .Lbad
        leal    32768+4096(%rbp), %eax
        cmpq    %rax, %rsi
        jne     .Lbad
        testl   %ecx, %ecx
        jne     .Lbad
        .p2align 5                      // Q2
        subl    $4096, %esp
        addq    (%r14), %rsp
        movl    %ebx, 8(%rsp)
        .p2align 5                      // Q3
        movq    (%r14), %r11
        leal    4096(%rsp), %esp
        leaq    (%rsp,%r11), %rsp
        movl    %esp, %eax
        cmpq    %r13, %rax
        jne     .Lbad
        .p2align 5                      // Q5
        movl    %esp, %r11d
        pushq   %r11
        popq    %rax
        cmpq    %r13, %rax
        jne     .Lbad
        leal    .Lreturn(%rip), %eax
        pushq   %rax
        .p2align 5                      // Q1
        popq    %r11
        andl    $-32, %r11d
        addq    (%r14), %r11
        jmp     *%r11
        .p2align 5
.Lreturn:
        addl    $1, %ebx
        cmpl    %r12d, %ebx
        jne     .Lround
        xorl    %esi, %esi
        LEAVE
        .p2align 5
.Lbad:  movl    $1, %esi
        LEAVE
END sequences

        .section .note.GNU-stack, "", @progbits
