// SPDX-License-Identifier: BSD-2-Clause
// Words that several threads use, by what an access costs. On x86-64 only `locked` and `exchange`
// cost more than a plain access; the others keep the compiler from tearing or reordering it.
#ifndef UMA_BASE_ATOMIC_H_
#define UMA_BASE_ATOMIC_H_

namespace uma {

// Any thread may write: one locked instruction, and the line comes from whoever wrote it last.
template <typename T>
inline void locked_add(T& word, T by = 1) {
  __atomic_fetch_add(&word, by, __ATOMIC_RELAXED);
}
template <typename T>
inline void locked_sub(T& word, T by = 1) {
  __atomic_fetch_sub(&word, by, __ATOMIC_RELAXED);
}
// True: the word was false until now, and nobody else is told so.
inline bool exchange_set(bool& word) { return !__atomic_exchange_n(&word, true, __ATOMIC_ACQ_REL); }

template <typename T>
inline T load_relaxed(const T& word) {
  return __atomic_load_n(&word, __ATOMIC_RELAXED);
}
template <typename T>
inline void store_relaxed(T& word, decltype(T()) value) {
  __atomic_store_n(&word, value, __ATOMIC_RELAXED);
}

// Only one thread writes, the owner of a lock; others read without it.
template <typename T>
inline void owned_add(T& word, decltype(T()) by = 1) {
  store_relaxed(word, T(word + by));
}
template <typename T>
inline void owned_sub(T& word, decltype(T()) by = 1) {
  store_relaxed(word, T(word - by));
}

// Whoever loads what was stored sees all that was written before.
template <typename T>
inline T load_acquire(const T& word) {
  return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
template <typename T>
inline void store_release(T& word, decltype(T()) value) {
  __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

// Stores `to` where the word is `from`. True: done, what others wrote before is seen.
template <typename T>
inline bool replace_acquire(T& word, decltype(T()) from, decltype(T()) to) {
  return __atomic_compare_exchange_n(&word, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
// Stores `value` and returns what was there.
template <typename T>
inline T exchange_release(T& word, decltype(T()) value) {
  return __atomic_exchange_n(&word, value, __ATOMIC_RELEASE);
}

}  // namespace uma

#endif  // UMA_BASE_ATOMIC_H_
