// SPDX-License-Identifier: BSD-2-Clause
// The start of everything.
#ifndef UMA_UMA_BOOT_H_
#define UMA_UMA_BOOT_H_

namespace uma {

// Brings the allocator up; any thread, any time, cheap once up. False: no memory (try again later).
bool boot();

}  // namespace uma

#endif  // UMA_UMA_BOOT_H_
