# SPDX-License-Identifier: Apache-2.0
# Memory operands that reach out of the slot.
# rule: address
        mov (%rax), %eax
---
# rule: address
        mov %eax, (%rdi,%rcx,4)
---
# rule: address
        mov 0x1000, %eax
---
# rule: address
        mov %eax, 8(%rbp)
---
# rule: address
        mov (%r11), %rax
---
# rule: address
        mov 8(%rsp,%rax), %ecx
---
# rule: address
        movabs 0x1122334455667788, %al
---
# rule: address
        movabs %eax, 0x1122334455667788
---
# rule: address
# low 4 GiB of the host
        mov (%eax), %ecx
---
# rule: address
        .byte 0x67, 0x8b, 0x04, 0x24    # mov (%esp), %eax
---
# rule: address
# no truncation
        mov %gs:(%rax), %ecx
---
# rule: address
        mov %gs:0, %eax
---
# rule: address
        mov %gs:8(%rsp), %eax
---
# rule: address
        mov %gs:(%rip), %eax
---
# rule: address
# the base of %gs is the slot's, %eip isn't guest data
        .byte 0x65, 0x67, 0x8b, 0x05, 0, 0, 0, 0  # mov %gs:(%eip), %eax
---
# rule: address
        mov 8(%eip), %eax
---
# rule: address
        .byte 0x65, 0x67, 0xa1, 0, 0, 1, 0    # mov %gs:0x10000, %eax without ModRM
---
# rule: address
        push (%rax)
---
# rule: address
        pop 8(%rbx)
---
# rule: address
        prefetcht0 (%rax)
---
# rule: address
        prefetchw 8(%rcx)
---
# rule: address
        lock incl (%rax)
---
# rule: address
        cmpxchg16b (%rdi)
---
# rule: address
        fldcw (%rax)
---
# rule: address
        fnsave (%rcx)
---
# rule: address
        ldmxcsr (%rax)
---
# rule: address
        vmovups (%rax), %zmm1
---
# rule: address
        vpgatherdd %ymm1, (%rax,%ymm2,4), %ymm3
---
# rule: address
        vpgatherdd %ymm1, %gs:(%rax,%ymm2,4), %ymm3
---
# rule: address
        vpgatherqq %ymm1, (%eax,%ymm2,4), %ymm3
---
# rule: address
        vpscatterdd %zmm1, (%rsp,%zmm2,4){%k1}
---
# rule: address
        movntdq %xmm0, (%rax)
---
# rule: address
        bt %rax, (%rbx)
---
# rule: address
        btl $1, (%rbx)
---
# rule: address
        movbe (%rax), %ecx
---
# rule: address
        crc32b (%rax), %ecx
---
# rule: stack-offset
        mov 32768(%rsp), %rax
---
# rule: stack-offset
        mov %rax, -32769(%rsp)
---
# rule: stack-offset
        lock incl 0x7fffffff(%rsp)
---
# rule: stack-offset
        push -0x10000(%rsp)
---
# rule: rip-target
# the executable image lies at 1 MiB; 64 KiB are the lowest
# address: 0x10000
        mov -0x100(%rip), %eax
---
# rule: rip-target
# address: 0x10000
        mov %al, -7(%rip)
---
# rule: rip-target
        mov -0x7fffffff(%rip), %eax
---
# rule: rip-target
        push -0x7fffffff(%rip)
---
# rule: rip-target
# address: 0xfff00000
        mov 0x00100000(%rip), %eax
---
# rule: rip-target
# address: 0x10000
        cmpl $1, -0x10(%rip)
---
# rule: bit-offset
        bt %rax, (%rsp)
---
# rule: bit-offset
        bts %ecx, 8(%rsp)
---
# rule: bit-offset
        btr %rdx, 0x1000(%rip)
---
# rule: bit-offset
        btc %si, -4(%rsp)
---
# rule: bit-offset
        lock bts %rax, (%rsp)
---
# rule: bit-offset
        lock btc %r9, 0x1000(%rip)
---
# rule: lea-address
        lea 8(%rsp), %rax
---
# rule: lea-address
        lea 0x1000(%rip), %rcx
---
# rule: lea-address
        lea (%r11), %rdx
---
# rule: lea-address
        lea (%rax,%r11,8), %rdx
---
# rule: lea-address
        lea (%rsp,%rax), %rdx
---
# rule: lea-address
        lea (%rsp), %cx
---
# rule: lea-address
        lea (%r11), %r11
---
# rule: lea-address
        lea (%eip), %rax
---
# rule: segment
        mov %fs:0, %rax
---
# rule: segment
        mov %fs:(%eax), %ecx
---
# rule: segment
        addq $1, %fs:40
---
# rule: segment
        mov %ds:(%rsp), %rax
---
# rule: segment
        .byte 0x2e, 0x8b, 0x04, 0x24    # mov %cs:(%rsp), %eax
---
# rule: segment
        .byte 0x36, 0x8b, 0x04, 0x24
---
# rule: segment
        .byte 0x26, 0x8b, 0x04, 0x24
---
# rule: segment
        .byte 0x3e, 0x65, 0x67, 0x8b, 0x00  # two segments
---
# rule: segment
        .byte 0x65, 0x67, 0x64, 0x8b, 0x00  # %fs wins
---
# rule: segment
        push %fs
---
# rule: segment
        push %gs
---
# rule: segment
        pop %fs
---
# rule: segment
        pop %gs
---
# rule: segment
        mov %eax, %fs
---
# rule: segment
        mov %ax, %gs
---
# rule: segment
        mov %gs, %eax
---
# rule: segment
        mov %ss, %esp
---
# rule: segment
        mov %ds, %gs:(%eax)
---
# rule: segment
        mov %gs:(%eax), %ds
---
# rule: segment
        .byte 0x2e, 0x0f, 0x84, 0, 0, 0, 0  # je, predicted not taken
---
# rule: segment
        .byte 0x3e, 0xeb, 0x00  # notrack or predicted taken
---
# rule: segment
.byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0  # nopw %cs:
---
# rule: address
# A gap of zeros between sections: add %al, (%rax).
        .fill 32, 1, 0
