# SPDX-License-Identifier: Apache-2.0
# Instructions that are on no list. The first of each snippet is the one refused.
# rule: instruction
        call 1f
1:  nop
---
# rule: instruction
        call *%rax
---
# rule: instruction
        call *%gs:(%eax)
---
# rule: instruction
        ret
---
# rule: instruction
        ret $8
---
# rule: instruction
        lretl
---
# rule: instruction
        lretl $4
---
# rule: instruction
        iretq
---
# rule: instruction
        iretl
---
# rule: instruction
        syscall
---
# rule: instruction
        sysenter
---
# rule: instruction
        sysretq
---
# rule: instruction
        int $0x80
---
# rule: instruction
        .byte 0xcd, 0x03  # int $3, the two-byte form
---
# rule: instruction
        int1
---
# rule: instruction
        loop .
---
# rule: instruction
        loope .
---
# rule: instruction
        loopne .
---
# rule: instruction
        jecxz .
---
# rule: instruction
        xbegin .
---
# rule: instruction
        xend
---
# rule: instruction
        xabort $1
---
# rule: instruction
        xtest
---
# rule: instruction
        popfq
---
# rule: instruction
        popfw
---
# rule: instruction
        std
---
# rule: instruction
        cli
---
# rule: instruction
        sti
---
# rule: instruction
        stac
---
# rule: instruction
        clac
---
# rule: instruction
        in %dx, %al
---
# rule: instruction
        in $4, %eax
---
# rule: instruction
        out %al, %dx
---
# rule: instruction
        out %eax, $4
---
# rule: instruction
        insb
---
# rule: instruction
        outsl
---
# rule: instruction
        rep insw
---
# rule: instruction
        rdfsbase %rax
---
# rule: instruction
        rdgsbase %eax
---
# rule: instruction
        wrfsbase %rax
---
# rule: instruction
        wrgsbase %rcx
---
# rule: instruction
        swapgs
---
# rule: instruction
        lfs %gs:(%eax), %ecx
---
# rule: instruction
        lgs %gs:(%eax), %ecx
---
# rule: instruction
        lss %gs:(%eax), %ecx
---
# rule: instruction
        xlat
---
# rule: instruction
        xlat %gs:(%ebx)
---
# rule: instruction
        .byte 0x65, 0x67, 0xd7    # xlat %gs:(%ebx)
---
# rule: instruction
        maskmovq %mm0, %mm1
---
# rule: instruction
        maskmovdqu %xmm0, %xmm1
---
# rule: instruction
        .byte 0x65, 0x67, 0x66, 0x0f, 0xf7, 0xc8  # with guard
---
# rule: instruction
        vmaskmovdqu %xmm0, %xmm1
---
# rule: instruction
        clzero
---
# rule: instruction
        monitor
---
# rule: instruction
        mwait
---
# rule: instruction
        monitorx
---
# rule: instruction
        mwaitx
---
# rule: instruction
        umonitor %rax
---
# rule: instruction
        umonitor %eax
---
# rule: instruction
        umwait %ecx
---
# rule: instruction
        tpause %ecx
---
# rule: instruction
        movdir64b %gs:(%eax), %ecx
---
# rule: instruction
        movdiri %eax, %gs:(%ecx)
---
# rule: instruction
        enqcmd %gs:(%eax), %ecx
---
# rule: instruction
        enqcmds %gs:(%eax), %ecx
---
# rule: instruction
        fxsave %gs:(%eax)
---
# rule: instruction
        fxrstor %gs:(%eax)
---
# rule: instruction
        fxsave64 %gs:(%eax)
---
# rule: instruction
        fxrstor64 16(%rsp)
---
# rule: instruction
        xsave %gs:(%eax)
---
# rule: instruction
        xsavec %gs:(%eax)
---
# rule: instruction
        xsaveopt %gs:(%eax)
---
# rule: instruction
        xsaves %gs:(%eax)
---
# rule: instruction
        xrstor %gs:(%eax)
---
# rule: instruction
        xrstors %gs:(%eax)
---
# rule: instruction
        xrstor64 %gs:(%eax)
---
# rule: instruction
        xsetbv
---
# rule: instruction
        rdpkru
---
# rule: instruction
        wrpkru
---
# rule: instruction
        incsspq %rax
---
# rule: instruction
        incsspd %eax
---
# rule: instruction
        rdsspq %rax
---
# rule: instruction
        wrssq %rax, %gs:(%ecx)
---
# rule: instruction
        wrussq %rax, %gs:(%ecx)
---
# rule: instruction
        saveprevssp
---
# rule: instruction
        rstorssp %gs:(%eax)
---
# rule: instruction
        setssbsy
---
# rule: instruction
        clrssbsy %gs:(%eax)
---
# rule: instruction
        endbr32
---
# rule: instruction
        clflush %gs:(%eax)
---
# rule: instruction
        clflushopt %gs:(%eax)
---
# rule: instruction
        clwb %gs:(%eax)
---
# rule: instruction
        cldemote %gs:(%eax)
---
# rule: instruction
        wbinvd
---
# rule: instruction
        wbnoinvd
---
# rule: instruction
        invd
---
# rule: instruction
        rdpmc
---
# rule: instruction
        rdpru
---
# rule: instruction
        enter $16, $0
---
# rule: instruction
        enter $0, $1
