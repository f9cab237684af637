// SPDX-License-Identifier: BSD-2-Clause
// An item of a zone given to malloc's functions, when these are the library's too.
#include <gtest/gtest.h>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

TEST(MisuseDeathTest, ItemGivenToFree) {
  ASSERT_TRUE(Preloaded());
  uma_zone_t zone = PlainZone("victim", 100);
  void* item = uma_zalloc(zone, 0);
  EXPECT_DEATH(free(item),
               "^uma: item of a UMA zone: free\\(0x[0-9a-f]+\\): .* zone victim, .*\n$");
  EXPECT_DEATH(free(realloc(item, 1000)), "^uma: item of a UMA zone: realloc.* zone victim, .*\n$");
  uma_zfree(zone, item);
  uma_zdestroy(zone);
}

}  // namespace
