# SPDX-License-Identifier: BSD-2-Clause
"""The driver of the real programs must fail when there is something to fail for.

Arguments: run_program.py, a preload library that is not the allocator, umastat.
"""

import pathlib
import re
import subprocess
import sys
import tomllib

import proof

HERE = pathlib.Path(__file__).resolve().parent
TABLE = """ITEM                   SIZE   LIMIT     USED     FREE      REQ FAIL SLEEP XDOM

malloc-64:               64,      0,      10,      20,     700,   0,   0,   0
malloc-1280:           1280,      0,       1,       2,      30,   0,   0,   0
UMA Kegs:               384,      0,      60,       0,    5000,   0,   0,   0
"""


def check(what, condition):
    if not condition:
        print(f"FAIL: {what}", file=sys.stderr)
        sys.exit(1)


def run(driver, library, umastat, name):
    return subprocess.run(["/usr/bin/python3", "-B", driver, "--lib", library, "--umastat", umastat,
                           name], capture_output=True, text=True, timeout=100, check=False)


def main():
    driver, library, umastat = sys.argv[1:4]
    # A library that is mapped and is no allocator of ours counts nothing.
    answer = run(driver, library, umastat, "lua")
    check(f"a foreign library passes: {answer.stdout}{answer.stderr}",
          answer.returncode == 1 and "0 requests counted" in answer.stderr)
    answer = run(driver, library, umastat, "memcached")
    check(f"a server with a foreign library passes: {answer.stdout}{answer.stderr}",
          answer.returncode == 1 and "umastat" in answer.stderr)
    answer = run(driver, "/nonexistent/library.so", umastat, "lua")
    check("a missing library passes", answer.returncode == 1 and "library.so" in answer.stderr)
    answer = run(driver, library, umastat, "no_such_program")
    check("an unknown name passes", answer.returncode == 1 and "no_such_program" in answer.stderr)

    sys.path.insert(0, str(HERE))
    import run_program
    try:
        run_program.need({"needs": ["no-such-program-here"], "package": "its-package"})
        check("a missing program passes", False)
    except proof.Failure as failure:
        check(f"the package is not named: {failure}", "its-package" in str(failure))
    try:
        run_program.compare("same\nfirst\n", "same\nsecond\n")
        check("different output passes", False)
    except proof.Failure as failure:
        check(f"the line is not named: {failure}", "line 2" in str(failure))
    check("REQ is misread", proof.table_requests(TABLE) == 730)
    check("a process without the library counts as proof",
          not proof.is_mapped("self", "/nonexistent/library.so"))

    # BUILD makes one test of every line of the table, and of nothing else.
    with open(HERE / "programs.toml", "rb") as table:
        programs = sorted(entry["name"] for entry in tomllib.load(table)["programs"])
    listed = re.search(r"PROGRAMS = \[(.*?)\]", (HERE / "BUILD").read_text(), re.DOTALL).group(1)
    check("BUILD and programs.toml name different programs",
          sorted(re.findall(r'"(\w+)"', listed)) == programs)
    print("the driver fails when it should")


if __name__ == "__main__":
    main()
