// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/page/cap.h"

#include "alloc/base/layout_read.h"
#include "alloc/os/published.h"
#include "alloc/page/page.h"

namespace uma {

constinit uint64_t memory_cap = 0;

bool cap_refuses(size_t more) {
  const uint64_t cap = load_relaxed(memory_cap);
  const uint64_t held = uma_layout_mapped(&uma_layout);
  if (held + more <= cap && held + more >= held) return false;
  note_address_pressure();
  return true;
}

}  // namespace uma
