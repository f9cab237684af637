# SPDX-License-Identifier: BSD-2-Clause
# dlopen and dlmopen: libc's, with another mode. They are jumped to, so that the return address
# stays the caller's: by it libc finds the caller's RUNPATH, $ORIGIN and namespace.
#include "alloc/percpu/rseq_x86_64.inc"

        .hidden uma_dlopen_onward
        .hidden uma_dlmopen_onward

# void* dlopen(const char* file, int mode)
FUNCTION dlopen
        push    %rdi
        .cfi_adjust_cfa_offset 8
        mov     %esi, %edi
        call    uma_dlopen_onward
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        mov     %edx, %esi
        jmp     *%rax
END_FUNCTION dlopen

# void* dlmopen(Lmid_t space, const char* file, int mode)
FUNCTION dlmopen
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        mov     %edx, %esi
        call    uma_dlmopen_onward
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
END_FUNCTION dlmopen

        SHSTK_NOTE
