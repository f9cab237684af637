# SPDX-License-Identifier: BSD-2-Clause
# vfork: the child shares our memory while other threads run, but it is not registered for
# restartable sequences, and the CPU number it would read is its parent's. So the area is
# unregistered around it: the CPU number then reads as invalid, and allocations of the child take
# the shared, locked cache.
#include "alloc/percpu/rseq_x86_64.inc"

        .hidden uma_hot
        .hidden uma_rseq_length
        .hidden uma_vfork_failed
        .set SYS_RSEQ, 334
        .set SYS_VFORK, 58
        .set RSEQ_UNREGISTER, 1

# pid_t vfork(void). r9 holds the return address: the child overwrites the stack it lay on.
FUNCTION vfork
        pop     %r9
        .cfi_adjust_cfa_offset -8
        .cfi_register %rip, %r9
        mov     uma_rseq_length(%rip), %esi
        test    %esi, %esi
        jz      .Lplain
        mov     %fs:0, %rdi
        add     uma_hot+UMA_HOT_RSEQ(%rip), %rdi
        mov     $RSEQ_UNREGISTER, %edx
        mov     $UMA_RSEQ_SIGNATURE, %r10d
        mov     $SYS_RSEQ, %eax
        syscall
        test    %eax, %eax
        jnz     .Lplain
        mov     $SYS_VFORK, %eax
        syscall
        test    %rax, %rax
        jz      .Lreturn
        mov     %rax, %r8
        xor     %edx, %edx
        mov     $SYS_RSEQ, %eax
        syscall
        mov     %r8, %rax
        jmp     .Lreturn
.Lplain:
        mov     $SYS_VFORK, %eax
        syscall
.Lreturn:
        push    %r9
        .cfi_adjust_cfa_offset 8
        .cfi_restore %rip
        cmp     $-4095, %rax
        jae     .Lfailed
        ret
.Lfailed:
        mov     %eax, %edi
        jmp     uma_vfork_failed
END_FUNCTION vfork

        .globl  __vfork
        .type   __vfork, @function
        .set    __vfork, vfork

        SHSTK_NOTE
