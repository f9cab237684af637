# SPDX-License-Identifier: BSD-2-Clause
"""Instructions of one malloc and free pair, counted by callgrind.

Two runs of different length are subtracted, so start-up does not count. What remains includes the
dozen instructions of the loop around the pair, the same under every allocator.
"""

import os
import re
import shutil

from harness.errors import Failed, say
from harness.process import Process, require_success

CELLS = ("hot64", "hot1000", "lifo100", "random1k_1000")
SHORT, LONG = 20000, 120000
TIMEOUT = 120
COLLECTED = re.compile(r"Collected : (\d+)")


def _count(place, allocator, cell, pairs):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
               os.path.join(place.bin_dir, "pairs"), cell, str(pairs)]
    result = Process(place.launch, place.scratch, command, allocator.library,
                     allocator.environment()).wait(TIMEOUT)
    require_success(result)
    found = COLLECTED.search(result["stderr"])
    if found is None:
        raise Failed("callgrind printed no count")
    return int(found.group(1))


def count(place, allocators, selected):
    """{cell: {allocator: instructions of a pair}} for the cells that `selected` accepts."""
    cells = [cell for cell in CELLS if selected(cell)]
    if cells and shutil.which("valgrind") is None:
        say("no instruction counts: valgrind is missing (package valgrind)")
        return {}
    result = {}
    for cell in cells:
        for allocator in allocators:
            try:
                difference = (_count(place, allocator, cell, LONG)
                              - _count(place, allocator, cell, SHORT))
            except Failed as reason:
                say("no instruction count for %s under %s: %s" % (cell, allocator.name, reason))
                continue
            result.setdefault(cell, {})[allocator.name] = difference / (LONG - SHORT)
    return result
