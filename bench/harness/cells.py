# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: small cells, memory cells and real programs, each from one line of a table."""

import json
import os

from harness.errors import Failed
from harness.process import Process, require_success
from harness.programs import ProgramCell

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLE_MS = 20
TIMEOUT = 180


class Place:
    """Where the programs are, and how long they run."""

    def __init__(self, bin_dir, scratch, quick):
        self.bin_dir = bin_dir
        self.launch = os.path.join(bin_dir, "launch")
        self.scratch = scratch
        self.quick = quick


class MicroCell:
    """One registration in the program `cells`: nanoseconds for an item."""

    kind = "micro"

    def __init__(self, entry):
        self.name = entry["name"]
        self.meaning = entry["meaning"]
        self.quick = entry.get("quick", False)

    def prepare(self, place):
        pass

    def measure(self, place, allocator):
        command = [os.path.join(place.bin_dir, "cells"),
                   "--benchmark_filter=^%s(/|$)" % self.name,
                   "--benchmark_format=json",
                   "--benchmark_min_time=%s" % ("0.05" if place.quick else "0.1"),
                   "--benchmark_repetitions=%d" % (2 if place.quick else 3)]
        env = allocator.environment()
        if place.quick:
            env["UMA_BENCH_QUICK"] = "1"
        result = Process(place.launch, place.scratch, command, allocator.library, env).wait(TIMEOUT)
        require_success(result)
        try:
            runs = json.loads(result["stdout"])["benchmarks"]
        except (ValueError, KeyError):
            raise Failed("no result from Google Benchmark") from None
        rates = [run["items_per_second"] for run in runs if run.get("run_type") == "iteration"]
        if not rates:
            raise Failed("the program has no such cell")
        return {"ns": 1e9 / max(rates)}, None


class MemoryCell:
    """One situation of the program `memory`: what stays resident, and how it got there."""

    kind = "memory"

    def __init__(self, entry):
        self.name = entry["name"]
        self.meaning = entry["meaning"]
        self.quick = entry.get("quick", False)

    def prepare(self, place):
        pass

    def measure(self, place, allocator):
        command = [os.path.join(place.bin_dir, "memory"), self.name,
                   "--idle", "5" if place.quick else "15"]
        result = Process(place.launch, place.scratch, command, allocator.library,
                         allocator.environment(), SAMPLE_MS).wait(TIMEOUT)
        require_success(result)
        try:
            values = json.loads(result["stdout"])
        except ValueError:
            raise Failed("no result from the program") from None
        figures = {key[:-len("_kib")]: kib / 1024 for key, kib in values.items()}
        return {"rss": figures.pop("rss"), "details": figures}, result["samples"]


def load(tree):
    """All cells in the order of the tables."""
    with open(os.path.join(HERE, "cells.json"), encoding="utf-8") as file:
        table = json.load(file)
    with open(os.path.join(HERE, "programs.json"), encoding="utf-8") as file:
        programs = json.load(file)["programs"]
    return ([MicroCell(entry) for entry in table["micro"]]
            + [ProgramCell(entry, tree) for entry in programs]
            + [MemoryCell(entry) for entry in table["memory"]])
