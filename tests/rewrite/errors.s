nop
frobnicate %eax
>>>
error 2: unknown instruction
------
popfq
std
>>>
error 1: could set the alignment-check, trap or direction flag
error 2: could set the alignment-check, trap or direction flag
------
xsave (%rax)
clflush (%rax)
rdpmc
>>>
error 1: processor state images can't be confined
error 2: cache control can flip bits in checked code
error 3: performance counters
------
movq %r14, %rax
movq %r11, %rax
movl (%r11), %eax
addq (%r14), %rsp
>>>
error 1: %r14 is reserved in cages (compile with -ffixed-r14)
error 2: %r11 is reserved in cages (compile with -ffixed-r11)
error 3: %r11 is reserved in cages (compile with -ffixed-r11)
error 4: %r14 is reserved in cages (compile with -ffixed-r14)
------
movl %gs:(%rax), %ecx
wrgsbase %rax
>>>
error 1: %gs belongs to the host
error 2: segment bases belong to the host
------
.intel_syntax noprefix
.code32
.org 64
>>>
error 1: Intel syntax isn't supported; use AT&T syntax
error 2: cages run 64-bit code only
error 3: can't place code at a fixed offset: it grows when it is rewritten
------
nop
.long 5
>>>
error 2: data among code; put it in a section of its own
------
ret $8
int $0x80
sysenter
>>>
error 1: a return can't drop arguments
error 2: interrupts other than int3
error 3: kernel entry other than syscall
------
subq $8, %rsp
jc out
incq %rsp
xchgq %rsp, %rax
movw %ax, %sp
>>>
error 1: the flags of a change of the stack pointer aren't kept
error 3: unsupported change of the stack pointer
error 4: exchanges the stack pointer
error 5: writes part of the stack pointer
------
jmp .+2
lock
.L1: nop
>>>
error 1: a branch relative to '.' would miss its target; use a label
error 3: a prefix must be followed by its instruction
------
.macro m
.if x
.endif
nop
>>>
error 1: it has no end
error 2: the condition can't be decided before code has its final size
------
.if later - now
.endif
.rept unknown
.endr
.macro r a:req
.endm
r
.endif
>>>
error 1: the condition can't be decided before code has its final size
error 3: the number of repetitions isn't known here
error 7: the macro needs a value for a
error 8: no condition ends here
------
movl 8(%eip), %eax
data16 ret
vfmaddps %xmm0, %xmm1, %xmm2, %xmm3
enter $8, $0
>>>
error 1: addresses relative to %eip
error 2: explicit size prefixes aren't supported
error 3: not allowed in cages: FMA4, XOP
error 4: enter builds frames through a chain of pointers; use push and mov
------
nop
movl 1, 2, 3, 4, 5, 6, 7
>>>
error 2: too many operands
------
push %cx
bextr $3, %eax, %ecx
vrcp28ps %zmm0, %zmm1
tzcntw %cx, %cx
jc out
>>>
error 1: 16-bit stack operations
error 2: not allowed in cages: TBM, LWP
error 3: not allowed in cages: AVX-512ER, AVX-512PF
error 4: the flags of a 16-bit count aren't kept
------
xchg %esp, %ecx
xadd %sp, %cx
mulx %rcx, %rsp, %rcx
popcnt %cx, %sp
leaw 8(%rsp), %sp
>>>
error 1: exchanges the stack pointer
error 2: exchanges the stack pointer
error 3: exchanges the stack pointer
error 4: unsupported operands
error 5: writes part of the stack pointer
------
mov %ss, %ax
movq %cr0, %rax
push %fs
repne movsb
{vex3} vaddps %xmm0, %xmm1, %xmm2
{rex} incl %eax
call f
jb out
call dies
other:
jb out
>>>
error 1: segment, control and debug registers belong to the host
error 2: segment, control and debug registers belong to the host
error 3: segment, control and debug registers belong to the host
error 4: repne is for cmps and scas
error 5: a longer encoding than needed, of which the verifier allows none
error 6: a longer encoding than needed, of which the verifier allows none
error 7: the flags that a function leaves aren't kept
