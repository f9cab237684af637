// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/mapping.h"

#include "alloc/base/util.h"
#include "alloc/os/os.h"
#include "alloc/page/cap.h"

namespace uma {
namespace {

constexpr uint64_t kPagesMost = uint64_t{1} << 50;  // far above any; the compiler wants to know

uint64_t pages_of(size_t size) { return size / kPage % kPagesMost; }
constinit bool markers = true;  // the kernel may know them

size_t whole(const Mapping& mapping) { return mapping.size() + kPage; }

// Unmaps what lies beside a block; what stays is one more mapping, to be unmapped later.
void trim(char* from, const char* to, bool stays, Mapping* left) {
  const size_t size = size_t(to - from);
  if (size == 0 || (!stays && os::unmap(from, size))) return;
  *left = mapping_at(from, size, MappingState::kKept);
}

char* map_aligned(size_t size, size_t align, bool crowded, Mapping left[2]) {
  if (align <= kPage) return static_cast<char*>(os::map_counted(size));
  if (size + align < size) return nullptr;
  char* p = static_cast<char*>(os::map_counted(size + align));
  if (!p) return nullptr;
  char* start = at<char>(round_up(addr(p), align));
  trim(p, start, crowded, &left[0]);
  trim(start + size, p + size + align, crowded, &left[1]);
  return start;
}

// The page behind becomes an ordinary one, because the kernel resizes only what is of one kind.
bool unguard(Mapping* mapping) {
  void* page = at<void>(mapping->base + mapping->size());
  const bool done = mapping->guard == GuardPage::kNone ||
                    (mapping->guard == GuardPage::kMarker ? os::guard_marker(page, kPage, false)
                                                          : os::commit(page, kPage));
  if (done) mapping->guard = GuardPage::kNone;
  return done;
}

}  // namespace

Mapping mapping_at(const void* base, size_t bytes, MappingState state) {
  Mapping mapping{};
  mapping.base = addr(base);
  mapping.pages = pages_of(bytes - kPage);
  mapping.state = state;
  return mapping;
}

Mapping mapping_new(size_t size, size_t align, bool crowded, Mapping left[2]) {
  left[0] = left[1] = {};
  if (size + kPage < size || !cap_allows(size + kPage)) return {};
  const bool huge = size >= kLargeAlignHuge && !crowded;
  char* p = map_aligned(size + kPage, huge ? max(align, kSpan) : align, crowded, left);
  if (!p && huge && align < kSpan) p = map_aligned(size + kPage, align, crowded, left);
  if (!p) return {};
  // With the page behind, or the kernel would count two mappings.
  if (huge) os::huge_pages(p, size + kPage, true);
  Mapping mapping = mapping_at(p, size + kPage, MappingState::kLive);
  if (!crowded || markers) mapping_guard(&mapping);
  return mapping;
}

size_t mapping_cost() { return markers ? 1 : 2; }

void mapping_guard(Mapping* mapping) {
  if (mapping->guard != GuardPage::kNone) return;
  void* page = at<void>(mapping->base + mapping->size());
  if (markers && os::guard_marker(page, kPage, true)) {
    mapping->guard = GuardPage::kMarker;
    return;
  }
  markers = false;
  if (os::forbid(page, kPage)) mapping->guard = GuardPage::kProtected;
}

bool mapping_unmap(const Mapping& mapping) {
  return os::unmap(at<void>(mapping.base), whole(mapping));
}

bool mapping_purge(const Mapping& mapping) {
  // Never a page whose protection is the guard.
  const bool open = mapping.guard != GuardPage::kProtected;
  return os::purge(at<void>(mapping.base), open ? whole(mapping) : mapping.size());
}

bool mapping_resize(Mapping* mapping, size_t size) {
  if (size + kPage < size) return false;
  if (size > mapping->size() && !cap_allows(size - mapping->size())) return false;
  if (!unguard(mapping)) return false;
  void* moved = os::remap(at<void>(mapping->base), whole(*mapping), size + kPage, true);
  if (moved) {
    mapping->base = addr(moved);
    mapping->pages = pages_of(size);
  }
  mapping_guard(mapping);
  return moved != nullptr;
}

}  // namespace uma
