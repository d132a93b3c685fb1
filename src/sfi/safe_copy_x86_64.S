// SPDX-License-Identifier: Apache-2.0
// The routines of sfi/safe_copy.h. SAFETY: every instruction that touches guest memory lies in a
// FIXUP range; its landing pad depends on nothing but the registers that the range leaves alone.
// No frame is built, so a landing pad returns with a plain ret.

        .macro FIXUP start, end, landing
        .pushsection .rodata.sfi_fixups, "a", @progbits
        .balign 4
        .long   \start - .
        .long   \end - .
        .long   \landing - .
        .popsection
        .endm

        .macro FUNCTION name
        .globl  \name
        .hidden \name
        .type   \name, @function
        .balign 32
\name:
        .cfi_startproc
        .endm

        .macro END name
        .cfi_endproc
        .size   \name, . - \name
        .endm

        .section .rodata.sfi_fixups, "a", @progbits
        .balign 4
        .globl  sfi_fixups, sfi_fixups_end
        .hidden sfi_fixups, sfi_fixups_end
sfi_fixups:

        .text

// size_t sfi_safe_copy(void* to, const void* from, size_t size)
// Up to 64 bytes go in (overlapping) register moves, all loads before the stores; beyond that rep
// movsb, which processors with FSRM or ERMS run at full width. A fault in the small forms starts
// over with rep movsb, whose count is exact to the byte.
FUNCTION sfi_safe_copy
        cmpq    $16, %rdx
        jb      .Lcopy_below_16
        cmpq    $64, %rdx
        ja      .Lcopy_bytes
.Lcopy_16_start:
        movups  (%rsi), %xmm0
        movups  -16(%rsi,%rdx), %xmm1
        cmpq    $32, %rdx
        ja      .Lcopy_above_32
        movups  %xmm0, (%rdi)
        movups  %xmm1, -16(%rdi,%rdx)
        xorl    %eax, %eax
        ret
.Lcopy_above_32:
        movups  16(%rsi), %xmm2
        movups  -32(%rsi,%rdx), %xmm3
        movups  %xmm0, (%rdi)
        movups  %xmm2, 16(%rdi)
        movups  %xmm3, -32(%rdi,%rdx)
        movups  %xmm1, -16(%rdi,%rdx)
        xorl    %eax, %eax
        ret
.Lcopy_below_16:
        cmpl    $8, %edx
        jb      .Lcopy_below_8
        movq    (%rsi), %rax
        movq    -8(%rsi,%rdx), %rcx
        movq    %rax, (%rdi)
        movq    %rcx, -8(%rdi,%rdx)
        xorl    %eax, %eax
        ret
.Lcopy_below_8:
        cmpl    $4, %edx
        jb      .Lcopy_below_4
        movl    (%rsi), %eax
        movl    -4(%rsi,%rdx), %ecx
        movl    %eax, (%rdi)
        movl    %ecx, -4(%rdi,%rdx)
        xorl    %eax, %eax
        ret
.Lcopy_below_4:
        testl   %edx, %edx
        jz      .Lcopy_16_end
        movzbl  (%rsi), %eax
        movzbl  -1(%rsi,%rdx), %ecx
        cmpl    $2, %edx
        jbe     .Lcopy_up_to_2
        movzbl  1(%rsi), %r8d
        movb    %r8b, 1(%rdi)
.Lcopy_up_to_2:
        movb    %al, (%rdi)
        movb    %cl, -1(%rdi,%rdx)
.Lcopy_16_end:
        xorl    %eax, %eax
        ret
.Lcopy_bytes:
        movq    %rdx, %rcx
.Lcopy_rep_start:
        rep movsb
.Lcopy_rep_end:
        movq    %rcx, %rax
        ret
END sfi_safe_copy
        FIXUP   .Lcopy_16_start, .Lcopy_16_end, .Lcopy_bytes
        FIXUP   .Lcopy_rep_start, .Lcopy_rep_end, .Lcopy_rep_end

// size_t sfi_safe_fill(void* to, int value, size_t size)
FUNCTION sfi_safe_fill
        movl    %esi, %eax
        movq    %rdx, %rcx
