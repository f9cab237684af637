# SPDX-License-Identifier: BSD-2-Clause
"""The results as pictures, each as SVG and as PNG."""

import os

from harness.errors import say

try:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker
except ImportError:
    pyplot = None

COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:pink",
           "tab:olive", "tab:cyan")


def _save(figure, folder, name):
    for kind in ("svg", "png"):
        figure.savefig(os.path.join(folder, name + "." + kind), bbox_inches="tight", dpi=110)
    pyplot.close(figure)


def _ratios(figures, peers, title, folder, name):
    """A row of dots a figure: where each peer is, relative to us at 1."""
    figures = sorted((f for f in figures if f.ratios), key=lambda f: -f.worst())
    if not figures:
        return
    canvas, axes = pyplot.subplots(figsize=(10, 1.6 + 0.27 * len(figures)))
    for peer, colour in zip(peers, COLOURS * len(peers)):
        points = [(row, f.ratios[peer]) for row, f in enumerate(figures) if peer in f.ratios]
        rows = [row for row, _ in points]
        axes.hlines(rows, [r.low for _, r in points], [r.high for _, r in points], colour, lw=1)
        axes.plot([r.value for _, r in points], rows, "o", color=colour, ms=5, label=peer)
    axes.axvline(1, color="black", lw=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_yticks(range(len(figures)),
                    [f.cell.name + (" (wall)" if f.metric == "wall" else "") for f in figures])
    axes.set_ylim(-0.6, len(figures) - 0.4)
    axes.grid(axis="x", which="both", alpha=0.3)
    axes.set_xlabel(title + ", peer / ours; left of 1 the peer is better")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=6, frameon=False)
    _save(canvas, folder, name)


def _curves(curves, folder):
    """RSS over time, a panel for each memory cell."""
    if not curves:
        return
    canvas, panels = pyplot.subplots(len(curves), 1, figsize=(9, 2.8 * len(curves)), squeeze=False)
    for axes, (cell, by_name) in zip(panels[:, 0], curves.items()):
        for (name, points), colour in zip(by_name.items(), COLOURS * len(by_name)):
            axes.plot([t for t, _ in points], [kib / 1024 for _, kib in points], color=colour,
                      lw=1.2, label=name)
        axes.set_title(cell, loc="left", fontsize=10)
        axes.set_ylabel("RSS, MiB")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    panels[-1, 0].set_xlabel("seconds")
    panels[0, 0].legend(ncol=6, fontsize=8, frameon=False, loc="lower right",
                        bbox_to_anchor=(1, 1.05))
    canvas.tight_layout()
    _save(canvas, folder, "rss_over_time")


def write(folder, run):
    if pyplot is None:
        say("no plots: matplotlib is missing (package python3-matplotlib)")
        return
    peers = [allocator.name for allocator in run.allocators[1:]]
    figures = run.figures()
    _ratios([f for f in figures if f.metric != "rss"], peers, "time", folder, "time")
    _ratios([f for f in figures if f.metric == "rss"], peers, "RSS", folder, "rss")
    _curves({cell: dict(sorted(by_name.items())) for cell, by_name in run.curves.items()}, folder)
