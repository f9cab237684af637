/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Safe memory reclamation for zones: who reads a shared structure without a lock does so in a
 * section, and an item that was freed meanwhile is not used again before all sections that began
 * before have ended. As FreeBSD's smr(9), in user space.
 *
 * A section costs ten instructions, none of them atomic: two of the caller's thread-local record
 * and one shared word are read, and one word of the record is written at either end. Sections do
 * not nest, whatever their smr_t, and a thread must not end inside one. What is freed waits for
 * sections of all smr_t: one is for the zones that belong together, and costs nothing.
 *
 * Thread safety: every function may be called by any thread. A signal handler may use a section
 * only where the code that it interrupts is in none. After fork the child may go on, in a section,
 * too.
 */
#ifndef UMA_SMR_H_
#define UMA_SMR_H_

#include "uma.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct uma_smr* smr_t;
typedef uint64_t smr_seq_t;

/* What sections work on; not for programs. */
struct uma_smr_record {
  uint64_t seq; /* when the section began, 0: in none */
};
extern UMA_EXPORT __thread struct uma_smr_record* uma_smr_self
    __attribute__((tls_model("initial-exec")));
extern UMA_EXPORT uint64_t uma_smr_sequence;
UMA_EXPORT void uma_smr_enter_first(void);

/* Makes what zones share. `name` is not kept. Null with errno ENOMEM. As smr_create. */
UMA_EXPORT smr_t uma_smr_create(const char* name);
/* Nobody uses it any more; null does nothing. */
UMA_EXPORT void uma_smr_destroy(smr_t smr);

/* Begins and ends a section. */
static inline void smr_enter(smr_t smr) {
  struct uma_smr_record* record = uma_smr_self;
  (void)smr;
  if (__builtin_expect(!record, 0)) {
    uma_smr_enter_first();
    return;
  }
  __atomic_store_n(&record->seq, __atomic_load_n(&uma_smr_sequence, __ATOMIC_RELAXED),
                   __ATOMIC_RELAXED);
  /* Nothing may be read before. The processor is told by who waits, with a barrier for all. */
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
static inline void smr_exit(smr_t smr) {
  (void)smr;
  __atomic_store_n(&uma_smr_self->seq, 0, __ATOMIC_RELEASE);
}

/*
 * Begins a new sequence and returns a goal: what was made unreachable before is seen by no section
 * once the goal is reached. As smr_advance.
 */
UMA_EXPORT smr_seq_t uma_smr_advance(smr_t smr);
/* Whether the goal is reached; with `wait` it is on return. Not in a section. As smr_poll. */
UMA_EXPORT int uma_smr_poll(smr_t smr, smr_seq_t goal, int wait);
/* Waits until all sections that have begun have ended. Not in a section. As smr_synchronize. */
UMA_EXPORT void uma_smr_synchronize(smr_t smr);

/*
 * Makes the zone one whose freed items are safe; uma_zcreate with UMA_ZONE_SMR does the same with
 * an smr_t of the zone's own. Only before the zone has items: 0, else -1 with errno EBUSY; EINVAL:
 * no zone, no smr. As uma_zone_set_smr.
 */
UMA_EXPORT int uma_zone_set_smr(uma_zone_t zone, smr_t smr);
/* Null: the zone has none. */
UMA_EXPORT smr_t uma_zone_get_smr(uma_zone_t zone);
/*
 * Allocates and frees items of such a zone. dtor runs when the item is freed, while it may be read;
 * ctor, zfini and fini only when no section can see it any more. uma_zalloc and uma_zfree do the
 * same for such a zone. As uma_zalloc_smr and uma_zfree_smr.
 */
UMA_EXPORT void* uma_zalloc_smr(uma_zone_t zone, int flags);
UMA_EXPORT void uma_zfree_smr(uma_zone_t zone, void* item);

/* The kernel's names. The library has names that no program has for something else. */
static inline smr_t smr_create(const char* name) { return uma_smr_create(name); }
static inline void smr_destroy(smr_t smr) { uma_smr_destroy(smr); }
static inline smr_seq_t smr_advance(smr_t smr) { return uma_smr_advance(smr); }
static inline int smr_poll(smr_t smr, smr_seq_t goal, int wait) {
  return uma_smr_poll(smr, goal, wait);
}
static inline void smr_synchronize(smr_t smr) { uma_smr_synchronize(smr); }

#ifdef __cplusplus
}
#endif

#endif /* UMA_SMR_H_ */
