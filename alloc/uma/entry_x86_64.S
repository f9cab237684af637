# SPDX-License-Identifier: BSD-2-Clause
# uma_zalloc and uma_zfree: the per-CPU pop and push of a zone without ctor, dtor or M_ZERO. The
# other cases continue in C++ (api.cc).
#include "alloc/percpu/rseq_x86_64.inc"

        .hidden uma_percpu_tls
        .hidden uma_percpu_correct
        .hidden uma_zalloc_miss
        .hidden uma_zalloc_locked
        .hidden uma_zfree_miss
        .hidden uma_zfree_locked

# Two functions of each kind, one with an argument for ctor or dtor: a call of the other would be
# four instructions more. A null zone goes to C++ as well, which says so.

# void *\name(uma_zone_t zone[, void *arg], int flags)
# r9, r10 and (arg) rsi keep zone, flags and arg for the slow paths; rdi becomes the entry's offset.
# Flags that need C++ are those of the zone: M_ZERO, and all where there is a ctor. The test leaves
# the sign flag clear for the section.
.macro ZALLOC name, flags, arg
FUNCTION \name
        mov     %rdi, %r9
        mov     %\flags, %r10d
        test    %rdi, %rdi
        jz      .Lslow_\name
        test    %\flags, UMA_ZONE_SLOW_FLAGS(%rdi)
        jnz     .Lslow_\name
        movzwl  UMA_ZONE_FAST_OFFSET(%rdi), %edi
        SECTION_POP \name, .Lslow_\name, .Llocked_\name, uma_correct_keeping
.Lslow_\name:
        ZALLOC_ARGUMENTS \arg
        jmp     uma_zalloc_miss
.Llocked_\name:
        ZALLOC_ARGUMENTS \arg
        jmp     uma_zalloc_locked
END_FUNCTION \name
.endm

.macro ZALLOC_ARGUMENTS arg
        mov     %r9, %rdi
        mov     %r10d, %edx
    .if \arg == 0
        xor     %esi, %esi
    .endif
.endm

ZALLOC uma_zalloc, esi, 0
ZALLOC uma_zalloc_arg, edx, 1

# The correction for a pop that keeps values in r9, r10 and rsi.
FUNCTION uma_correct_keeping
        .hidden uma_correct_keeping
        push    %rsi
        .cfi_adjust_cfa_offset 8
        push    %r9
        .cfi_adjust_cfa_offset 8
        push    %r10
        .cfi_adjust_cfa_offset 8
        call    uma_percpu_correct
        pop     %r10
        .cfi_adjust_cfa_offset -8
        pop     %r9
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        ret
END_FUNCTION uma_correct_keeping

# void \name(uma_zone_t zone, void *item[, void *arg])
.macro ZFREE name, arg
FUNCTION \name
        mov     %rdi, %r9
    .if \arg
        mov     %rdx, %r10
    .endif
        test    %rsi, %rsi
        jz      .Lnone_\name
        test    %rdi, %rdi
        jz      .Lno_zone_\name
        mov     %rsi, %rdi
        movzwl  UMA_ZONE_FAST_OFFSET(%r9), %esi
        SECTION_PUSH \name, .Lslow_\name, .Lslow_\name, .Llocked_\name
.Lslow_\name:
        ZFREE_ARGUMENTS \arg
        jmp     uma_zfree_miss
.Llocked_\name:
        ZFREE_ARGUMENTS \arg
        jmp     uma_zfree_locked
.Lno_zone_\name:
        jmp     uma_zfree_miss
.Lnone_\name:
        ret
END_FUNCTION \name
.endm

.macro ZFREE_ARGUMENTS arg
        mov     %rdi, %rsi
        mov     %r9, %rdi
    .if \arg
        mov     %r10, %rdx
    .else
        xor     %edx, %edx
    .endif
.endm

ZFREE uma_zfree, 0
ZFREE uma_zfree_arg, 1

        SHSTK_NOTE
