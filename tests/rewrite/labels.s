## Only what an indirect branch may reach is aligned.
.L1: jmp .L1
>>>
.L1:
jmp .L1
------
.globl f
f: nop
g: nop
.type h, @function
h: nop
>>>
.globl f
.p2align 5
f:
nop
g:
nop
.type h, @function
.p2align 5
h:
nop
------
movq $.L2, %rax
lea .L3(%rip), %rbx
.L2: nop
.L3: nop
>>>
movq $.L2, %rax
leal .L3(%rip),%ebx
.p2align 5
.L2:
nop
.p2align 5
.L3:
nop
------
## Jump tables, absolute and relative.
.L5: nop
.L6: nop
.L7: nop
.section .rodata
.quad .L5
.L9: .long .L6-.L9
.long .L9-.L7
>>>
.p2align 5
.L5: 
nop
.p2align 5
.L6:
nop
.L7:
nop
.section .rodata
.quad .L5
.L9:
.long .L6-.L9
.long .L9-.L7
------
## Debug information doesn't count, nor do ends of call sites.
.L5: nop
.L6: nop
.LEHB0: nop
.section .debug_info,"",@progbits
.quad .L5
.section .gcc_except_table,"a",@progbits
.uleb128 .LEHB0-.L5
.uleb128 .L6-.L5
>>>
.L5:
nop
.p2align 5
.L6:
nop
.LEHB0:
nop
.section .debug_info,"",@progbits
.quad .L5
.section .gcc_except_table,"a",@progbits
.uleb128 .LEHB0-.L5
.uleb128 .L6-.L5
------
## Numeric labels by definition.
1: movq $1f, %rax
1: jmp 1b
.data
.quad 1b
>>>
1:
movq $1f, %rax
.p2align 5
1:
jmp 1b
.data
.quad 1b
------
.set alias, .L8
.L8: nop
>>>
.set alias, .L8
.p2align 5
.L8:
nop
------
.p2align 4,,10
.p2align 4,0x90
.align 16,0xcc
.balign 8
nop
>>>
.p2align 4,,10
.p2align 4
.align 16
.balign 8
nop
------
## Other sections that hold code end with a whole bundle, too.
.section .text.f,"ax",@progbits
nop
.pushsection .text.g,"ax"
nop
.popsection
.section .text.c,"axG",@progbits,grp,comdat
nop
.text 1
nop
>>>
.section .text.f,"ax",@progbits
nop
.pushsection .text.g,"ax"
nop
.popsection
.section .text.c,"axG",@progbits,grp,comdat
nop
.text 1
nop
.text
.subsection 1
.p2align 5
.section .text.f,"ax",@progbits
.p2align 5
.section .text.g,"ax"
.p2align 5
.section .text.c,"axG",@progbits,grp,comdat
.p2align 5
------
## Data that isn't fallen into moves out of the code.
f: ret
.p2align 4
tab: .long 1, 2
.size tab, .-tab
.size f, .-f
lea tab(%rip), %rax
>>>
f:
popq %r11
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.pushsection .rodata
.p2align 4
tab:
.long 1, 2
.size tab, .-tab
.popsection
.size f, .-f
leal tab(%rip),%eax
------
jmp 1f
.byte 1
1: .byte 0x0f, 0x0b
nop
>>>
jmp 1f
.pushsection .rodata
.byte 1
.popsection
1:
ud2
nop
------
## Small loops that the compiler aligned lie in one cache line.
.p2align 4,,10
.p2align 3
.L3:
addl (%rax), %ecx
addq $4, %rax
cmpq %rdx, %rax
jne .L3
.p2align 4,,10
.L4:
movupd (%rcx,%rax), %xmm0
movupd (%rdx,%rax), %xmm5
mulpd %xmm1, %xmm0
addpd %xmm5, %xmm0
movups %xmm0, (%rdx,%rax)
addq $16, %rax
cmpq $4096, %rax
jne .L4
.L5:
call f
.p2align 4,,10
.L6:
call f
testl %eax, %eax
jne .L6
>>>
.p2align 4,,10
.p2align 3
.p2align 5
.L3:
addl %gs:(%eax),%ecx
addq $4, %rax
cmpq %rdx, %rax
jne .L3
.p2align 4,,10
.p2align 6
.L4:
movupd %gs:(%ecx,%eax),%xmm0
movupd %gs:(%edx,%eax),%xmm5
mulpd %xmm1, %xmm0
addpd %xmm5, %xmm0
movups %xmm0,%gs:(%edx,%eax)
addq $16, %rax
cmpq $4096, %rax
jne .L4
.L5:
pushq $.L.sfi.0
jmp f
.p2align 5
.L.sfi.0:
.p2align 4,,10
.L6:
pushq $.L.sfi.1
jmp f
.p2align 5
.L.sfi.1:
testl %eax, %eax
jne .L6
