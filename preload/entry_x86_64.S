# SPDX-License-Identifier: BSD-2-Clause
# The two fast paths of malloc. Each is one straight line: 19 instructions for malloc of up to
# 1 KiB, 23 for free, with exact counting, the bounds check of the page map and the check that the
# item is not already on top of the cache. A golden test holds the count.
#include "alloc/percpu/rseq_x86_64.inc"

        .hidden uma_percpu_tls
        .hidden uma_percpu_correct
        .hidden uma_malloc_miss
        .hidden uma_malloc_locked
        .hidden uma_malloc_large
        .hidden uma_new_miss
        .hidden uma_new_locked
        .hidden uma_new_large
        .hidden uma_heap_free_miss
        .hidden uma_heap_free_twice
        .hidden uma_heap_free_locked
        .hidden uma_heap_free_other

# Allocation of rdi bytes. Up to 1 KiB the size rounded to 16 is the entry's offset; up to 1 MiB
# the class follows from the highest bit and the three below it; 0 goes to entry 0, a sentinel.
.macro ALLOCATE name, miss, locked, large
FUNCTION \name
        cmp     $UMA_SMALL_MAX, %rdi
        ja      .Lmedium_\name
        add     $15, %rdi
        and     $-16, %edi
        SECTION_POP \name, \miss, \locked
.Lmedium_\name:
        lea     -1(%rdi), %rdx
        cmp     $(UMA_CLASS_MAX - 1), %rdx
        ja      \large
        bsr     %rdx, %rax
        lea     -3(%rax), %ecx
        shr     %cl, %rdx
        lea     -23(%rdx,%rax,8), %edi
        shl     $4, %edi                # leaves the sign flag clear
        jmp     .Lretry_\name
END_FUNCTION \name
.endm

ALLOCATE malloc, uma_malloc_miss, uma_malloc_locked, uma_malloc_large
ALLOCATE _Znwm, uma_new_miss, uma_new_locked, uma_new_large     # operator new(size_t)

FUNCTION free
        mov     uma_hot+UMA_HOT_BASE(%rip), %rcx
        mov     %rdi, %rax
        sub     %rcx, %rax
        shr     $UMA_GRANULE_SHIFT, %rax
        cmp     uma_hot+UMA_HOT_LIMIT(%rip), %rax
        jae     uma_heap_free_other
        movzwl  -UMA_MAP_BELOW(%rcx,%rax,2), %esi
        SECTION_PUSH free, uma_heap_free_miss, uma_heap_free_twice, uma_heap_free_locked
END_FUNCTION free

# The same function under its other names. The size or alignment that some of them pass is not
# trusted for the lookup.
.macro ALIAS name, target
        .globl  \name
        .type   \name, @function
        .set    \name, \target
.endm

        ALIAS   cfree, free
        ALIAS   free_sized, free
        ALIAS   free_aligned_sized, free
        ALIAS   _ZdlPv, free                    # operator delete(void*)
        ALIAS   _ZdlPvSt11align_val_t, free     # operator delete(void*, align_val_t)

# The other forms of new and delete mean the form they forward to, as the standard has it: a program
# may have replaced that one alone.
.macro FORWARD name, target
FUNCTION \name
        jmp     *\target@GOTPCREL(%rip)
END_FUNCTION \name
.endm

FORWARD _Znam, _Znwm                            # new[](size_t)
FORWARD _ZnamSt11align_val_t, _ZnwmSt11align_val_t
FORWARD _ZdaPv, _ZdlPv                          # delete[](void*)
FORWARD _ZdlPvm, _ZdlPv                         # delete(void*, size_t)
FORWARD _ZdaPvm, _ZdaPv
FORWARD _ZdlPvRKSt9nothrow_t, _ZdlPv
FORWARD _ZdaPvRKSt9nothrow_t, _ZdaPv
FORWARD _ZdaPvSt11align_val_t, _ZdlPvSt11align_val_t
FORWARD _ZdlPvmSt11align_val_t, _ZdlPvSt11align_val_t
FORWARD _ZdaPvmSt11align_val_t, _ZdaPvSt11align_val_t
FORWARD _ZdlPvSt11align_val_tRKSt9nothrow_t, _ZdlPvSt11align_val_t
FORWARD _ZdaPvSt11align_val_tRKSt9nothrow_t, _ZdaPvSt11align_val_t

# What this layer itself calls: not interposable.
        .hidden uma_malloc
        .hidden uma_operator_new
        ALIAS   uma_malloc, malloc
        .hidden uma_operator_new_array
        ALIAS   uma_operator_new, _Znwm
        ALIAS   uma_operator_new_array, _Znam

# Says that malloc here is this one, for those who only look at the file (tools/elf.sh). A note of
# this name and no content; the linker drops no notes.
        .section .note.uma, "a", @note
        .balign 4
        .long   11, 0, 1
        .asciz  "UMA malloc"
        .balign 4

        SHSTK_NOTE
