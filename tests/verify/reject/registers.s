# SPDX-License-Identifier: Apache-2.0
# Registers that hold the isolation together.
# rule: context
        mov %rax, %r14
---
# rule: context
        mov %r14, %rax
---
# rule: context
        xor %r14d, %r14d
---
# rule: context
        mov $1, %r14w
---
# rule: context
        inc %r14b
---
# rule: context
        push %r14
---
# rule: context
        pop %r14
---
# rule: context
        lea 8(%rax), %r14
---
# rule: context
        lea (%r14), %eax
---
# rule: context
        lea 8(%rax,%r14), %ecx
---
# rule: context
        lea (%r14d), %rax
---
# rule: context
        mov (%r14), %rax
---
# rule: context
        mov 16(%r14), %rax
---
# rule: context
        mov %rax, 8(%r14)
---
# rule: context
        mov %r11, (%r14)
---
# rule: context
        cmp 8(%r14), %rax
---
# rule: context
        sub 8(%r14), %rax
---
# rule: context
        mov 8(%r14), %eax
---
# rule: context
        mov 8(%r14), %ax
---
# rule: context
        mov 8(%r14,%rax), %rcx
---
# rule: context
        mov 8(%r14), %r14
---
# rule: stack-write
        mov 8(%r14), %rsp
---
# rule: stack-write
        add 8(%r14), %rsp
---
# rule: context
        add 8(%r14), %r14
---
# rule: context
        add %rax, 8(%r14)
---
# rule: context
        .byte 0x49, 0x8b, 0x86, 8, 0, 0, 0     # mov 8(%r14), %rax, disp32 form
---
# rule: context
        mov 24(%r14), %rcx
---
# rule: context
        mov -8(%r14), %rcx
---
# rule: context
        add 16(%r14), %rcx
---
# rule: context
        mov %gs:8(%r14d), %rax
---
# rule: context
        mov %gs:(%eax,%r14d), %rax
---
# rule: context
        mov %gs:(%eax), %r14
---
# rule: context
        cmovne %r14, %rax
---
# rule: context
        cmovne %rax, %r14
---
# rule: context
        xchg %r14, %rax
---
# rule: context
        xchg %rax, %r14
---
# rule: context
        bswap %r14
---
# rule: context
        movq %r14, %xmm0
---
# rule: context
        movq %xmm0, %r14
---
# rule: context
        cvttsd2si %xmm0, %r14d
---
# rule: context
        kmovq %k1, %r14
---
# rule: context
        pdep %r14, %rax, %rcx
---
# rule: context
        andn %rax, %r14, %rcx
---
# rule: context
        mulx %rax, %r14, %rcx
---
# rule: context
        rdrand %r14
---
# rule: context
        rdpid %r14
---
# rule: context
        popcnt %rax, %r14
---
# rule: context
        crc32q %rax, %r14
---
# rule: context
        vpbroadcastd %r14d, %zmm1
---
# rule: context
        add (%r14), %r11
---
# rule: stack-write
        add (%r14), %rsp
---
# rule: context
        add (%r14), %rax
---
# rule: context
        setne %r14b
---
# rule: context
        xadd %r14, %rax
---
# rule: context
        cmpxchg %rax, %r14
---
# rule: context
        cmpxchg %r14, %gs:(%eax)
---
# rule: context
        shld $1, %rax, %r14
---
# rule: context
        imul $3, %rax, %r14
---
# rule: context
        movzbl %al, %r14d
---
# rule: stack-read
        mov %rsp, %rax
---
# rule: stack-read
        mov %rsp, %gs:(%eax)
---
# rule: stack-read
        push %rsp
---
# rule: stack-read
        add %rsp, %rax
---
# rule: stack-read
        cmp %rsp, %rax
---
# rule: stack-read
        cmp %rax, %rsp
---
# rule: stack-read
        cmp $8, %rsp
---
# rule: stack-read
        test %rsp, %rsp
