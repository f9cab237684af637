// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/list.h"

#include <gtest/gtest.h>

#include <vector>

namespace uma {
namespace {

struct Node : ListNode {
  int value = 0;
};

std::vector<int> Values(List<Node>& list) {
  std::vector<int> values;
  for (Node* node = list.first(); node != nullptr; node = list.next(node))
    values.push_back(node->value);
  return values;
}

TEST(List, PushAndRemove) {
  List<Node> list;
  list.init();
  EXPECT_EQ(list.first(), nullptr);
  Node nodes[4];
  for (int i = 0; i < 4; i++) {
    nodes[i].value = i;
    list.push_front(&nodes[i]);
  }
  EXPECT_EQ(Values(list), (std::vector<int>{3, 2, 1, 0}));
  List<Node>::remove(&nodes[3]);
  List<Node>::remove(&nodes[1]);
  EXPECT_EQ(Values(list), (std::vector<int>{2, 0}));
  list.push_front(&nodes[1]);
  List<Node>::remove(&nodes[0]);
  EXPECT_EQ(Values(list), (std::vector<int>{1, 2}));
  List<Node>::remove(&nodes[1]);
  List<Node>::remove(&nodes[2]);
  EXPECT_EQ(list.first(), nullptr);
}

TEST(List, Empty) {
  List<Node> list;
  list.init();
  EXPECT_TRUE(list.empty());
  Node node;
  list.push_front(&node);
  EXPECT_FALSE(list.empty());
  List<Node>::remove(&node);
  EXPECT_TRUE(list.empty());
}

TEST(List, MovesBetweenLists) {
  List<Node> a, b;
  a.init();
  b.init();
  Node one, two;
  one.value = 1;
  two.value = 2;
  a.push_front(&one);
  a.push_front(&two);
  List<Node>::remove(&one);
  b.push_front(&one);
  EXPECT_EQ(Values(a), std::vector<int>{2});
  EXPECT_EQ(Values(b), std::vector<int>{1});
}

}  // namespace
}  // namespace uma