---
# rule: instruction
        leave
---
# rule: instruction
        pushfw
---
# rule: instruction
        sgdt %gs:(%eax)
---
# rule: instruction
        sidt %gs:(%eax)
---
# rule: instruction
        sldt %eax
---
# rule: instruction
        str %eax
---
# rule: instruction
        smsw %eax
---
# rule: instruction
        lar %eax, %ecx
---
# rule: instruction
        lsl %eax, %ecx
---
# rule: instruction
        verr %ax
---
# rule: instruction
        verw %ax
---
# rule: instruction
        lldt %ax
---
# rule: instruction
        ltr %ax
---
# rule: instruction
        lgdt %gs:(%eax)
---
# rule: instruction
        lmsw %ax
---
# rule: instruction
        rdmsr
---
# rule: instruction
        wrmsr
---
# rule: instruction
        invlpg %gs:(%eax)
---
# rule: instruction
        invpcid %gs:(%eax), %rcx
---
# rule: instruction
        clts
---
# rule: instruction
        rsm
---
# rule: instruction
        vmcall
---
# rule: instruction
        vmmcall
---
# rule: instruction
        vmfunc
---
# rule: instruction
        vmlaunch
---
# rule: instruction
        vmrun
---
# rule: instruction
        invlpga
---
# rule: instruction
        skinit
---
# rule: instruction
        stgi
---
# rule: instruction
        getsec
---
# rule: instruction
        encls
---
# rule: instruction
        enclu
---
# rule: instruction
        serialize
---
# rule: instruction
        hreset $1
---
# rule: instruction
        ptwrite %eax
---
# rule: instruction
        pconfig
---
# rule: instruction
        uiret
---
# rule: instruction
        senduipi %rax
---
# rule: instruction
        stui
---
# rule: instruction
        xsusldtrk
---
# rule: instruction
        tdcall
---
# rule: instruction
        ud0 %eax, %ecx
---
# rule: instruction
        ud1 %eax, %ecx
---
# rule: instruction
        bndmk (%rax), %bnd0
---
# rule: instruction
        bndmov %bnd0, %bnd1
---
# rule: instruction
        femms
---
# rule: instruction
        pfadd %mm0, %mm1
---
# rule: instruction
        pswapd %mm0, %mm1
---
# rule: instruction
        vfmaddps %xmm1, %xmm2, %xmm3, %xmm4
---
# rule: instruction
        vpcmov %xmm1, %xmm2, %xmm3, %xmm4
---
# rule: instruction
        vprotb $1, %xmm1, %xmm2
---
# rule: instruction
        blcfill %eax, %ecx
---
# rule: instruction
        llwpcb %rax
---
# rule: instruction
        ldtilecfg %gs:(%eax)
---
# rule: instruction
        tilezero %tmm0
---
# rule: instruction
        tilerelease
---
# rule: instruction
        vgatherpf0dps %gs:(%eax,%zmm1,4){%k1}
---
# rule: instruction
        vexp2ps %zmm0, %zmm1
---
# rule: instruction
        v4fmaddps %gs:(%eax), %zmm4, %zmm1
---
# rule: instruction
        vrcp28ss %xmm1, %xmm2, %xmm3
---
# rule: instruction
        loadiwkey %xmm1, %xmm2
---
# rule: instruction
        aesenc128kl %gs:(%eax), %xmm1
---
# rule: instruction
        xstorerng
---
# rule: instruction
        xcryptecb
---
# rule: instruction
        .byte 0xdf, 0xc0         # ffreep %st(0)
---
# rule: instruction
        .byte 0xd9, 0xd8         # fstpnce
---
# rule: instruction
        .byte 0xdb, 0xe0         # feni8087
---
# rule: instruction
        .byte 0xdb, 0xe4         # fsetpm
---
# rule: instruction
        .byte 0x0f, 0x0f, 0xc1, 0x9e  # pfadd %mm1, %mm0
---
# rule: instruction
        mov %cr0, %rax
---
# rule: instruction
        mov %rax, %cr3
---
# rule: instruction
        mov %dr7, %rax
---
# rule: decode
        .byte 0x06             # push %es, 32-bit code only
---
# rule: decode
        .byte 0x0f, 0x04
---
# rule: decode
        .byte 0xd6             # salc
---
# rule: decode
        .byte 0xc4, 0xe1, 0x78, 0x04, 0xc0
---
# rule: decode
        .byte 0x62, 0xf1, 0x7d, 0x48, 0x01, 0xc0
---
# rule: decode
        .byte 0xff, 0xff
---
# rule: decode
        .byte 0x82, 0xc0, 0x01
---
# rule: decode
        .byte 0xc5, 0xf0, 0x77       # vzeroupper with vvvv used
---
# rule: decode
        .byte 0xc5, 0xf0, 0x28, 0xc1 # vmovaps with vvvv used
---
# rule: instruction
        .byte 0x62, 0xf1, 0x78, 0x48, 0x58, 0xc1  # EVEX without its fixed bit
---
# rule: decode
        .byte 0x62, 0xf9, 0x7c, 0x48, 0x58, 0xc1  # EVEX, reserved bit of byte 1
---
# rule: decode
        .byte 0x62, 0xf1, 0x7c, 0xc8, 0x58, 0xc1  # zeroing without a mask
