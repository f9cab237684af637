#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""fast_path_test.py LIBRARY GOLDEN PAIRS [--write]

The fast paths as the library contains them: the straight line from the entry of a function to its
first ret, no jump taken. Compared with the golden listing, counted, and the count compared with
what callgrind sees a pair of malloc(64) and free execute. --write makes the golden listing anew."""

import os
import re
import subprocess
import sys
import tempfile

# The most that each line may have, whatever the golden listing says.
LIMITS = {"malloc": 19, "free": 24, "_Znwm": 19, "uma_zalloc": 22, "uma_zfree": 23,
          "uma_zalloc_arg": 22, "uma_zfree_arg": 24}
MOST_BYTES = 512
SHORT, LONG = 1000, 11000
LISTED = re.compile(r"^\s+[0-9a-f]+:\s+(.*)$")
CONDITIONAL = re.compile(r"^j(?!mp)[a-z]+$")


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout


def addresses(library):
    """{exported function: address}."""
    symbols = (line.split() for line in output("nm", "-D", "--defined-only", library).splitlines())
    return {words[2]: int(words[0], 16) for words in symbols if words[1] == "T"}


def disassemble(library, function):
    """The instructions of a function, and some after it, in order, as [mnemonic, operands]."""
    start = addresses(library)[function]
    text = output("objdump", "-d", "--no-show-raw-insn", "--start-address=%d" % start,
                  "--stop-address=%d" % (start + MOST_BYTES), library)
    lines = [match.group(1) for match in map(LISTED.match, text.splitlines()) if match]
    return [(line.split(None, 1) + [""])[:2] for line in lines]


def straight_line(library, function):
    """The mnemonics from entry to the first ret."""
    line = []
    for mnemonic, operands in disassemble(library, function):
        line.append(mnemonic)
        words = [mnemonic] + operands.split()
        if "lock" in words or mnemonic.startswith("xchg"):
            raise SystemExit("failed: %s: an atomic instruction: %s" % (function, operands))
        if mnemonic.startswith("call") or mnemonic in ("jmp", "syscall"):
            raise SystemExit("failed: %s: leaves the line: %s" % (function, mnemonic))
        if mnemonic.startswith("j") and not CONDITIONAL.match(mnemonic):
            raise SystemExit("failed: %s: an unknown jump: %s" % (function, mnemonic))
        if mnemonic.startswith("ret"):
            return line
    raise SystemExit("failed: %s: no ret" % function)


def read_golden(path):
    """{function: [mnemonic]} of a golden file."""
    golden = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                name, mnemonics = line.split(":")
                golden[name] = mnemonics.split()
    return golden


def write_golden(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# SPDX-License-Identifier: BSD-2-Clause\n")
        file.write("# The fast paths, entry to ret, one instruction after the other.\n")
        for name, mnemonics in lines.items():
            file.write("%s: %s\n" % (name, " ".join(mnemonics)))


def self_cost(library, pairs, count):
    """{function: instructions executed inside it} of one run, as callgrind counted them."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        environment = {**os.environ, "LD_PRELOAD": library}
        # Without compression every line that counts a function names it in full.
        subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=" + out,
             "--compress-strings=no", "--compress-pos=no", pairs, str(count)],
            env=environment, check=True, timeout=60)
        costs, function, is_call = {}, None, False
        with open(out, encoding="utf-8") as file:
            for line in file:
                if line.startswith("fn="):
                    function = line[3:].strip()
                elif line.startswith("calls="):
                    is_call = True  # the next line is the cost of the callee
                elif re.match(r"^(0x[0-9a-f]+|[0-9]+)( |$)", line) and function:
                    if not is_call:
                        costs[function] = costs.get(function, 0) + int(line.split()[-1])
                    is_call = False
    return costs


def executed(library, pairs):
    """Instructions of one malloc(64) and one free."""
    short, long = (self_cost(library, pairs, count) for count in (SHORT, LONG))
    known = addresses(library)

    def cost(costs, name):
        # A function of several names goes by any of them.
        return sum(costs.get(alias, 0) for alias in known if known[alias] == known[name])

    return {name: (cost(long, name) - cost(short, name)) / (LONG - SHORT)
            for name in ("malloc", "free")}


def main():
    library, golden_path, pairs = (os.path.realpath(path) for path in sys.argv[1:4])
    lines = {name: straight_line(library, name) for name in LIMITS}
    if sys.argv[4:] == ["--write"]:
        write_golden(golden_path, lines)
        return 0
    golden = read_golden(golden_path)
    failures = []
    for name, limit in LIMITS.items():
        line = lines[name]
        if len(line) > limit:
            failures.append("%s: %d instructions, at most %d" % (name, len(line), limit))
        if line != golden.get(name):
            failures.append("%s: not the golden listing:\n  have %s\n  want %s"
                            % (name, " ".join(line), " ".join(golden.get(name, []))))
    for name, count in executed(library, pairs).items():
        if count != len(lines[name]):
            failures.append("%s: callgrind counted %s instructions, the line has %d"
                            % (name, count, len(lines[name])))
    for failure in failures:
        print("failed:", failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
