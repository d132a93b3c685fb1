# SPDX-License-Identifier: Apache-2.0
# Q1
        and $-32, %r11d
        add (%r14), %r11
        jmp *%r11
---
        pop %r11
        and $-32, %r11d
        add (%r14), %r11
        jmp *%r11
---
        # The mask alone is an ordinary instruction.
        and $-32, %r11d
        and $-16, %r11d
        and $-32, %r11d
---
# Entries.
        lea 8(%rip), %r11d
        jmp *24(%r14)
---
        jmp *16(%r14)
---
# Q2
        sub $0x18, %esp
        add (%r14), %rsp
---
        add $0x1000, %esp
        add (%r14), %rsp
        and $-32, %esp
        add (%r14), %rsp
---
        mov %ebp, %esp
        add (%r14), %rsp
        lea -8(%rbp), %esp
        add (%r14), %rsp
---
        mov %gs:(%eax,%ecx,4), %esp
        add (%r14), %rsp
        sub 8(%rsp), %esp
        add (%r14), %rsp
---
        mov 0x2000(%rip), %esp
        add (%r14), %rsp
        mov $0x1000, %esp
        add (%r14), %rsp
---
        mov %r11d, %esp
        add (%r14), %rsp
        lea 8(%rsp,%r11), %esp
        add (%r14), %rsp
---
# Q3
        mov (%r14), %r11
        mov %ebp, %esp
        lea (%rsp,%r11), %rsp
---
        mov (%r14), %r11
        lea 0x100(%rsp,%rax,2), %esp
        lea (%rsp,%r11), %rsp
---
        mov (%r14), %r11
        mov %gs:0x10(%ebx), %esp
        lea (%rsp,%r11), %rsp
---
# Q4
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep stosb
        mov %edi, %edi
---
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        rep movsq
        mov %edi, %edi
        mov %esi, %esi
---
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        .byte 0x66, 0xf2, 0xa7           # repne cmpsw
        mov %edi, %edi
        mov %esi, %esi
---
        mov (%r14), %r11
        mov %esi, %esi
        lea (%rsi,%r11), %rsi
        lodsw
        mov %esi, %esi
---
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        repne scasb
        mov %edi, %edi
---
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep stosq
        mov %edi, %edi
---
# Q5
        mov %esp, %r11d
        push %r11
        mov %esp, %r11d
        mov %r11, %gs:(%eax)
        mov %esp, %r11d
        cmp %r11, %rax
---
        lea 0x20(%rip), %r11d
        push %r11
        mov 8(%r14), %r11
        mov %r11, %gs:8(%ebx)
        mov 8(%r14), %r11
        add %rax, %r11
---
        mov $5, %r11d
        add 8(%r14), %r11
        mov %gs:(%eax), %r11d
        movq %r11, %xmm0
---
        # Two definitions: only the second belongs to the use.
        mov %eax, %r11d
        mov %ebx, %r11d
        xchg %r11, %rax
---
        lea (%r11d,%eax), %r11d
        mov %r11, 8(%rsp)
