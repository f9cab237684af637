// SPDX-License-Identifier: BSD-2-Clause
// Words copied and cleared without libc: a program may have replaced memcpy and memset by functions
// that allocate, and these are for code that holds a lock.
#ifndef UMA_BASE_WORDS_H_
#define UMA_BASE_WORDS_H_

#include <stddef.h>
#include <stdint.h>

namespace uma {

// In ascending order, so the target may overlap the source from below.
inline void copy_words(void** to, void* const* from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    to[i] = from[i];
    asm volatile("" ::: "memory");  // else the compiler calls memcpy
  }
}

inline void clear_words(void* words, size_t count) {
  asm volatile("rep stosq" : "+D"(words), "+c"(count) : "a"(0) : "memory");
}

}  // namespace uma

#endif  // UMA_BASE_WORDS_H_