---
# rule: stack-read
        xor %rsp, %rax
---
# rule: stack-read
        sub %rsp, %r11
---
# rule: stack-read
        cmovne %rsp, %rax
---
# rule: stack-read
        movq %rsp, %xmm0
---
# rule: stack-read
        mov %rsp, %r11
---
# rule: stack-read
        imul $1, %rsp, %rax
---
# rule: stack-read
        pdep %rsp, %rax, %rcx
---
# rule: stack-read
        bt $63, %rsp
---
# rule: stack-read
        kmovq %rsp, %k1
---
# rule: stack-read
        crc32q %rsp, %rax
---
# rule: stack-read
        cvtsi2sd %rsp, %xmm0
---
# rule: stack-read
        vpbroadcastq %rsp, %ymm16
---
# rule: stack-read
        rorx $3, %rsp, %rax
---
# rule: stack-read
        popcnt %rsp, %rax
---
# rule: stack-read
        tzcnt %rsp, %rax
---
# rule: stack-read
        idiv %rsp
---
# rule: stack-read
        mul %rsp
---
# rule: stack-write
        mov %rax, %rsp
---
# rule: stack-write
        add $8, %rsp
---
# rule: stack-write
        sub $8, %rsp
---
# rule: stack-write
        lea 8(%rsp), %rsp
---
# rule: stack-write
        lea (%rax), %rsp
---
# rule: stack-write
        pop %rsp
---
# rule: stack-write
        xchg %rax, %rsp
---
# rule: stack-write
        xchg %rsp, %rax
---
# rule: stack-write
        inc %rsp
---
# rule: stack-write
        and %rax, %rsp
---
# rule: stack-write
        and $0x7f, %rsp
---
# rule: stack-write
        and $0x10, %rsp
---
# rule: stack-write
        and $-4096, %rsp
---
# rule: stack-write
        or $-16, %rsp
---
# rule: stack-write
        neg %rsp
---
# rule: stack-write
        bswap %rsp
---
# rule: stack-write
        movq %xmm0, %rsp
---
# rule: stack-write
        cmovne %rax, %rsp
---
# rule: stack-write
        xadd %rsp, %rax
---
# rule: stack-write
        cmpxchg %rax, %rsp
---
# rule: stack-write
        mov $1, %sp
---
# rule: stack-write
        mov $1, %spl
---
# rule: stack-write
        inc %spl
---
# rule: stack-write
        setne %spl
---
# rule: stack-write
        add $8, %sp
---
# rule: stack-write
        and $-16, %spl
---
# rule: stack-write
        xchg %al, %spl
---
# rule: stack-write
        movswl %ax, %esp
---
# rule: stack-write
        movzwl %ax, %esp
---
# rule: stack-write
        xor %esp, %esp
---
# rule: stack-write
        inc %esp
---
# rule: stack-write
        xchg %eax, %esp
---
# rule: stack-write
        cmovne %eax, %esp
---
# rule: stack-write
        shl $1, %esp
---
# rule: stack-write
        movd %xmm0, %esp
---
# rule: stack-write
        pdep %eax, %ecx, %esp
---
# rule: stack-write
        mulx %eax, %esp, %ecx
---
# rule: stack-write
        rdrand %esp
---
# rule: stack-write
        bsf %eax, %esp
---
# rule: stack-write
        or %eax, %esp
---
# rule: stack-write
        imul %eax, %esp
---
# rule: stack-write
        popcnt %eax, %esp
---
# rule: stack-write
        adc $1, %esp
---
# rule: stack-write
        mov %gs:(%eax), %rsp
---
# rule: stack-write
        add %rax, %rsp
---
# rule: stack-write
        xchg %esp, %gs:(%eax)
---
# rule: stack-write
        lahf
        rdpid %rsp
---
# rule: stack-write
        bts %eax, %esp
---
# rule: stack-operand
        push %ax
---
# rule: stack-operand
        pop %ax
