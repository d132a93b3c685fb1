# SPDX-License-Identifier: Apache-2.0
# General integer instructions on registers.
        add %eax, %ebx
        adc $1, %rcx
        sbb %r8w, %r9w
        xor $-128, %sil
        and $0x12345678, %r15
        or %dl, %r13b
---
        cmp $1000, %edi
        sub %rax, %r12
---
        add %ah, %ch
        mov $7, %bh
        xchg %al, %dh
        movzbl %ah, %eax
        test %bh, %bh
        setc %ch
---
        inc %eax
        dec %r8
        neg %rdi
        not %cx
        mul %rbx
        imul %r9
        imul $100, %rbx, %rcx
        div %esi
---
        idiv %r10
        shl $3, %eax
        sal %cl, %r8
        sar %edx
        ror $7, %bx
        rcl $1, %r9b
        shld $5, %rax, %rbx
        shrd %cl, %ecx, %edx
---
        movabs $0x1122334455667788, %r11
        mov $1, %r11d
        mov $1, %r11w
        mov $1, %r11b
        xor %r11d, %r11d
---
        mov %esp, %eax
        mov %sp, %cx
        mov %spl, %dl
        cmp %esp, %ebp
        add %esp, %edi
---
        movslq %eax, %rbx
        movsbl %sil, %edi
        movzwl %r9w, %r10d
        cltq
        cqto
        cltd
        cwtl
        cbtw
        cwtd
---
        xchg %rax, %rbx
        xchg %eax, %eax
        xchg %r8, %rax
        xchg %eax, %r9d
        bswap %rdx
        bswap %r15d
        cmovne %eax, %ebx
        cmovle %r12, %r13
---
        bt %rax, %rbx
        bts $63, %rcx
        btr %ecx, %edx
        btc $5, %si
---
        bsf %eax, %ebx
        bsr %r8, %r9
        tzcnt %eax, %ecx
        lzcnt %r10, %rax
---
        popcnt %rdx, %rcx
        andn %eax, %ebx, %ecx
        bextr %r8, %r9, %r10
        blsi %eax, %ebx
        blsr %r12, %r13
        blsmsk %ecx, %edx
---
        bzhi %rax, %rbx, %rcx
        pdep %r8, %r9, %r10
        pext %eax, %ebx, %ecx
        mulx %rax, %rbx, %rcx
        rorx $13, %r8, %r9
        sarx %eax, %ebx, %ecx
---
        adcx %rax, %rbx
        adox %r8d, %r9d
        crc32b %al, %ecx
        crc32b %al, %rcx
---
        crc32w %ax, %ecx
        crc32l %eax, %ecx
---
        crc32q %rax, %rcx
        xadd %eax, %ebx
        cmpxchg %r8, %r9
        lahf
        sahf
        clc
        stc
        cmc
        cld
---
        cpuid
        xgetbv
        rdtsc
        rdtscp
        rdpid %rax
        rdrand %r8
        rdrand %ecx
        rdrand %cx
---
        rdseed %rdx
        pause
        mfence
        lfence
        sfence
        endbr64
        ud2
        int3
        hlt
---
        pushfq
        push %rax
        push %r12
        push $5
        push $-70000
        pop %r11
        pop %rdi
        pop %r15
---
        shl %cl, %sil
        seto %r8b
        setg %bpl
---
        pop %rcx
        and $-16, %rsp
        and $-128, %rsp
---
        lahf
        shlx %rax, %rbx, %rcx
        shrx %eax, %ebx, %ecx
        imul %eax, %ebx
        imul $5, %r8d, %r9d
        test $1, %al
        test $1, %rcx
        test $0x100, %eax
