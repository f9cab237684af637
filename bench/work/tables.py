# SPDX-License-Identifier: BSD-2-Clause
"""Dicts, lists, tuples and strings of many sizes, most of them short-lived."""

table = {}
for i in range(220000):
    key = "key%d" % (i * 7919 % 90001)
    table.setdefault(key, []).append((i, str(i) * (i % 9)))
    if i % 3 == 0:
        table.pop("key%d" % (i * 104729 % 90001), None)
index = {}
for key, rows in sorted(table.items()):
    index.setdefault(len(rows), {})[key] = "".join(text for _, text in rows)
print(sum(len(text) for rows in index.values() for text in rows.values()))
