# SPDX-License-Identifier: BSD-2-Clause
"""A workout of Python's standard library whose output never changes.

Every step prints lines that depend on nothing but the step: no time, address, hash order or
directory. Sets are sorted before they are shown; random numbers come from seeded generators.
"""

import gc
import sys

import concurrency
import containers
import formats
import languages
import numbers_
import storage
import texts

MODULES = [containers, texts, numbers_, formats, storage, concurrency, languages]


def main():
    for module in MODULES:
        for step in module.STEPS:
            print(f"== {module.__name__}.{step.__name__}")
            step()
        # Steps leave cycles behind on purpose; the collector frees them in one go.
        gc.collect()
    print("end of workout")
    return 0


if __name__ == "__main__":
    sys.exit(main())
