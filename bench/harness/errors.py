# SPDX-License-Identifier: BSD-2-Clause
"""The two ways in which a comparison can be unable to go on."""

import sys


class Unusable(Exception):
    """The command cannot be carried out at all: bad arguments, nothing to measure with."""


class Failed(Exception):
    """One cell failed under one allocator; the others go on."""


def say(text):
    """One line for the reader, on stderr."""
    print("compare: " + text, file=sys.stderr, flush=True)
