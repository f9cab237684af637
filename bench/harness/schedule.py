# SPDX-License-Identifier: BSD-2-Clause
"""Round after round: each cell once under every allocator, in an order that rotates."""

import sys
import time

from harness.errors import Failed, say
from harness.stats import Figure

METRICS = {"micro": ("ns",), "program": ("cpu", "wall", "rss"), "memory": ("rss",)}


class Run:
    """The samples of a comparison, complete or not."""

    def __init__(self, cells, allocators, place, rounds, seconds):
        """rounds: {kind of cell: number}; seconds: no cell is started later than that."""
        self.cells = cells
        self.allocators = allocators
        self.failures = []  # (cell, allocator, reason)
        self.curves = {}  # {cell: {allocator: [[second, KiB], ...]}} of the last round
        self.started = time.monotonic()
        self.stopped_early = None
        self._place = place
        self._rounds = rounds
        self._end = self.started + seconds
        self._samples = {}  # {(cell, allocator): [result or None for each round]}
        self._broken = set()  # (cell, allocator): failed once, not tried again

    def measure(self):
        """Fills in samples until all rounds are done, the time is over or Ctrl-C is pressed."""
        try:
            for number in range(max(self._rounds.values())):
                self._round(number)
                if self.stopped_early:
                    break
        except KeyboardInterrupt:
            self.stopped_early = "interrupted"
        _clear()

    def _round(self, number):
        cells = [cell for cell in self.cells if number < self._rounds[cell.kind]]
        for position, cell in enumerate(cells):
            if time.monotonic() > self._end:
                self.stopped_early = "out of time in round %d" % (number + 1)
                return
            if number == 0:
                self._prepare(cell)
            turn = (number + position) % len(self.allocators)
            for allocator in self.allocators[turn:] + self.allocators[:turn]:
                _progress("round %d of %d, cell %d of %d: %s under %s" % (
                    number + 1, max(self._rounds.values()), position + 1, len(cells), cell.name,
                    allocator.name))
                self._cell(number, cell, allocator)
        if not sys.stderr.isatty():
            say("round %d done, %d s" % (number + 1, time.monotonic() - self.started))

    def _prepare(self, cell):
        try:
            cell.prepare(self._place)
        except Failed as reason:
            self._fail(cell, None, reason)

    def _cell(self, number, cell, allocator):
        result = None
        if (cell.name, allocator.name) not in self._broken:
            try:
                result, curve = cell.measure(self._place, allocator)
                if curve:
                    self.curves.setdefault(cell.name, {})[allocator.name] = curve
            except Failed as reason:
                self._fail(cell, allocator, reason)
        values = self._samples.setdefault((cell.name, allocator.name), [])
        values.extend([None] * (number - len(values)) + [result])

    def _fail(self, cell, allocator, reason):
        """Remembers a failure; without an allocator the cell failed for all of them."""
        _clear()
        where = cell.name + (" under " + allocator.name if allocator else "")
        say("%s is left out: %s" % (where, reason))
        self.failures.append((cell.name, allocator.name if allocator else "all", str(reason)))
        for one in [allocator] if allocator else self.allocators:
            self._broken.add((cell.name, one.name))

    def figures(self):
        """One Figure for each metric of each cell that has at least one sample."""
        result = []
        for cell in self.cells:
            for metric in METRICS[cell.kind]:
                samples = {a.name: [None if r is None else r[metric]
                                    for r in self._samples.get((cell.name, a.name), [])]
                           for a in self.allocators}
                figure = Figure(cell, metric, samples, self.allocators[0].name)
                if figure.medians:
                    result.append(figure)
        return result

    def details(self):
        """{memory cell: {allocator: what the last round found beside the RSS}}."""
        result = {}
        for cell in self.cells:
            for allocator in self.allocators:
                known = [r for r in self._samples.get((cell.name, allocator.name), []) if r]
                if cell.kind == "memory" and known:
                    result.setdefault(cell.name, {})[allocator.name] = {
                        **known[-1]["details"], "rss": known[-1]["rss"]}
        return result


def _progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" + text)
        sys.stderr.flush()


def _clear():
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
