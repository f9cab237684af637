// SPDX-License-Identifier: BSD-2-Clause
// What the tests on zones share: counters of a zone, its published form, events of callbacks.
#ifndef UMA_TESTS_UMA_SUPPORT_H_
#define UMA_TESTS_UMA_SUPPORT_H_

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/base/layout_read.h"
#include "uma/uma.h"

extern "C" struct uma_layout uma_layout;

namespace uma_test {

inline bool LongRun() {
  const char* value = getenv("UMA_LONG");
  return value != nullptr && strcmp(value, "1") == 0;
}

// malloc of this process is the library's: run with it preloaded.
inline bool Preloaded() { return getenv("UMA_TEST_LIBRARY") != nullptr; }

// A deadlock ends the program instead of the patience of whoever started it.
struct Watchdog {
  Watchdog() { alarm(LongRun() ? 280 : 55); }
};
inline Watchdog watchdog;

// Keeps the calling thread on the CPU that it runs on: what it leaves in the cache of another one
// is not found again.
struct OneCpu {
  OneCpu() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_getaffinity(0, sizeof before, &before);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OneCpu() { sched_setaffinity(0, sizeof before, &before); }
  OneCpu(const OneCpu&) = delete;
  OneCpu& operator=(const OneCpu&) = delete;
  cpu_set_t before;
};

inline uma_zone_stats StatsOf(uma_zone_t zone) {
  uma_zone_stats stats;
  uma_zone_get_stats(zone, &stats);
  return stats;
}

// The zones that programs made: malloc's own come and go as they are needed.
inline int ZoneCount() {
  int count = 0;
  for (const auto* zone = uma_layout_first(&uma_layout); zone; zone = uma_layout_next(zone))
    count += zone->kind == UMA_LAYOUT_KIND_ZONE;
  return count;
}

// A zone in the table that tools read, or null. Names are unique in these tests.
inline const uma_layout_zone* Published(const char* name) {
  const uma_layout_zone* zone = uma_layout_first(&uma_layout);
  while (zone && strcmp(zone->name, name) != 0) zone = uma_layout_next(zone);
  return zone;
}

inline const uma_layout_keg* PublishedKeg(const char* name) {
  const uma_layout_zone* zone = Published(name);
  return zone == nullptr ? nullptr : reinterpret_cast<const uma_layout_keg*>(zone->keg);
}

inline uma_zone_t PlainZone(const char* name, size_t size, int align = UMA_ALIGN_PTR,
                            uint32_t flags = 0) {
  return uma_zcreate(name, size, nullptr, nullptr, nullptr, nullptr, align, flags);
}

// What callbacks were called with, in order. Fixed room: a callback must not need memory itself.
struct Event {
  char what;
  void* item;
};
inline constexpr int kMaxEvents = 1 << 16;
inline Event events[kMaxEvents];
inline int event_count = 0;

inline void Note(char what, void* item) {
  if (event_count < kMaxEvents) events[event_count] = {what, item};
  event_count++;
}
inline void ForgetEvents() { event_count = 0; }
inline int Count(char what) {
  int count = 0;
  for (int i = 0; i < event_count && i < kMaxEvents; i++) count += events[i].what == what;
  return count;
}

// i init, f fini, I zinit, F zfini, c ctor, d dtor.
inline int NoteInit(void* item, int, int) { return Note('i', item), 0; }
inline void NoteFini(void* item, int) { Note('f', item); }
inline int NoteZinit(void* item, int, int) { return Note('I', item), 0; }
inline void NoteZfini(void* item, int) { Note('F', item); }
inline int NoteCtor(void* item, int, void*, int) { return Note('c', item), 0; }
inline void NoteDtor(void* item, int, void*) { Note('d', item); }

}  // namespace uma_test

#endif  // UMA_TESTS_UMA_SUPPORT_H_
