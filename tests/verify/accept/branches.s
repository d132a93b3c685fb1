# SPDX-License-Identifier: Apache-2.0
# Direct branches and nops.
1:      jmp 2f
        jne 1b
        jrcxz 2f
        .byte 0xe9, 0, 0, 0, 0
        .byte 0x0f, 0x84, 0, 0, 0, 0
2:      jo 1b
---
        # Into a sequence's first instruction.
1:      mov %esp, %r11d
        push %r11
        jmp 1b
---
        nop
        .byte 0x66, 0x90
        .byte 0x0f, 0x1f, 0x00
        .byte 0x0f, 0x1f, 0x40, 0x00
        .byte 0x0f, 0x1f, 0x44, 0x00, 0x00
        .byte 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00
---
        .byte 0x0f, 0x1f, 0x80, 0, 0, 0, 0
        .byte 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0
        .byte 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0
---
        # A bundle may end exactly with a sequence.
        .fill 22, 1, 0x90
        and $-32, %r11d
        add (%r14), %r11
        jmp *%r11
        nop
---
        push $0x1000
        jmp 1f
        .balign 32, 0xcc
1:      ud2