.Lfill_start:
        rep stosb
.Lfill_end:
        movq    %rcx, %rax
        ret
END sfi_safe_fill
        FIXUP   .Lfill_start, .Lfill_end, .Lfill_end

// size_t sfi_safe_strnlen(const char* text, size_t limit)
// Aligned 16-byte loads never cross a page, so they fault only where the string itself would. The
// first one begins before the string; the bytes before it are shifted out of the mask.
FUNCTION sfi_safe_strnlen
        testq   %rsi, %rsi
        jz      .Lstrnlen_none
        pxor    %xmm1, %xmm1
        movq    %rdi, %r8
        movl    %edi, %ecx
        andq    $-16, %rdi
        andl    $15, %ecx
.Lstrnlen_start:
        movdqa  (%rdi), %xmm0
        pcmpeqb %xmm1, %xmm0
        pmovmskb %xmm0, %eax
        shrl    %cl, %eax
        shll    %cl, %eax
        testl   %eax, %eax
        jnz     .Lstrnlen_found
        movq    %rsi, %r9
        addq    %r8, %r9                # end of the string's limit; carry: as far as it gets
        jnc     .Lstrnlen_next
        movq    $-1, %r9
.Lstrnlen_next:
        addq    $16, %rdi
        cmpq    %r9, %rdi
        jae     .Lstrnlen_limit
        movdqa  (%rdi), %xmm0
        pcmpeqb %xmm1, %xmm0
        pmovmskb %xmm0, %eax
        testl   %eax, %eax
        jz      .Lstrnlen_next
.Lstrnlen_found:
        bsfl    %eax, %eax
        addq    %rdi, %rax
        subq    %r8, %rax
        cmpq    %rsi, %rax
        cmovaq  %rsi, %rax
        ret
.Lstrnlen_limit:
        movq    %rsi, %rax
        ret
.Lstrnlen_none:
        xorl    %eax, %eax
        ret
.Lstrnlen_fault:
        movq    $-1, %rax
        ret
END sfi_safe_strnlen
        FIXUP   .Lstrnlen_start, .Lstrnlen_found, .Lstrnlen_fault

// int sfi_safe_compare_exchange_u32(uint32_t* address, uint32_t* expected, uint32_t desired)
FUNCTION sfi_safe_compare_exchange_u32
        movl    (%rsi), %eax
.Lcas_start:
        lock cmpxchgl %edx, (%rdi)
.Lcas_end:
        jne     .Lcas_differs
        xorl    %eax, %eax
        ret
.Lcas_differs:
        movl    %eax, (%rsi)
        movl    $1, %eax
        ret
END sfi_safe_compare_exchange_u32
        FIXUP   .Lcas_start, .Lcas_end, .Lword_fault

// int sfi_safe_load_u32(const uint32_t* address, uint32_t* value)
FUNCTION sfi_safe_load_u32
.Lload_start:
        movl    (%rdi), %eax
.Lload_end:
        movl    %eax, (%rsi)
        xorl    %eax, %eax
        ret
.Lword_fault:
        movl    $-1, %eax
        ret
END sfi_safe_load_u32
        FIXUP   .Lload_start, .Lload_end, .Lword_fault

// uint64_t sfi_read_xcr0(void)
// Which components of the vector state the kernel has enabled (Intel SDM 1, 13.3), 0 where it
// hasn't enabled xgetbv itself.
FUNCTION sfi_read_xcr0
        xorl    %ecx, %ecx
.Lxgetbv_start:
        xgetbv
.Lxgetbv_end:
        shlq    $32, %rdx
        orq     %rdx, %rax
        ret
.Lxgetbv_fault:
        xorl    %eax, %eax
        ret
END sfi_read_xcr0
        FIXUP   .Lxgetbv_start, .Lxgetbv_end, .Lxgetbv_fault

        .section .rodata.sfi_fixups, "a", @progbits
        .balign 4
sfi_fixups_end:

        .section .note.GNU-stack, "", @progbits
