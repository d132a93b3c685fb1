# SPDX-License-Identifier: Apache-2.0
# Branches, bundles, regions.
# rule: indirect-branch
        jmp *%rax
---
# rule: indirect-branch
        jmp *%r11
---
# rule: prefix
        jmp *%gs:(%eax)
---
# rule: indirect-branch
        jmp *8(%rsp)
---
# rule: indirect-branch
        jmp *0x1000(%rip)
---
# rule: indirect-branch
        jmp *(%r14)
---
# rule: indirect-branch
        jmp *8(%r14)
---
# rule: indirect-branch
        jmp *32(%r14)
---
# rule: indirect-branch
        jmp *-16(%r14)
---
# rule: indirect-branch
        .byte 0x41, 0xff, 0xa6, 16, 0, 0, 0  # jmp *16(%r14), disp32 form
---
# rule: indirect-branch
        .byte 0x43, 0xff, 0x66, 16 # jmp *16(%r14), REX.X
---
# rule: prefix
        ljmp *%gs:(%eax)
---
# rule: indirect-branch
        ljmp *8(%rsp)
---
# rule: indirect-branch
        jmp *%rsp
---
# rule: context
# Q1 with another mask
        and $-16, %r11d
        add (%r14), %r11
        jmp *%r11
---
# rule: branch-target
        jmp .+3
        mov $0xc3c3c3c3, %eax
---
# rule: branch-target
# out of the region, both ways
        jmp .-1
---
# rule: branch-target
        jmp .+0x1000
---
# rule: branch-target
        jne .-0x200000
---
# rule: branch-target
        jrcxz .+0x40
---
# rule: branch-target
# into a sequence
        jmp 1f
        mov %esp, %r11d
1:      push %r11
---
# rule: branch-target
        jmp 1f
        and $-32, %r11d
        add (%r14), %r11
1:      jmp *%r11
---
# rule: branch-target
        jmp 1f
        and $-32, %r11d
1:      add (%r14), %r11
        jmp *%r11
---
# rule: branch-target
        jne 1f
        sub $8, %esp
1:      add (%r14), %rsp
---
# rule: branch-target
        je 1f
        mov (%r14), %r11
1:      mov %ebp, %esp
        lea (%rsp,%r11), %rsp
---
# rule: branch-target
        je 1f
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
1:      rep stosb
        mov %edi, %edi
---
# rule: branch-target
        je 1f
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep stosb
1:      mov %edi, %edi
---
# rule: branch-target
        .byte 0x0f, 0x85, 0xff, 0xff, 0xff, 0x7f   # far away
---
# rule: bundle
        .fill 31, 1, 0x90
        mov %eax, %ebx
---
# rule: bundle
        .fill 28, 1, 0x90
        mov $1, %eax
---
# rule: bundle
# sequences
        .fill 23, 1, 0x90
        and $-32, %r11d
        add (%r14), %r11
        jmp *%r11
---
# rule: bundle
        .fill 29, 1, 0x90
        sub $8, %esp
        add (%r14), %rsp
---
# rule: bundle
        .fill 26, 1, 0x90
        mov (%r14), %r11
        mov %ebp, %esp
        lea (%rsp,%r11), %rsp
---
# rule: bundle
        .fill 29, 1, 0x90
        mov %esp, %r11d
        push %r11
---
# rule: bundle
        .fill 20, 1, 0x90
        mov (%r14), %r11
        mov %edi, %edi
        lea (%rdi,%r11), %rdi
        rep stosb
        mov %edi, %edi
---
# rule: bundle
        .fill 30, 1, 0x90
        sub $8, %esp
        add (%r14), %rsp
---
# rule: bundle
# data in the code
        .fill 31, 1, 0x90
        .byte 0xb8
---
# rule: region
# address: 0x100010
        nop
---
# rule: region
# address: 0
        nop
---
# rule: region
# address: 0xf000
        nop
---
# rule: region
# address: 0xfffe0000
        nop
---
# rule: region
# address: 0xfffff000
        nop
---
# rule: prefix
# operand size: Intel ignores it, AMD doesn't
        .byte 0x66, 0xe9, 0, 0, 0, 0
---
# rule: prefix
        .byte 0x66, 0xeb, 0x00
---
# rule: prefix
        .byte 0x66, 0x0f, 0x84, 0, 0, 0, 0
---
# rule: prefix
        .byte 0x48, 0xeb, 0x00   # REX.W
---
# rule: prefix
        .byte 0xf2, 0xeb, 0x00   # bnd
---
# rule: prefix
        .byte 0xf3, 0x74, 0x00
---
# rule: prefix
        .byte 0x67, 0xeb, 0x00
---
# rule: prefix
        .byte 0xf2, 0x0f, 0x84, 0, 0, 0, 0
---
# rule: prefix
        .byte 0x65, 0x74, 0x00
