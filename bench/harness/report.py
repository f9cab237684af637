# SPDX-License-Identifier: BSD-2-Clause
"""The results as Markdown for readers and as JSON for programs."""

import json
import os

METRICS = {"ns": ("time", "ns"), "cpu": ("user + system time", "s"), "wall": ("wall time", "s"),
           "rss": ("RSS", "MiB")}
DETAILS = {"before": "before", "after_free": "right after the frees", "rss": "at the end",
           "lazyfree": "of it lazily freed", "pages_held": "pages with a live block",
           "live": "live bytes"}


def _number(value):
    if value is None:
        return "–"
    if value >= 1000:
        return "{:,.0f}".format(value)
    return "%.3g" % value if value < 100 else "%.0f" % value


def _with_unit(value, unit):
    return "–" if value is None else _number(value) + " " + unit


def _ratio(ratio):
    """"1.31 (1.29–1.34)", bold where the peer is better, with a mark where it is unstable."""
    if ratio is None:
        return "–"
    text = "%.2f" % ratio.value
    if ratio.lost:
        text = "**%s**" % text
    if ratio.rounds > 1:
        text += " (%.2f–%.2f)" % (ratio.low, ratio.high)
    return text + (" ?" if ratio.unstable else "")


def _table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def _figures(figures, peers, ours):
    rows = []
    for figure in figures:
        what, unit = METRICS[figure.metric]
        rows.append([figure.cell.name, what, _with_unit(figure.medians.get(ours), unit)]
                    + [_ratio(figure.ratios.get(peer)) for peer in peers])
    return _table(["cell", "figure", ours] + peers, rows)


def _summary(run, figures, rounds):
    compared = [figure for figure in figures if figure.ratios]
    lost = [figure for figure in compared if figure.lost()]
    text = ["%d figures compared, %d lost to at least one peer. " % (len(compared), len(lost)),
            "A ratio is peer / %s, the median over the rounds of the ratio within a round, " %
            run.allocators[0].name,
            "with its spread; above 1 the peer takes more time or memory. ",
            "**Bold**: the peer is better. ?: more than 10 % variation, unstable. ",
            "Rounds: %s." % ", ".join("%s %d" % item for item in rounds.items())]
    if run.stopped_early:
        text.append(" Not all rounds were done: %s." % run.stopped_early)
    return ["".join(text), ""]


def markdown(run, facts, rounds, instructions):
    """The report, the worst cells first."""
    figures = sorted(run.figures(), key=lambda figure: figure.worst())
    names = [allocator.name for allocator in run.allocators]
    ours, peers = names[0], names[1:]
    lines = ["# Comparison of allocators", ""] + _summary(run, figures, rounds)
    lines += ["## Lost cells first", ""] + _figures(figures, peers, ours)
    details = run.details()
    if details:
        rows = [[cell, name] + [_number(values.get(key)) for key in DETAILS]
                for cell, by_name in details.items() for name, values in by_name.items()]
        lines += ["## Memory in MiB, last round", ""]
        lines += _table(["cell", "allocator"] + list(DETAILS.values()), rows)
    if instructions:
        rows = [[cell] + [_number(by_name.get(name)) for name in names]
                for cell, by_name in instructions.items()]
        lines += ["## Instructions of a pair, with the loop around it", ""]
        lines += _table(["cell"] + names, rows)
    if run.failures:
        lines += ["## Not measured", ""]
        lines += _table(["cell", "allocator", "reason"],
                        [[c, a, r.replace("|", "\\|")] for c, a, r in run.failures])
    lines += ["## Measured with", ""]
    lines += _table(["", ""], [list(item) for item in facts.items()]
                    + [[a.name, a.origin] for a in run.allocators])
    return "\n".join(lines)


def _ratio_json(ratio):
    return {"ratio": ratio.value, "low": ratio.low, "high": ratio.high, "rounds": ratio.rounds,
            "unstable": ratio.unstable}


def as_json(run, facts, rounds, instructions):
    return {
        "machine": facts,
        "allocators": [{"name": a.name, "origin": a.origin} for a in run.allocators],
        "rounds": rounds,
        "stopped_early": run.stopped_early,
        "figures": [{
            "cell": figure.cell.name,
            "kind": figure.cell.kind,
            "metric": figure.metric,
            "unit": METRICS[figure.metric][1],
            "medians": figure.medians,
            "ratios": {name: _ratio_json(ratio) for name, ratio in figure.ratios.items()},
            "samples": figure.samples,
        } for figure in run.figures()],
        "memory_mib": run.details(),
        "rss_over_time_kib": run.curves,
        "instructions": instructions,
        "failures": [{"cell": c, "allocator": a, "reason": r} for c, a, r in run.failures],
    }


def write(folder, run, facts, rounds, instructions):
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as file:
        file.write(markdown(run, facts, rounds, instructions))
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
        json.dump(as_json(run, facts, rounds, instructions), file, indent=1)
        file.write("\n")
