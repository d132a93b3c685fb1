# SPDX-License-Identifier: Apache-2.0
# Guard sequences that aren't.
# rule: sequence
        mov (%r14), %r11
---
# rule: sequence
        mov (%r14), %r11
        nop
---
# rule: sequence
        mov (%r14), %r11
        jmp *%r11
---
# rule: sequence
        mov (%r14), %r11
        push %r11
---
# rule: sequence
# Q3
        mov (%r14), %r11
        mov %ebp, %esp
---
# rule: sequence
        mov (%r14), %r11
        mov %ebp, %esp
        add (%r14), %rsp
---
# rule: sequence
        mov (%r14), %r11
        sub $8, %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %r11d, %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        lea 8(%r11), %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        lea (%eax,%r11d), %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %gs:(%r11d), %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %rbp, %rsp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %bp, %sp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov (%rax), %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %gs:(%rax), %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov 0x10000(%rsp), %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %ebp, %esp
        lea 8(%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %ebp, %esp
        lea (%rsp,%r11,2), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %ebp, %esp
        lea (%r11,%rbp), %rsp
---
# rule: sequence
        mov (%r14), %r11
        mov %ebp, %esp
        mov %ebp, %esp
        lea (%rsp,%r11), %rsp
---
# rule: sequence
        mov (%r14), %r11
        pop %r11
        lea (%rsp,%r11), %rsp
---
# rule: sequence
# Q4
        mov (%r14), %r11
        lea (%rdi,%r11), %rdi
        rep stosb
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        rep stosb
        mov %edi, %edi
---
# rule: sequence
# the pointer stays a host address
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep stosb
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep stosb
        mov %rdi, %rdi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        rep movsb
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep movsb
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep movsb
        mov %edi, %edi
        mov %esi, %esi
---
# rule: sequence
        mov (%r14), %r11
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        rep stosb
        mov %esi, %esi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        lodsb
        mov %edi, %edi
---
# rule: sequence
# both, where one is used
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        rep stosb
        mov %edi, %edi
        mov %esi, %esi
---
# rule: sequence
# prefixes: %es:%rdi ignores segments, 67 truncates the host address
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0x67, 0xf3, 0xaa
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        .byte 0x65, 0xac
        mov %esi, %esi
---
# rule: sequence
        mov (%r14), %r11
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        .byte 0x64, 0xac
        mov %esi, %esi
---
# rule: sequence
# redundant REX (CVE-2023-23583)
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        .byte 0xf3, 0x44, 0xa4
        mov %edi, %edi
        mov %esi, %esi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0xf3, 0x48, 0xaa   # REX.W with bytes
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0x66, 0xaa   # 66 with bytes
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0x66, 0x48, 0xab   # 66 with REX.W
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0xf3, 0xf3, 0xaa
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0xf2, 0xaa   # repne stos
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        .byte 0xf3, 0x66, 0xab   # order
        mov %edi, %edi
---
# rule: sequence
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep insb
        mov %edi, %edi
---
# rule: string
        stosb
---
# rule: string
        rep stosq
---
# rule: string
        movsb
---
# rule: string
        rep movsl
---
# rule: string
        cmpsb
---
# rule: string
        repe cmpsb
---
# rule: string
        scasb
---
# rule: string
        lodsq
---
# rule: string
        .byte 0x65, 0x67, 0xac   # lods %gs:(%esi)
---
# rule: string
        .byte 0x65, 0x67, 0xf3, 0xa4
---
# rule: string
        .byte 0x67, 0xf3, 0xaa
---
# rule: stack-write
# Q2, incomplete or with another end
        sub $8, %esp
---
# rule: stack-write
        sub $8, %esp
        nop
        add (%r14), %rsp
---
# rule: stack-write
        sub $8, %rsp
        add (%r14), %rsp
---
# rule: stack-write
        sub $8, %sp
        add (%r14), %rsp
---
# rule: stack-write
        mov %ebp, %esp
        add 8(%r14), %rsp
---
# rule: stack-write
        mov %ebp, %esp
        .byte 0x49, 0x03, 0x66, 0x00  # add 0(%r14), %rsp
---
# rule: stack-write
        mov %ebp, %esp
        or (%r14), %rsp
---
# rule: stack-write
        mov %ebp, %esp
        add (%r14), %esp
---
# rule: stack-write
        xor %esp, %esp
        add (%r14), %rsp
---
# rule: stack-write
        xchg %eax, %esp
        add (%r14), %rsp
---
# rule: stack-write
        pop %rsp
        add (%r14), %rsp
---
# rule: stack-write
        movzwl %ax, %esp
        add (%r14), %rsp
---
# rule: stack-write
        cmovne %eax, %esp
        add (%r14), %rsp
---
# rule: stack-write
        mov %ebp, %esp
        lea (%rsp,%r11), %rsp
---
# rule: stack-write
        adc $1, %esp
        add (%r14), %rsp
---
# rule: stack-write
        or $1, %esp
        add (%r14), %rsp
---
# rule: stack-write
# the write isn't the first operand's
        xadd %esp, %eax
        add (%r14), %rsp
---
# rule: address
# the operation's own operand
        mov (%rax), %esp
        add (%r14), %rsp
---
# rule: address
        add %gs:(%rax), %esp
        add (%r14), %rsp
---
# rule: address
        mov (%eax), %esp
        add (%r14), %rsp
---
# rule: address
# Q5's
        mov (%rax), %r11d
        push %r11
---
# rule: address
        mov %esp, %r11d
        mov %r11, (%rax)
---
# rule: segment
        mov %fs:(%eax), %esp
        add (%r14), %rsp
---
# rule: segment
        mov %fs:0, %r11d
        push %r11
---
# rule: segment
        lea 8(%rip), %r11d
        .byte 0x64, 0x41, 0xff, 0x66, 0x18  # entry with a segment
---
# rule: stack-offset
        mov 0x10000(%rsp), %esp
        add (%r14), %rsp
---
# rule: prefix
        lea 8(%rip), %r11d
        .byte 0x67, 0x41, 0xff, 0x66, 0x18  # entry, truncated address
---
# rule: prefix
        lea 8(%rip), %r11d
        .byte 0x66, 0x41, 0xff, 0x66, 0x18
---
# rule: indirect-branch
        mov %esp, %r11d
        jmp *%r11
---
# rule: indirect-branch
        and $-32, %r11d
        jmp *%r11
---
# rule: indirect-branch
        and $-32, %r11d
        nop
        jmp *%r11
---
# rule: context
        and $-32, %r11d
        add 8(%r14), %rax
        add (%r14), %r11
        jmp *%r11
---
# rule: context
        and $-32, %r10d
        add (%r14), %r10
        jmp *%r10
---
# rule: context
        andl $-32, %r11d
        .byte 0x4d, 0x03, 0x5e, 0x00
        jmp *%r11
---
# rule: context
        .byte 0x41, 0x81, 0xe3, 0xe0, 0xff, 0xff, 0xff  # and $-32, %r11d, imm32 form
        add (%r14), %r11
        jmp *%r11
---
# rule: scratch-read
        and $-32, %r11
        add (%r14), %r11
        jmp *%r11
