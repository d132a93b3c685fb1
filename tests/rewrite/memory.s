## Ordinary operands.
movl (%rax), %ecx
>>>
movl %gs:(%eax),%ecx
------
movq %rcx, -8(%r12,%r13,8)
>>>
movq %rcx,%gs:-8(%r12d,%r13d,8)
------
addl $1, table(,%rdi,4)
>>>
addl $1,%gs:table(,%edi,4)
------
movzbl table-100(%rdi), %eax
>>>
movzbl %gs:table-100(%edi),%eax
------
lock cmpxchgq %rcx, 8(%rdi)
>>>
lock cmpxchgq %rcx,%gs:8(%edi)
------
## A prefix as a statement of its own.
lock; incl (%rax)
>>>
lock incl %gs:(%eax)
------
cmpb $0, (%rbx)
>>>
cmpb $0,%gs:(%ebx)
------
## Near the stack pointer no guard is needed.
movl 8(%rsp), %eax
movl %eax, -128(%rsp)
movl 32767(%rsp), %eax
movl -32768(%rsp), %eax
movl (8+2*4)(%rsp), %eax
>>>
movl 8(%rsp),%eax
movl %eax,-128(%rsp)
movl 32767(%rsp),%eax
movl -32768(%rsp),%eax
movl (8+2*4)(%rsp),%eax
------
movl 32768(%rsp), %eax
movl 8(%rsp,%rax,4), %eax
movl offset(%rsp), %eax
>>>
movl %gs:32768(%esp),%eax
movl %gs:8(%esp,%eax,4),%eax
movl %gs:offset(%esp),%eax
------
movl foo(%rip), %eax
movq foo@GOTPCREL(%rip), %rax
>>>
movl foo(%rip),%eax
movq foo@GOTPCREL(%rip),%rax
------
## Absolute addresses.
movl foo, %eax
movl foo+4, %ecx
>>>
movl foo(%rip),%eax
movl foo+4(%rip),%ecx
------
movl 65536, %ecx
movl %eax, 65536
movabsq 65536, %rax
movabsq $123456789012, %rax
>>>
addr32 movl %gs:65536,%ecx
movl $65536,%r11d
movl %eax,%gs:(%r11d)
movl $65536,%r11d
movq %gs:(%r11d),%rax
movabsq $123456789012,%rax
------
## A weak symbol without definition may lie at address 0, out of %rip's allowed reach.
.weak nowhere
movl nowhere(%rip), %ecx
leaq nowhere(%rip), %rax
>>>
.weak nowhere
addr32 movl %gs:nowhere,%ecx
movl $nowhere,%eax
------
.weak here
here: movl here(%rip), %ecx
>>>
.weak here
.p2align 5
here:
movl here(%rip),%ecx
------
## Bit offsets in registers reach anywhere.
btl %eax, 8(%rsp)
btsq %rax, foo(%rip)
btl $3, 8(%rsp)
btrl %eax, (%rdi)
>>>
btl %eax,%gs:8(%esp)
addr32 btsq %rax,%gs:foo
btl $3,8(%rsp)
btrl %eax,%gs:(%edi)
------
## Vectors: masks, broadcasts, rounding, gathers.
vaddps (%rdi){1to16}, %zmm1, %zmm2{%k1}{z}
vaddps {rn-sae}, %zmm0, %zmm1, %zmm2
vgatherdps %ymm1, 4(%rax,%ymm0,4), %ymm2
vpscatterdd %zmm0, (%rsp,%zmm1,8){%k1}
vmovdqu64 64(%rsp), %zmm17
vmovdqa %ymm0, 32(%rdx,%rcx)
>>>
vaddps %gs:(%edi){1to16},%zmm1,%zmm2{%k1}{z}
vaddps {rn-sae},%zmm0,%zmm1,%zmm2
vgatherdps %ymm1,%gs:4(%eax,%ymm0,4),%ymm2
vpscatterdd %zmm0,%gs:(%esp,%zmm1,8){%k1}
vmovdqu64 64(%rsp),%zmm17
vmovdqa %ymm0,%gs:32(%edx,%ecx)
------
fldt 16(%rax)
fstpt (%rsp)
fstp %st(1)
fnstcw -2(%rbp)
prefetcht0 64(%rsi)
ldmxcsr (%rdi)
>>>
fldt %gs:16(%eax)
fstpt (%rsp)
fstp %st(1)
fnstcw %gs:-2(%ebp)
prefetcht0 %gs:64(%esi)
ldmxcsr %gs:(%edi)
------
## lea computes; only host addresses are cut.
leaq 8(%rax,%rbx,2), %rcx
leaq foo(%rip), %rdi
leaq 16(%rsp), %rsi
leaq 16(%rsp,%rax,8), %rsi
leal 4(%rax), %ecx
leaq tab(,%rax,8), %rcx
>>>
leaq 8(%rax,%rbx,2),%rcx
leal foo(%rip),%edi
leal 16(%rsp),%esi
leal 16(%rsp,%rax,8),%esi
leal 4(%rax),%ecx
leaq tab(,%rax,8),%rcx
------
## Flat segments mean nothing; case doesn't matter.
movl %ds:(%rax), %ecx
MOVL (%RAX), %ECX
movsd (%rax), %xmm0
movq %xmm0, (%rax)
movsbl (%rax), %ecx
movsb %al, %ecx
>>>
movl %gs:(%eax),%ecx
MOVL %gs:(%eax),%ECX
movsd %gs:(%eax),%xmm0
movq %xmm0,%gs:(%eax)
movsbl %gs:(%eax),%ecx
movsb %al,%ecx
------
pushq (%rax)
popq 8(%rsp)
pushq $5
pushq %rax
>>>
pushq %gs:(%eax)
popq 8(%rsp)
pushq $5
pushq %rax
