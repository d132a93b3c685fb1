subq $24, %rsp
>>>
{
subl $24,%esp
addq (%r14),%rsp
}
------
## Small amounts are popped.
addq $8, %rsp
addq $16, %rsp
addq $24, %rsp
>>>
popq %r11
popq %r11
popq %r11
{
addl $24,%esp
addq (%r14),%rsp
}
------
subq %rax, %rsp
subq 8(%rdi), %rsp
subq $-128, %rsp
>>>
{
subl %eax,%esp
addq (%r14),%rsp
}
{
subl %gs:8(%edi),%esp
addq (%r14),%rsp
}
{
subl $-128,%esp
addq (%r14),%rsp
}
------
andq $-16, %rsp
andq $-4096, %rsp
>>>
andq $-16, %rsp
{
andl $-4096,%esp
addq (%r14),%rsp
}
------
## Nothing is known of the flags here.
movq %rbp, %rsp
leaq -40(%rbp), %rsp
leaq 8(%rsp), %rsp
>>>
{
movq (%r14),%r11
movl %ebp,%esp
leaq (%rsp,%r11),%rsp
}
{
movq (%r14),%r11
leal -40(%rbp),%esp
leaq (%rsp,%r11),%rsp
}
{
movq (%r14),%r11
leal 8(%rsp),%esp
leaq (%rsp,%r11),%rsp
}
------
## Before a return nobody looks at them.
leaq -16(%rbp), %rsp
popq %rbx
popq %rbp
ret
>>>
{
leal -16(%rbp),%esp
addq (%r14),%rsp
}
popq %rbx
popq %rbp
popq %r11
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
------
leave
jc out
>>>
{
movq (%r14),%r11
movl %ebp,%esp
leaq (%rsp,%r11),%rsp
}
popq %rbp
jc out
------
leave
xorl %eax, %eax
>>>
{
movl %ebp,%esp
addq (%r14),%rsp
}
popq %rbp
xorl %eax, %eax
------
movq (%rdi), %rsp
adcl $0, %eax
>>>
{
movq (%r14),%r11
movl %gs:(%edi),%esp
leaq (%rsp,%r11),%rsp
}
adcl $0, %eax
------
movq %rsp, %rax
mov %rsp, %r9
movl %esp, %ecx
>>>
movl %esp,%eax
movl %esp,%r9d
movl %esp, %ecx
------
movq %rsp, (%rdi)
cmpq %rsp, %rax
pushq %rsp
addq %rsp, %rbx
movq %rsp, %xmm0
imulq $3, %rsp, %rax
>>>
{
movl %esp,%r11d
movq %r11,%gs:(%edi)
}
{
movl %esp,%r11d
cmpq %r11,%rax
}
{
movl %esp,%r11d
pushq %r11
}
{
movl %esp,%r11d
addq %r11,%rbx
}
{
movl %esp,%r11d
movq %r11,%xmm0
}
{
movl %esp,%r11d
imulq $3,%r11,%rax
}
------
popq %rsp
jz a
>>>
{
movq (%r14),%r11
movl (%rsp),%esp
leaq (%rsp,%r11),%rsp
}
jz a
