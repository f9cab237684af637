# SPDX-License-Identifier: BSD-2-Clause
# The sections that C++ calls: see percpu.h for their contracts.
#include "alloc/percpu/rseq_x86_64.inc"

        .hidden uma_percpu_tls
        .hidden uma_percpu_correct
        .hidden uma_percpu_pop
        .hidden uma_percpu_push
        .hidden uma_percpu_push_new
        .hidden uma_percpu_push_items
        .hidden uma_percpu_pop_items
        .hidden uma_percpu_move

# void *uma_percpu_pop(size_t offset)
FUNCTION uma_percpu_pop
        test    %rdi, %rdi              # the sign flag must be clear before the section
        SECTION_POP percpu_pop, .Lpop_none, .Lpop_none
.Lpop_none:
        xor     %eax, %eax
        ret
END_FUNCTION uma_percpu_pop

# int uma_percpu_push(void *item, size_t offset): 0 pushed, 1 full, 2 the same item is on top
FUNCTION uma_percpu_push
        DESCRIPTOR .Lcs_push, .Lstart_push, .Lend_push, .Labort_push
.Lretry_push:
        ARM     .Lcs_push
.Lstart_push:
        ENTRY   %rsi
        mov     (%rcx), %rdx
        mov     $2, %eax
        cmp     %rdi, -8(%rdx)
        je      .Lpush_out
        mov     $1, %eax
        cmpq    $0, (%rdx)
        jl      .Lpush_out
        xor     %eax, %eax
        mov     %rdi, (%rdx)
        lea     8(%rdx), %rdx
        mov     %rdx, (%rcx)
.Lend_push:
.Lpush_out:
        ret
        ABORT_LABEL .Labort_push
        RETRY_OR .Lretry_push, .Lpush_locked
.Lpush_locked:
        mov     $1, %eax
        ret
END_FUNCTION uma_percpu_push

# int uma_percpu_push_new(void *item, size_t offset): 2 if the item is anywhere in the array
FUNCTION uma_percpu_push_new
        DESCRIPTOR .Lcs_push_new, .Lstart_push_new, .Lend_push_new, .Labort_push_new
.Lretry_push_new:
        ARM     .Lcs_push_new
.Lstart_push_new:
        ENTRY   %rsi
        mov     (%rcx), %rdx
        mov     $2, %eax
        mov     %rdx, %r8
1:      cmp     %rdi, -8(%r8)
        je      .Lpush_new_out
        lea     -8(%r8), %r8
        cmpq    $0, (%r8)
        jne     1b
        mov     $1, %eax
        cmpq    $0, (%rdx)
        jl      .Lpush_new_out
        xor     %eax, %eax
        mov     %rdi, (%rdx)
        lea     8(%rdx), %rdx
        mov     %rdx, (%rcx)
.Lend_push_new:
.Lpush_new_out:
        ret
        ABORT_LABEL .Labort_push_new
        RETRY_OR .Lretry_push_new, .Lpush_locked
END_FUNCTION uma_percpu_push_new

/* A push of several items; the store to entry->top is the commit:
 *   for (n = 0; n < count && !is_full_tag(*top); n++) *top++ = items[n];
 *   if (n) entry->top = top;
 *   return n;
 */
# long uma_percpu_push_items(size_t offset, void *const *items, long count)
#   rdi offset, rsi items, rdx count -> r9
FUNCTION uma_percpu_push_items
        DESCRIPTOR .Lcs_push_items, .Lstart_push_items, .Lend_push_items, .Labort_push_items
        mov     %rdx, %r9
        ARM     .Lcs_push_items
.Lstart_push_items:
        ENTRY   %rdi
        mov     (%rcx), %rdx
        xor     %eax, %eax
.Lfill_next:
        cmp     %r9, %rax
        jge     .Lfill_done
        cmpq    $0, (%rdx)
        jl      .Lfill_done
        mov     (%rsi,%rax,8), %r10
        mov     %r10, (%rdx)
        lea     8(%rdx), %rdx
        inc     %rax
        jmp     .Lfill_next
.Lfill_done:
        test    %rax, %rax
        jz      .Lfill_out
        mov     %rdx, (%rcx)
.Lend_push_items:
.Lfill_out:
        ret
        ABORT_LABEL .Labort_push_items
        mov     $-1, %rax
        ret
END_FUNCTION uma_percpu_push_items

/* A pop of several items, the newest first:
 *   for (n = 0; n < count && top[-1]; n++) items[n] = *--top;
 *   if (n) entry->top = top;
 *   return n;
 */
# long uma_percpu_pop_items(size_t offset, void **items, long count)
FUNCTION uma_percpu_pop_items
        DESCRIPTOR .Lcs_pop_items, .Lstart_pop_items, .Lend_pop_items, .Labort_pop_items
        mov     %rdx, %r9
        ARM     .Lcs_pop_items
.Lstart_pop_items:
        ENTRY   %rdi
        mov     (%rcx), %rdx
        xor     %eax, %eax
.Ltake_next:
        cmp     %r9, %rax
        jge     .Ltake_done
        mov     -8(%rdx), %r10
        test    %r10, %r10
        jz      .Ltake_done
        mov     %r10, (%rsi,%rax,8)
        lea     -8(%rdx), %rdx
        inc     %rax
        jmp     .Ltake_next
.Ltake_done:
        test    %rax, %rax
        jz      .Ltake_out
        mov     %rdx, (%rcx)
.Lend_pop_items:
.Ltake_out:
        ret
        ABORT_LABEL .Labort_pop_items
        mov     $-1, %rax
        ret
END_FUNCTION uma_percpu_pop_items

/* The items of an entry to another array, where this runs on the CPU of that region:
 *   if (entry != region + offset) return 0;
 *   for (in = from + 1, out = to + 1; in < entry->top; in++, out++) {
 *     if (is_full_tag(*out)) return 0;
 *     *out = *in;
 *   }
 *   entry->top = out;
 *   return 1;
 */
# long uma_percpu_move(size_t offset, char *region, void **from, void **to)
#   rdi offset, rsi region, rdx from -> r9 (its slot 0), rcx to -> r10 (its slot 0)
FUNCTION uma_percpu_move
        DESCRIPTOR .Lcs_move, .Lstart_move, .Lend_move, .Labort_move
        mov     %rdx, %r9
        mov     %rcx, %r10
        ARM     .Lcs_move
.Lstart_move:
        ENTRY   %rdi
        lea     (%rsi,%rdi), %rax
        cmp     %rax, %rcx
        jne     .Lmove_no
        mov     (%rcx), %rdx
        lea     8(%r9), %rax
.Lmove_next:
        lea     8(%r10), %r10
        cmp     %rdx, %rax
        jge     .Lmove_done
        cmpq    $0, (%r10)
        jl      .Lmove_no
        mov     (%rax), %r11
        mov     %r11, (%r10)
        lea     8(%rax), %rax
        jmp     .Lmove_next
.Lmove_done:
        mov     $1, %eax
        mov     %r10, (%rcx)
.Lend_move:
        ret
.Lmove_no:
        xor     %eax, %eax
        ret
        ABORT_LABEL .Labort_move
        mov     $-1, %rax
        ret
END_FUNCTION uma_percpu_move

        SHSTK_NOTE
