movq %fs:0, %rax
addq %fs:0, %rcx
movq %fs:40, %rdx
subq %fs:40, %rdx
>>>
movq 8(%r14),%rax
addq 8(%r14),%rcx
movq 8(%r14),%r11
movq %gs:40(%r11d),%rdx
movq 8(%r14),%r11
subq %gs:40(%r11d),%rdx
------
movl %fs:8(%rax), %ecx
movl %fs:8(%rax,%rbx,4), %ecx
movl %fs:(,%rbx,4), %ecx
call *%fs:16
>>>
movq 8(%r14),%r11
movl %gs:8(%r11d,%eax),%ecx
movq 8(%r14),%r11
leal (%r11,%rax),%r11d
movl %gs:8(%r11d,%ebx,4),%ecx
movq 8(%r14),%r11
movl %gs:(%r11d,%ebx,4),%ecx
movq 8(%r14),%r11
movl %gs:16(%r11d),%r11d
pushq $.L.sfi.0
{
andl $-32,%r11d
addq (%r14),%r11
jmp *%r11
}
.p2align 5
.L.sfi.0:
------
## Local and initial exec.
addl $1, x@tpoff(%rax)
leaq x@tpoff(%rax), %rdx
movq y@gottpoff(%rip), %rdx
addq y@gottpoff(%rip), %rax
movl (%rax,%rdx), %ecx
>>>
leaq x@tpoff(%rax),%r11
addl $1,%gs:(%r11d)
leaq x@tpoff(%rax),%rdx
movq y@gottpoff(%rip),%rdx
addq y@gottpoff(%rip),%rax
movl %gs:(%eax,%edx),%ecx
------
## General dynamic, both forms of the call.
data16 leaq e@tlsgd(%rip), %rdi
.value 0x6666
rex64
call __tls_get_addr@PLT
>>>
movq 8(%r14),%rax
addq e@gottpoff(%rip),%rax
------
.byte 0x66
leaq e@tlsgd(%rip), %rdi
.byte 0x66
rex64
call *__tls_get_addr@GOTPCREL(%rip)
>>>
movq 8(%r14),%rax
addq e@gottpoff(%rip),%rax
------
## Local dynamic.
leaq l@tlsld(%rip), %rdi
call __tls_get_addr@PLT
movl l@dtpoff(%rax), %ebx
leaq m@dtpoff(%rax), %rcx
>>>
movq 8(%r14),%rax
leaq l@tpoff(%rax),%r11
movl %gs:(%r11d),%ebx
leaq m@tpoff(%rax),%rcx
------
## Descriptors.
leaq d@tlsdesc(%rip), %rax
call *d@tlscall(%rax)
addq %fs:0, %rax
>>>
movq d@gottpoff(%rip),%rax
addq 8(%r14),%rax
------
leaq _TLS_MODULE_BASE_@tlsdesc(%rip), %rax
call *_TLS_MODULE_BASE_@TLSCALL(%rax)
>>>
movq $0,%rax
