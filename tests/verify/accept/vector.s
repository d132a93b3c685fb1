# SPDX-License-Identifier: Apache-2.0
# x87, MMX, SSE.
        fldl %gs:(%eax)
        fstpt 16(%rsp)
        fldcw 2(%rsp)
        fnstcw %gs:(%ecx)
        faddp
        fxch %st(3)
        fucomip %st(1), %st
        fnstsw %ax
---
        fnstenv 0x20(%rsp)
        fldenv 0x20(%rsp)
        fnsave %gs:(%eax)
        frstor %gs:(%eax)
        fninit
        fnclex
        fwait
        fld1
---
        fcmovb %st(1), %st
        fildll %gs:(%eax)
        fisttpl 4(%rsp)
        fbstp %gs:(%edx)
        fsub %st(2), %st
        fsubrp %st, %st(3)
---
        movq %mm0, %gs:(%eax)
        paddb %mm1, %mm2
        emms
        pshufw $1, %mm3, %mm4
        movd %r11d, %mm1
        movq %rax, %mm5
        pmovmskb %mm1, %ecx
---
        movaps %gs:(%eax), %xmm0
        movups %xmm9, %gs:(%r9d)
        movd %r11d, %xmm3
        movq %rax, %xmm4
        movq %xmm4, %gs:(%ecx)
        cvtsi2sd %rax, %xmm1
---
        cvttsd2si %xmm2, %r11
        cvtsi2ss %r11d, %xmm5
        pextrq $1, %xmm1, %rax
        pinsrw $3, %ecx, %xmm4
        pextrw $3, %xmm4, %ecx
---
        pextrb $1, %xmm2, %gs:(%eax)
        extractps $2, %xmm1, %ecx
        movmskpd %xmm1, %r11d
        movntdq %xmm1, %gs:(%eax)
        movsd %xmm1, %gs:(%eax)
---
        cmpsd $1, %xmm1, %xmm2
        cmpltps %xmm3, %xmm4
        pshufb %xmm1, %xmm2
        palignr $3, %xmm1, %xmm2
        roundsd $1, %xmm1, %xmm2
        pcmpistri $3, %xmm1, %xmm2
---
        blendvpd %xmm0, %xmm1, %xmm2
        aesenc %xmm1, %xmm2
        pclmulqdq $1, %xmm2, %xmm3
        sha256rnds2 %xmm0, %xmm1, %xmm2
        gf2p8mulb %xmm1, %xmm2
        extrq $1, $2, %xmm1
---
        insertq $1, $2, %xmm1, %xmm2
        movntsd %xmm1, %gs:(%eax)
        movntss %xmm1, 4(%rsp)
        lddqu %gs:(%eax), %xmm1
        movq2dq %mm1, %xmm2
---
# AVX, AVX2, FMA.
        vaddps %ymm1, %ymm2, %ymm3
        vmovdqu %gs:(%eax), %ymm9
        vmovd %r11d, %xmm3
        vmovq %xmm1, %rax
        vzeroupper
        vzeroall
        vmovaps %xmm8, %xmm9
---
        vfmadd213sd %gs:(%eax), %xmm1, %xmm2
        vpermq $1, %ymm1, %ymm9
        vblendvps %xmm1, %xmm2, %xmm3, %xmm4
        vcvtph2ps %xmm1, %ymm2
---
        vpgatherdd %ymm1, %gs:(%eax,%ymm2,4), %ymm3
        addr32 vgatherqpd %xmm1, %gs:(,%xmm12,8), %xmm3
        vpgatherqd %xmm1, %gs:8(%r11d,%ymm4), %xmm3
---
        vpmaskmovd %gs:(%eax), %ymm1, %ymm2
        vmaskmovps %xmm1, %xmm2, %gs:(%ecx)
        vbroadcastss %gs:(%eax), %ymm1
        vextracti128 $1, %ymm1, 16(%rsp)
---
        vldmxcsr 4(%rsp)
        vstmxcsr %gs:(%eax)
        vaesenc %ymm1, %ymm2, %ymm3
        vpclmulqdq $1, %ymm1, %ymm2, %ymm3
        vpinsrq $1, %rax, %xmm1, %xmm2
---
# AVX-512.
        vaddps %zmm1, %zmm2, %zmm3{%k1}{z}
        vaddpd {rn-sae}, %zmm1, %zmm2, %zmm3
        vaddpd {rz-sae}, %zmm1, %zmm2, %zmm30
        vcmppd $1, {sae}, %zmm1, %zmm2, %k3
---
        vaddps %gs:(%eax){1to16}, %zmm1, %zmm2
        vmovdqu64 %gs:64(%eax), %zmm17
        vmovdqu8 %xmm19, 16(%rsp)
        vmaxss {sae}, %xmm1, %xmm2, %xmm3
---
        vpscatterdd %zmm1, %gs:(%eax,%zmm2,4){%k1}
        vpgatherqq %gs:(%r9d,%zmm29,8), %zmm3{%k2}
        vscatterqps %ymm1, %gs:8(%esp,%zmm3,4){%k1}
---
        kmovd %r11d, %k1
        kmovw %eax, %k1
        kmovq %k1, %rax
        kortestb %k1, %k2
        kshiftlq $3, %k1, %k2
        kmovb %gs:(%eax), %k3
---
        vpternlogd $0x55, %ymm16, %ymm1, %ymm2
        vpbroadcastq %rax, %zmm1
        vpmovm2b %k1, %zmm1
        vcvtsi2sd %rax, {rn-sae}, %xmm1, %xmm2
---
        vcvtusi2ss %eax, %xmm1, %xmm2
        vp2intersectd %zmm1, %zmm2, %k2
        vdpbf16ps %zmm1, %zmm2, %zmm3
        vaddph %zmm1, %zmm2, %zmm3
---
        vcompresspd %zmm1, %gs:(%eax){%k1}
        vpexpandb %gs:(%eax), %zmm1{%k1}{z}
        vgetmantsd $3, {sae}, %xmm1, %xmm2, %xmm3
        vcvttss2usi {sae}, %xmm1, %rax
