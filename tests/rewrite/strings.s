rep stosq
>>>
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
rep stosq
movl %edi,%edi
}
------
rep; movsb
>>>
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
movl %esi,%esi
leaq (%rsi,%r11),%rsi
rep movsb
movl %edi,%edi
movl %esi,%esi
}
------
lodsb
>>>
{
movq (%r14),%r11
movl %esi,%esi
leaq (%rsi,%r11),%rsi
lodsb
movl %esi,%esi
}
------
repne scasb
>>>
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
repne scasb
movl %edi,%edi
}
------
repe cmpsb
movsd
stos %eax, %es:(%rdi)
>>>
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
movl %esi,%esi
leaq (%rsi,%r11),%rsi
rep cmpsb
movl %edi,%edi
movl %esi,%esi
}
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
movl %esi,%esi
leaq (%rsi,%r11),%rsi
movsl
movl %edi,%edi
movl %esi,%esi
}
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
stosl
movl %edi,%edi
}
------
rep movsq (%rsi), %es:(%rdi)
>>>
{
movq (%r14),%r11
movl %edi,%edi
leaq (%rdi,%r11),%rdi
movl %esi,%esi
leaq (%rsi,%r11),%rsi
rep movsq
movl %edi,%edi
movl %esi,%esi
}
------
rep nop
rep bsfl %eax, %ecx
nopw %cs:0(%rax,%rax,1)
cs nopw 0(%rax,%rax)
int $3
>>>
pause
rep bsfl %eax,%ecx
nop
nop
int3
------
ffreep %st(0)
ffreep %st(2)
>>>
fstp %st(0)
ffree %st(2)
fincstp
------
popcntw (%rdi), %ax
tzcnt %cx, %dx
lzcntw %cx, %dx
rep bsfw %cx, %dx
popcntl %ecx, %ecx
>>>
movzwl %gs:(%edi),%r11d
popcntl %r11d,%r11d
movw %r11w,%ax
movzwl %cx,%r11d
orl $65536,%r11d
tzcntl %r11d,%r11d
movw %r11w,%dx
movzwl %cx,%r11d
lzcntl %r11d,%r11d
subl $16,%r11d
movw %r11w,%dx
bsfw %cx,%dx
popcntl %ecx, %ecx
