# SPDX-License-Identifier: BSD-2-Clause
"""From samples to figures: medians of the ratios within a round."""

from statistics import median

UNSTABLE = 0.10
TRIM_FROM = 5  # rounds from which the lowest and the highest one do not count for the spread


def spread(values):
    """The lowest and the highest value; of many, without one outlier on either side."""
    ordered = sorted(values)
    if len(ordered) >= TRIM_FROM:
        ordered = ordered[1:-1]
    return ordered[0], ordered[-1]


class Ratio:
    """Peer / ours over the rounds in which both were measured. Above 1 we are better."""

    def __init__(self, peer, ours):
        pairs = [p / o for p, o in zip(peer, ours) if p is not None and o]
        self.rounds = len(pairs)
        self.value = median(pairs) if pairs else None
        self.low, self.high = spread(pairs) if pairs else (None, None)
        self.lost = bool(pairs) and round(self.value, 2) < 1
        self.unstable = bool(pairs) and (self.high - self.low) / self.value > UNSTABLE


class Figure:
    """One measured quantity of one cell under all allocators."""

    def __init__(self, cell, metric, samples, ours):
        """samples: {allocator: [value or None for each round]}."""
        self.cell = cell
        self.metric = metric
        self.samples = samples
        self.medians = {name: median(known) for name, values in samples.items()
                        if (known := [v for v in values if v is not None])}
        self.ratios = {}
        for name, values in samples.items():
            ratio = Ratio(values, samples.get(ours, []))
            if name != ours and ratio.rounds:
                self.ratios[name] = ratio

    def worst(self):
        return min((ratio.value for ratio in self.ratios.values()), default=float("inf"))

    def lost(self):
        return any(ratio.lost for ratio in self.ratios.values())
