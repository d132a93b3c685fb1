# SPDX-License-Identifier: Apache-2.0
# Memory operands M1, M2, M3 and what lea may do.
        mov %gs:(%eax), %ebx
        mov %rcx, %gs:8(%edi,%esi,8)
        addl $1, %gs:0x12345678(,%r9d,4)
        cmpb $0, %gs:(%r11d)
---
        mov %gs:(%r11d,%r11d), %rax
        mov %gs:-1(%esp,%ecx), %r8
        mov %gs:(%esp), %r9
        .byte 0x65, 0x67, 0x8b, 0x04, 0x25, 0x78, 0x56, 0x34, 0x12  # mov %gs:0x12345678(,%eiz), %eax
---
        .byte 0x67, 0x65, 0x8b, 0x00                     # prefixes in the other order
        mov %gs:(%r13d), %eax
        mov %gs:(%r12d), %eax
        mov %gs:(%ebp,%r12d,2), %eax
---
        mov (%rsp), %rax
        mov %r11d, 32767(%rsp)
        mov -32768(%rsp), %r12
        lock incl 4(%rsp)
---
        addsd -8(%rsp), %xmm3
        movaps %xmm1, 16(%rsp)
        btl $5, (%rsp)
        btsl $31, 8(%rsp)
---
        mov 0x2000(%rip), %rax
        incl -0x4000(%rip)
        movss 100(%rip), %xmm0
        btl $3, 100(%rip)
---
        cmpl $0x11223344, 0x1000(%rip)
        cmpb $1, 0x1000(%rip)
        imul $5, 0x1000(%rip), %rax
---
        bt %eax, %gs:(%ebx)
        btsq %r8, %gs:(%ecx,%edx,8)
        lock btr %cx, %gs:4(%esp)
        btc %r9d, %gs:(%r15d)
---
        push %gs:(%eax)
        pop %gs:(%ebx)
        push 8(%rsp)
        pop 8(%rsp)
        push 0x1000(%rip)
---
        pop 0x1000(%rip)
        lock addq $1, %gs:(%eax)
        lock cmpxchg %rcx, %gs:8(%edx)
        lock xadd %eax, %gs:(%esi)
---
        xchg %rax, %gs:(%edi)
        lock xchg %al, %gs:(%edi)
        lock cmpxchg8b %gs:(%ecx)
        lock cmpxchg16b %gs:(%ecx)
        lock notl %gs:(%r8d)
---
        # The longest there is: 15 bytes.
        lock addl $0x11223344, %gs:0x55667788(%r8d,%r9d,8)
        movbe %gs:(%eax), %rcx
        movbe %cx, %gs:(%eax)
---
        movnti %rax, %gs:(%ecx)
        prefetcht0 %gs:(%eax)
        prefetchnta 64(%rsp)
        prefetchw %gs:(%ecx)
        prefetcht1 0x1000(%rip)
---
        lea 8(%rax,%rbx,4), %rcx
        lea 8(%rsp), %eax
        lea (%rsp,%rax,8), %r11d
        lea 0x1000(%rip), %edx
        lea 8(%r11), %ecx
---
        lea (%rax,%r11), %r11d
        lea (%eax,%ebx), %rcx
        lea 4(%r11d), %rax
        lea (%esp), %rdi
        lea 0x1234(,%rax,8), %r8
        lea (%rax), %cx
---
        .byte 0x8d, 0x04, 0x25, 0x78, 0x56, 0x34, 0x12   # lea 0x12345678(,%riz), %eax
        .byte 0x67, 0x8d, 0x04, 0x25, 0x78, 0x56, 0x34, 0x12
---
        mov 8(%r14), %rax
        mov 8(%r14), %r8
        mov 8(%r14), %r11
        mov 8(%r14), %r15
        mov 8(%r14), %r12
        add 8(%r14), %rdi
        add 8(%r14), %r13
---
        crc32q %gs:(%eax), %rcx
        crc32w %gs:(%eax), %ecx
        popcnt %gs:(%eax), %rcx
---
        ldmxcsr 4(%rsp)
        stmxcsr %gs:(%eax)
---
        setne %gs:(%eax)
        movzbl %gs:(%eax), %ecx
        movslq %gs:(%eax,%ecx,4), %rdx
---
        mulq %gs:(%eax)
        shrq $3, %gs:(%eax)
        movabs $0x12345678, %rax
