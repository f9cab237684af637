#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""smr_cost_test.py PROGRAM: entering and leaving a section of safe memory reclamation takes ten
instructions, no jump taken, and none of them is atomic."""

import re
import subprocess
import sys

LIMIT = 10  # together, without the two rets
LISTED = re.compile(r"^\s+[0-9a-f]+:\s+(\S+)\s*(.*)$")


def straight_line(program, function):
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--disassemble=" + function,
                           program], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
    line = []
    for match in filter(None, map(LISTED.match, text.splitlines())):
        mnemonic = match.group(1)
        if mnemonic == "endbr64":
            continue
        if mnemonic.startswith("ret"):
            return line
        if mnemonic in ("lock", "call", "jmp") or mnemonic.startswith("xchg"):
            raise SystemExit("failed: %s: %s" % (function, match.group(0).strip()))
        line.append(mnemonic)
    raise SystemExit("failed: %s: no end in\n%s" % (function, text))


def main():
    lines = [straight_line(sys.argv[1], name) for name in ("begin_section", "end_section")]
    count = sum(map(len, lines))
    print(count, "instructions:", lines)
    if count > LIMIT:
        print("failed: %d instructions, at most %d" % (count, LIMIT), file=sys.stderr)
    return count > LIMIT


if __name__ == "__main__":
    sys.exit(main())
