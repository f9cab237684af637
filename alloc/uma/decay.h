// SPDX-License-Identifier: BSD-2-Clause
// Decay: memory that stayed idle for the decay time goes back to the system.
//
// It works in rounds. A round notes how much is idle in caches, buckets, slabs, free runs and what
// the layers above keep; waits for the decay time; then gives back what was idle all the time, in
// steps of less than 100 us. What came and went meanwhile is in use and stays.
//
// Who takes the steps is the business of the caller: one thread at a time, see decay_step.
#ifndef UMA_UMA_DECAY_H_
#define UMA_UMA_DECAY_H_

#include <stddef.h>
#include <stdint.h>

namespace uma {

// What a layer above keeps idle.
struct DecayHooks {
  size_t (*idle)() = nullptr;                 // bytes it could give back
  void (*give_back)(uint64_t age) = nullptr;  // gives back what was idle for `age` ns
};
void decay_set_upper(const DecayHooks& hooks);

// More is idle, or may become so without a slow operation, than should stay.
bool decay_needed();

// Takes one step, under the reclaim lock, which must not be held. Returns how many ns may pass
// until the next one is due; kDecayDone where a round has just ended.
inline constexpr uint64_t kDecayDone = ~uint64_t{0};
uint64_t decay_step();

}  // namespace uma

#endif  // UMA_UMA_DECAY_H_
