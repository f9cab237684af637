// SPDX-License-Identifier: BSD-2-Clause
// Functions that libc has under a name of ours.
#ifndef UMA_PRELOAD_NEXT_H_
#define UMA_PRELOAD_NEXT_H_

namespace uma {

// The function of that name in the first object behind ours: another library may stand between us
// and libc. It is looked for once and kept in `cache`. Null: there is none. No lock is taken and
// nothing is allocated but what the loader needs to walk its list.
void* next_function(void** cache, const char* name);

}  // namespace uma

#endif  // UMA_PRELOAD_NEXT_H_
