# SPDX-License-Identifier: BSD-2-Clause
# The system call of preload/clone.cc.
#include "alloc/percpu/rseq_x86_64.inc"

        .set SYS_CLONE, 56
        .set SYS_EXIT, 60

# long uma_clone_call(flags, stack, parent_id, child_id, tls, body). The child comes back with the
# same registers, and its argument on its stack.
        .hidden uma_clone_call
FUNCTION uma_clone_call
        mov     %rcx, %r10
        mov     $SYS_CLONE, %eax
        syscall
        test    %rax, %rax
        jz      .Lchild
        ret
.Lchild:
        .cfi_undefined %rip
        xor     %ebp, %ebp
        pop     %rdi
        call    *%r9
        mov     %eax, %edi
        mov     $SYS_EXIT, %eax
        syscall
        hlt
END_FUNCTION uma_clone_call

        SHSTK_NOTE