---
# rule: stack-operand
        pushw $1
---
# rule: stack-operand
        pushw %gs:(%eax)
---
# rule: stack-operand
        popw %gs:(%eax)
---
# rule: stack-operand
        .byte 0x66, 0x54   # push %sp
---
# rule: stack-operand
        .byte 0x66, 0x6a, 0x01
---
# rule: scratch-read
        mov %r11, %rax
---
# rule: scratch-read
        mov %r11, %gs:(%eax)
---
# rule: scratch-read
        push %r11
---
# rule: scratch-read
        add $1, %r11
---
# rule: scratch-read
        cmp %r11, %rax
---
# rule: scratch-read
        movq %r11, %xmm0
---
# rule: scratch-read
        cvtsi2sd %r11, %xmm0
---
# rule: scratch-read
        xchg %r11, %rax
---
# rule: scratch-read
        bswap %r11
---
# rule: scratch-read
        xadd %rax, %r11
---
# rule: scratch-read
        cmovne %r11, %rax
---
# rule: scratch-read
        shr $32, %r11
---
# rule: scratch-read
        shrd $32, %r11, %rax
---
# rule: scratch-read
        not %r11
---
# rule: scratch-read
        imul $1, %r11, %rax
---
# rule: scratch-read
        pext %r11, %rax, %rcx
---
# rule: scratch-read
        rorx $1, %r11, %rax
---
# rule: scratch-read
        bt $40, %r11
---
# rule: scratch-read
        kmovq %r11, %k1
---
# rule: scratch-read
        popcnt %r11, %rax
---
# rule: scratch-read
        mul %r11
---
# rule: scratch-read
        vpbroadcastq %r11, %zmm1
---
# rule: scratch-read
        crc32q %r11, %rax
---
# rule: scratch-read
        test %r11, %r11
---
# rule: scratch-read
        add 8(%r14), %r11
---
# rule: scratch-read
        cmpxchg %r11, %gs:(%eax)
---
# rule: scratch-read
        mov %r11, 8(%rsp)
---
# rule: scratch-read
# Only the instruction right after the definition.
        mov %esp, %r11d
        push %r11
        push %r11
---
# rule: scratch-read
        mov %esp, %r11d
        nop
        push %r11
---
# rule: scratch-read
# No definition: a 16-bit write keeps the rest.
        mov %ax, %r11w
        push %r11
---
# rule: scratch-read
        mov $1, %r11b
        mov %r11, %rax
---
# rule: scratch-read
# 32 bits by others than mov and lea: some don't always write.
        xor %r11d, %r11d
        push %r11
---
# rule: scratch-read
        movzwl %ax, %r11d
        push %r11
---
# rule: scratch-read
        bsf %eax, %r11d
        push %r11
---
# rule: scratch-read
        cmovne %eax, %r11d
        mov %r11, %rax
---
# rule: scratch-read
        xchg %eax, %r11d
        push %r11
---
# rule: scratch-read
        pop %r11
        mov %r11, %rax
---
# rule: scratch-read
        mov %rax, %r11
        push %r11
---
# rule: scratch-read
        mov (%r14), %r11
        mov %ebp, %esp
        lea (%rsp,%r11), %rsp
        mov %r11, %rax
---
# rule: scratch-read
# Writes of 32 bits that don't always clear the upper half, or not with a guest value alone.
        bsr %eax, %r11d
        push %r11
---
# rule: scratch-read
        xchg %r11d, %r11d
        push %r11
---
# rule: scratch-read
        xadd %r11d, %eax
        push %r11
---
# rule: scratch-read
        cmpxchg %eax, %r11d
        mov %r11, %rax
---
# rule: scratch-read
        lea (%eax), %r11w
        push %r11
---
# rule: scratch-read
        mov 8(%r14), %rax
        push %r11
---
# rule: scratch-read
# Masked is not defined: only mov and lea are.
        mov %esp, %r11d
        and $-32, %r11d
        push %r11
