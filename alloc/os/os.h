// SPDX-License-Identifier: BSD-2-Clause
// Everything the allocator asks of the system. Raw calls: errno is never touched, libc is not
// needed, so all of it works inside the dynamic linker and between fork and exec.
//
// Sizes are multiples of the page size, addresses page-aligned. Functions that return bool are
// true on success; nothing here aborts.
#ifndef UMA_OS_OS_H_
#define UMA_OS_OS_H_

#include <stddef.h>
#include <stdint.h>

namespace uma::os {

// Address space without memory, at `where` and nowhere else (where != null), or anywhere. Refused
// because something is mapped there: `taken`.
void* reserve(void* where, size_t size, bool* taken = nullptr);
// Readable and writable memory, zero: at `where` and nowhere else, or anywhere. It does not count
// before it is used.
void* map(void* where, size_t size, bool* taken = nullptr);
// The same anywhere, for a block of the program's: all of it counts, so that the system refuses
// what it could not serve, by its own rule of overcommitment.
void* map_counted(size_t size);
bool unmap(void* p, size_t size);
// Resizes a mapping, moving it when `may_move`; the old range is gone on success. Null: refused,
// nothing changed.
void* remap(void* p, size_t old_size, size_t new_size, bool may_move);
// Makes reserved address space readable and writable.
bool commit(void* p, size_t size);
// Gives the memory back, locked memory, too; it reads as zero afterwards. False: the old bytes are
// still there.
bool purge(void* p, size_t size);
// Whether the program locked what will be mapped: then all of that counts as locked, and what can
// be written is resident at once.
void set_future_locked(bool locked);
bool future_locked();
// Makes pages fault that are readable and writable: by marks, which cost no mapping and which old
// kernels do not know (`on` false removes them), or by their protection.
bool guard_marker(void* p, size_t size, bool on);
bool forbid(void* p, size_t size);
// Registers an area of restartable sequences for the calling thread, as libc does, or takes it
// back. False: refused.
bool rseq_register(void* area, uint32_t length, bool on);
// A call that the program makes itself, through a function of ours. A negative number is an error.
long program_call(long number, long a, long b, long c, long d = 0, long e = 0);
// What this process may map at most, in bytes: the least of its limits. ~0: there is none.
uint64_t address_limit();
// What its control group may have, in bytes. ~0: there is no limit, or it cannot be read.
uint64_t cgroup_limit();
// How many mappings this process may have.
size_t mapping_limit();
// Whether pages are part of a core file; failure does not matter.
void dump(void* p, size_t size, bool on);
// Advice about huge pages; failure does not matter.
void huge_pages(void* p, size_t size, bool on);

// One more than the highest CPU number this kernel can ever report; 0: unknown, or above kCpuIds.
unsigned cpu_limit();
// Registers this process for restart_cpu. False where the kernel refuses.
bool restart_register();
// On return every thread of this process has passed a full barrier since the call.
void barrier_all();
// On return every restartable sequence that ran on `cpu` has been restarted.
bool restart_cpu(unsigned cpu);

uint64_t clock_ns();         // monotonic
uint64_t clock_coarse_ns();  // monotonic, to a few milliseconds, cheaper
unsigned pid();
bool stderr_open();
// True: the word at p can be read, wherever p points.
bool readable(const void* p);
// 16 random bits from what the kernel gave this process at exec.
unsigned random16();

// The value of an environment variable as the process was started, or null. Null for all where
// the program runs with raised privileges.
const char* environment(const char* name);

}  // namespace uma::os

#endif  // UMA_OS_OS_H_
