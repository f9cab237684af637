// SPDX-License-Identifier: BSD-2-Clause
// A thread of our own: an ordinary one, so that what libc does to all threads of a process (setuid)
// reaches it, with every signal of the program blocked.
#ifndef UMA_OS_THREAD_H_
#define UMA_OS_THREAD_H_

#include <stdint.h>

namespace uma::os {

// Starts a detached thread that runs `body` once. It is called with no lock held: libc allocates.
// False: there is no thread, and nothing changed.
bool thread_start(void (*body)());
// The name that tools show for the calling thread, at most 15 characters.
void thread_name(const char* name);
unsigned thread_id();
// Whether a thread of this process has that id.
bool thread_exists(unsigned id);
void thread_yield();

// Sleeps for `ns`, or until thread_wake, unless `*word` is not `expected`.
void thread_sleep(uint32_t* word, uint32_t expected, uint64_t ns);
void thread_wake(uint32_t* word);

}  // namespace uma::os

#endif  // UMA_OS_THREAD_H_
