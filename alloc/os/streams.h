// SPDX-License-Identifier: BSD-2-Clause
// The lock of libc's list of open streams. fflush(NULL) holds it while it waits for a stream, whose
// owner may be in realloc, as in getline; and libc's fork takes it. So it comes before every lock
// of ours. It is recursive.
#ifndef UMA_OS_STREAMS_H_
#define UMA_OS_STREAMS_H_

namespace uma::os {

// False: not taken, and not to be given back, because the process has one thread. libc's fork
// leaves it alone then, too.
bool streams_lock();
void streams_unlock();
// In the child of a fork, where it was taken: free, however often it was held.
void streams_reset();

}  // namespace uma::os

#endif  // UMA_OS_STREAMS_H_
