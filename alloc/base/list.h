// SPDX-License-Identifier: BSD-2-Clause
// Intrusive doubly linked list with a head sentinel inside the list.
#ifndef UMA_BASE_LIST_H_
#define UMA_BASE_LIST_H_

#include "alloc/base/check.h"

namespace uma {

struct ListNode {
  ListNode* next;
  ListNode* prev;
};

// A list of T, where T derives from ListNode. Not thread-safe: the owner's lock covers it.
template <typename T>
class List {
 public:
  void init() { head_.next = head_.prev = &head_; }
  bool empty() const { return head_.next == &head_; }
  T* first() { return empty() ? nullptr : static_cast<T*>(head_.next); }
  T* next(T* node) { return node->next == &head_ ? nullptr : static_cast<T*>(node->next); }
  void push_front(T* node) { link(node, &head_, head_.next); }
  void push_back(T* node) { link(node, head_.prev, &head_); }
  static void remove(T* node) {
    UMA_ASSERT(node->next && node->prev);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = nullptr;
  }

 private:
  static void link(ListNode* node, ListNode* before, ListNode* after) {
    node->prev = before;
    node->next = after;
    before->next = node;
    after->prev = node;
  }
  ListNode head_;
};

}  // namespace uma

#endif  // UMA_BASE_LIST_H_
