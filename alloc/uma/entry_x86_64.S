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

# void *uma_zalloc(uma_zone_t zone, int flags)
FUNCTION uma_zalloc
        mov     %esi, %edx
        xor     %esi, %esi
        jmp     uma_zalloc_arg
END_FUNCTION uma_zalloc

# void *uma_zalloc_arg(uma_zone_t zone, void *arg, int flags)
# r9, r10, rsi keep zone, flags and arg for the slow paths; rdi becomes the entry's offset.
FUNCTION uma_zalloc_arg
        mov     %rdi, %r9
        mov     %edx, %r10d
        test    $UMA_M_ZERO, %edx
        jnz     .Lzalloc_slow
        movzwl  UMA_ZONE_FAST_OFFSET(%rdi), %edi
        test    %edi, %edi              # the sign flag must be clear before the section
        SECTION_POP zalloc, .Lzalloc_slow, .Lzalloc_locked, uma_correct_keeping
.Lzalloc_slow:
        mov     %r9, %rdi
        mov     %r10d, %edx
        jmp     uma_zalloc_miss
.Lzalloc_locked:
        mov     %r9, %rdi
        mov     %r10d, %edx
        jmp     uma_zalloc_locked
END_FUNCTION uma_zalloc_arg

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

# void uma_zfree(uma_zone_t zone, void *item)
FUNCTION uma_zfree
        xor     %edx, %edx
        jmp     uma_zfree_arg
END_FUNCTION uma_zfree

# void uma_zfree_arg(uma_zone_t zone, void *item, void *arg)
FUNCTION uma_zfree_arg
        mov     %rdi, %r9
        mov     %rdx, %r10
        test    %rsi, %rsi
        jz      .Lzfree_none
        mov     %rsi, %rdi
        movzwl  UMA_ZONE_FAST_OFFSET(%r9), %esi
        SECTION_PUSH zfree, .Lzfree_slow, .Lzfree_slow, .Lzfree_locked
.Lzfree_slow:
        mov     %rdi, %rsi
        mov     %r9, %rdi
        mov     %r10, %rdx
        jmp     uma_zfree_miss
.Lzfree_locked:
        mov     %rdi, %rsi
        mov     %r9, %rdi
        mov     %r10, %rdx
        jmp     uma_zfree_locked
.Lzfree_none:
        ret
END_FUNCTION uma_zfree_arg

        SHSTK_NOTE
