call foo
>>>
pushq $.L.sfi.0
jmp foo
.p2align 5
.L.sfi.0:
------
call foo@PLT
jmp foo@PLT
jne foo@PLT
jmp .L3
>>>
pushq $.L.sfi.0
jmp foo
.p2align 5
.L.sfi.0:
jmp foo
jne foo
jmp .L3
------
## Images are static: what goes through the global offset table goes directly.
call *foo@GOTPCREL(%rip)
jmp *foo@GOTPCREL(%rip)
>>>
pushq $.L.sfi.0
jmp foo
.p2align 5
.L.sfi.0:
jmp foo
------
.weak maybe
call maybe
>>>
.weak maybe
movl $maybe,%r11d
pushq $.L.sfi.0
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.p2align 5
.L.sfi.0:
------
call *%rax
call *8(%rsp)
call *fp(%rip)
call *(%rax,%rbx,8)
>>>
movl %eax,%r11d
pushq $.L.sfi.0
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.p2align 5
.L.sfi.0:
movl 8(%rsp),%r11d
pushq $.L.sfi.1
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.p2align 5
.L.sfi.1:
movl fp(%rip),%r11d
pushq $.L.sfi.2
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.p2align 5
.L.sfi.2:
movl %gs:(%eax,%ebx,8),%r11d
pushq $.L.sfi.3
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.p2align 5
.L.sfi.3:
------
notrack jmp *.L4(,%rax,8)
>>>
movl %gs:.L4(,%eax,8),%r11d
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
------
rep ret
>>>
popq %r11
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
------
repz; retq
>>>
popq %r11
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
------
jne,pt .L1
bnd jmp .L1
jrcxz .L1
loop .L1
>>>
jne .L1
jmp .L1
{
jrcxz .L.sfi.0
jmp .L.sfi.1
.L.sfi.0:
jmp .L1
.L.sfi.1:
}
leaq -1(%rcx),%rcx
{
jrcxz .L.sfi.2
jmp .L1
.L.sfi.2:
}
------
syscall
>>>
leal .L.sfi.0(%rip),%r11d
jmp *24(%r14)
.p2align 5
.L.sfi.0:
------
## What the C library writes itself.
movq 8(%r14), %rax
jmp *16(%r14)
leal back(%rip), %r11d
>>>
movq 8(%r14), %rax
jmp *16(%r14)
leal back(%rip),%r11d
