/* SPDX-License-Identifier: BSD-2-Clause */
/* What gdb debugs: a list built by recursion, so that there is a backtrace to show. */
#include <stdio.h>
#include <stdlib.h>

struct node {
  int value;
  struct node* next;
};

static struct node* innermost(int value) {
  struct node* node = malloc(sizeof *node);
  node->value = value;
  node->next = NULL;
  return node;
}

static struct node* build(int depth) {
  struct node* node = innermost(depth);
  if (depth > 0) node->next = build(depth - 1);
  return node;
}

static void churn(void) {
  for (int i = 0; i < 10000; i++) free(malloc(100));
}

static void built(const struct node* list) { printf("%d\n", list->next->next->value); }

int main(void) {
  struct node* list = build(5);
  churn();
  built(list);
  for (struct node* node = list; node; node = node->next) printf("%d\n", node->value);
  while (list) {
    struct node* next = list->next;
    free(list);
    list = next;
  }
  return 0;
}
