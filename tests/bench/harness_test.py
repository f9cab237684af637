#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The arithmetic and the proofs of bench/compare, on made-up samples."""

import os
import sys
import tempfile
import unittest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TREE, "bench"))

from harness import machine, report, schedule  # noqa: E402
from harness.errors import Failed  # noqa: E402
from harness.programs import loaded  # noqa: E402
from harness.stats import Ratio, spread  # noqa: E402


class Named:
    """Stands for an allocator."""

    origin = "made up"

    def __init__(self, name):
        self.name = name


class Scripted:
    """A cell whose values are given: {allocator: [value of each round, None to fail]}."""

    kind = "micro"
    meaning = "made up"

    def __init__(self, name, values, order=None):
        self.name = name
        self._values = {key: list(value) for key, value in values.items()}
        self._order = order if order is not None else []

    def prepare(self, place):
        pass

    def measure(self, place, allocator):
        self._order.append(allocator.name)
        value = self._values[allocator.name].pop(0)
        if value is None:
            raise Failed("made to fail")
        if value == "interrupt":
            raise KeyboardInterrupt
        return {"ns": value}, None


def measured(cells, rounds, names=("ours", "peer")):
    run = schedule.Run(cells, [Named(name) for name in names], None, {"micro": rounds}, 60)
    run.measure()
    return run


class Statistics(unittest.TestCase):
    def test_median_of_ratios_not_ratio_of_medians(self):
        ratio = Ratio([10, 40, 30], [10, 20, 10])
        self.assertEqual(ratio.value, 2)
        self.assertEqual((ratio.low, ratio.high), (1, 3))

    def test_missing_samples_are_left_out(self):
        ratio = Ratio([2, None, 4, 6], [1, 1, None, 0])
        self.assertEqual((ratio.rounds, ratio.value), (1, 2))

    def test_nothing_in_common(self):
        ratio = Ratio([None, 1], [1, None])
        self.assertEqual((ratio.rounds, ratio.value, ratio.lost, ratio.unstable),
                         (0, None, False, False))

    def test_one_outlier_a_side_is_ignored_from_five_rounds_on(self):
        self.assertEqual(spread([1, 5, 6, 7, 99]), (5, 7))
        self.assertEqual(spread([1, 5, 6, 99]), (1, 99))

    def test_unstable_above_ten_percent(self):
        self.assertFalse(Ratio([100, 105, 109], [100, 100, 100]).unstable)
        self.assertTrue(Ratio([100, 105, 112], [100, 100, 100]).unstable)

    def test_lost(self):
        self.assertTrue(Ratio([0.99], [1]).lost)
        self.assertFalse(Ratio([0.999], [1]).lost)


class Rounds(unittest.TestCase):
    def test_order_rotates(self):
        order = []
        measured([Scripted("a", {"ours": [1] * 3, "peer": [1] * 3}, order)], 3)
        self.assertEqual(order, ["ours", "peer", "peer", "ours", "ours", "peer"])

    def test_a_failure_is_kept_and_not_repeated(self):
        run = measured([Scripted("a", {"ours": [1, 1], "peer": [None]})], 2)
        self.assertEqual(run.failures, [("a", "peer", "made to fail")])
        self.assertEqual(run.figures()[0].samples, {"ours": [1, 1], "peer": [None, None]})
        self.assertEqual(run.figures()[0].ratios, {})

    def test_an_interrupt_keeps_the_rest(self):
        run = measured([Scripted("a", {"ours": [1, "interrupt"], "peer": [2, 2]})], 2)
        self.assertEqual(run.stopped_early, "interrupted")
        self.assertEqual(run.figures()[0].ratios["peer"].value, 2)

    def test_the_time_limit(self):
        run = schedule.Run([Scripted("a", {"ours": [1]})], [Named("ours")], None, {"micro": 1}, -1)
        run.measure()
        self.assertIn("out of time", run.stopped_early)
        self.assertEqual(run.figures(), [])


class Report(unittest.TestCase):
    def test_lost_cells_come_first(self):
        run = measured([Scripted("won", {"ours": [1], "peer": [3]}),
                        Scripted("lost", {"ours": [2], "peer": [1]})], 1)
        text = report.markdown(run, {"CPU": "made up"}, {"micro": 1}, {})
        self.assertLess(text.index("| lost | time | 2 ns | **0.50** |"),
                        text.index("| won | time | 1 ns | 3.00 |"))
        self.assertIn("2 figures compared, 1 lost to at least one peer", text)

    def test_a_cell_that_we_fail_is_reported(self):
        run = measured([Scripted("a", {"ours": [None], "peer": [1]})], 1)
        text = report.markdown(run, {}, {"micro": 1}, {})
        self.assertIn("| a | ours | made to fail |", text)

    def test_facts_name_the_machine(self):
        facts = machine.facts(TREE)
        for key in ("CPU", "kernel", "commit"):
            self.assertTrue(facts[key])


class Proof(unittest.TestCase):
    def proven(self, log, program="cc1plus", library="/lib/a.so"):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
            file.write(log)
            file.flush()
            return loaded(file.name, program, library)

    def test_library_then_program(self):
        self.assertTrue(self.proven("1: calling init: /lib/a.so\n1: initialize program: /x/cc1plus\n"))

    def test_other_program(self):
        self.assertFalse(self.proven("1: calling init: /lib/a.so\n1: initialize program: g++\n"))

    def test_library_of_the_program_before(self):
        self.assertFalse(self.proven("1: calling init: /lib/a.so\n1: initialize program: sh\n"
                                     "1: initialize program: cc1plus\n"))

    def test_other_library(self):
        self.assertFalse(self.proven("1: calling init: /lib/b.so\n1: initialize program: cc1plus\n"))


if __name__ == "__main__":
    unittest.main()
