.macro two a:req, b=%rcx
pushq \a
pushq \b
.endm
two %rax
two (%rdx), b=8(%rsp)
>>>
pushq %rax
pushq %rcx
pushq %gs:(%edx)
pushq 8(%rsp)
------
.macro all first, rest:vararg
movl $\first, \rest
.endm
all 5, %eax
all 6, table(,%rax,4)
>>>
movl $5, %eax
movl $6,%gs:table(,%eax,4)
------
.set N, 2
.rept N+1
incl (%rax)
.endr
.irp r, rax, rbx
popq %\r
.endr
.irpc c, ab
mov %\c\()l, %cl
.endr
>>>
.set N, 2
incl %gs:(%eax)
incl %gs:(%eax)
incl %gs:(%eax)
popq %rax
popq %rbx
mov %al, %cl
mov %bl, %cl
------
.macro mark
mark\@: jmp mark\@
.endm
mark
mark
>>>
mark0:
jmp mark0
mark1:
jmp mark1
------
.if 1 == 2
bogus
.elseif 2*3 == 6
nop
.else
bogus
.endif
.ifdef x
bogus
.endif
.ifc a, a
cld
.endif
.ifb
clc
.endif
>>>
nop
cld
clc
------
.macro outer x
.macro inner y
movl $\x, \y
.endm
inner %eax
.ifeq \x
.exitm
.endif
nop
.endm
outer 0
outer 1
>>>
movl $0, %eax
movl $1, %eax
nop
------
.macro count n
nop
.if \n
count "\n-1"
.endif
.endm
count 2
>>>
nop
nop
nop
