# SPDX-License-Identifier: BSD-2-Clause
"""Python about itself and its surroundings: compiling, inspecting, tracing, logging, C calls."""

import abc
import argparse
import ast
import code
import contextlib
import cProfile
import ctypes
import dis
import doctest
import functools
import importlib.util
import inspect
import io
import keyword
import logging
import logging.handlers
import pstats
import string
import symtable
import sys
import timeit
import token
import tokenize
import traceback
import types
import unittest
import warnings


def compiling():
    source = "\n".join(f"def f{i}(x, y={i}):\n  return [x + y * {i}, str(x), {{'k': y}}]"
                       for i in range(500))
    space = {}
    exec(compile(source, "made", "exec"), space)
    print(space["f499"](1), sum(space[f"f{i}"](i)[0] for i in range(500)))
    module = ast.parse(source)
    print(len(list(ast.walk(module))), ast.unparse(module.body[3]))

    class Swap(ast.NodeTransformer):
        def visit_Add(self, node):
            return ast.Sub()

    swapped = ast.fix_missing_locations(Swap().visit(module))
    exec(compile(swapped, "swapped", "exec"), space)
    print(space["f499"](1)[0], ast.literal_eval("{'a': [1, 2.5, None]}"))
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    print(len(tokens), token.tok_name[tokens[0].type], keyword.iskeyword("yield"))
    table = symtable.symtable("def f(a):\n  b = a\n  return b", "t", "exec")
    print(sorted(table.get_children()[0].get_locals()))
    print(len(list(dis.get_instructions(compiling))) > 100)
    print(eval("sum(x * x for x in range(100) if x % 3)", {}))


def modules():
    for number in range(20):
        made = types.ModuleType(f"made{number}")
        exec("class A:\n  def m(self): return __name__\n", made.__dict__)
        sys.modules[made.__name__] = made
    print(importlib.import_module("made7").A().m())
    for number in range(20):
        del sys.modules[f"made{number}"]
    print(importlib.util.find_spec("no_such_module_here"))
    for name in ("statistics", "fractions", "turtle_that_is_not_there"):
        try:
            print(importlib.import_module(name).__name__)
        except ModuleNotFoundError as error:
            print(error)


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self):
        ...


class Square(Shape):
    __slots__ = ("side",)

    def __init__(self, side):
        self.side = side

    @functools.cached_property
    def slow(self):
        return self.side

    def area(self):
        return self.side ** 2


@functools.singledispatch
def describe(value):
    return "something"


@describe.register
def _(value: int):
    return f"int {value}"


@describe.register(list)
def _(value):
    return f"list of {len(value)}"


@functools.lru_cache(maxsize=300)
def ways(total, coins=(1, 2, 5, 10, 20, 50)):
    if total == 0:
        return 1
    if total < 0 or not coins:
        return 0
    return ways(total - coins[-1], coins) + ways(total, coins[:-1])


def functions():
    try:
        Shape()
    except TypeError as error:
        print(str(error)[:40])
    print(sum(Square(i).area() for i in range(1000)), describe(5), describe([1]), describe("x"))
    print(ways(150), ways.cache_info().maxsize)
    signature = inspect.signature(argparse.ArgumentParser.add_argument)
    print(signature, inspect.getdoc(describe))
    print(len(inspect.getmembers(string.Formatter)) > 10, inspect.isabstract(Shape))

    def generator():
        received = []
        try:
            while True:
                received.append((yield len(received)))
        finally:
            received.clear()

    running = generator()
    next(running)
    print([running.send("x" * i) for i in range(5)], inspect.getgeneratorstate(running))
    running.close()
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        for i in range(100):
            stack.callback(print, i)
    print(len(out.getvalue()))


def failures():
    def dive(depth):
        if depth == 0:
            raise ValueError("bottom")
        try:
            dive(depth - 1)
        except ValueError as error:
            raise KeyError(depth) from error

    try:
        dive(60)
    except KeyError as error:
        lines = traceback.format_exception(error)
        depth = 0
        while error:
            error, depth = error.__cause__, depth + 1
        print(depth, lines[-1].strip())
    try:
        raise ExceptionGroup("many", [ValueError(i) for i in range(200)] + [TypeError("t")])
    except* TypeError as group:
        print(len(group.exceptions))
    except* ValueError as group:
        print(len(group.exceptions))

    def endless(n):
        return endless(n + 1)

    try:
        endless(0)
    except RecursionError as error:
        print(str(error)[:32])
    try:
        huge = bytearray(1 << 62)
        print(len(huge))
    except MemoryError:
        print("no memory for 2^62 bytes")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(50):
            warnings.warn(f"warning {i}", stacklevel=1)
    print(len(caught))


def logs():
    logger = logging.getLogger("workout")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    memory = logging.handlers.MemoryHandler(100, target=handler)
    logger.addHandler(memory)
    for i in range(2000):
        logger.log(10 * (1 + i % 5), "message %d of %s", i, "x" * (i % 40))
    memory.close()
    print(len(out.getvalue()), out.getvalue().splitlines()[1999])


def arguments():
    parser = argparse.ArgumentParser(prog="tool", description="d" * 200)
    commands = parser.add_subparsers(dest="command")
    for i in range(40):
        command = commands.add_parser(f"c{i}")
        command.add_argument("--level", type=int, default=i, help="h" * 50)
        command.add_argument("names", nargs="*")
    print(parser.parse_args(["c7", "--level", "3", "a", "b"]))
    print(len(parser.format_help()) > 300)
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            parser.parse_args(["c7", "--level", "x"])
        except SystemExit as error:
            print(error.code, "invalid int" in err.getvalue())


class Checks(unittest.TestCase):
    def test_equal(self):
        self.assertEqual(ways(5), 4)

    def test_raises(self):
        with self.assertRaises(ZeroDivisionError):
            _ = 1 // 0

    def test_many(self):
        for i in range(200):
            with self.subTest(i=i):
                self.assertLess(i, 200)


def harness():
    """Examples for doctest.

    >>> [i * i for i in range(4)]
    [0, 1, 4, 9]
    >>> "x" * 3
    'xxx'
    """
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Checks)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    print(result.testsRun, len(result.failures), result.wasSuccessful())
    examples = doctest.DocTestFinder().find(harness, "harness", globs={})
    runner = doctest.DocTestRunner(verbose=False)
    print([runner.run(example) for example in examples])
    profile = cProfile.Profile()
    profile.runcall(sorted, [str(i) for i in range(5000)], key=len)
    print(pstats.Stats(profile, stream=io.StringIO()).total_calls)
    print(timeit.timeit("x = [0] * 100", number=1000) >= 0)
    console = code.InteractiveInterpreter({"a": 5})
    console.runsource("print(a * 2)")


def foreign():
    libc = ctypes.CDLL(None)
    libc.strlen.restype = ctypes.c_size_t
    print(libc.strlen(b"hello"), libc.abs(-5))
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    blocks = [libc.malloc(i * 37 + 1) for i in range(2000)]
    for i, block in enumerate(blocks):
        ctypes.memset(block, i & 255, i * 37 + 1)
    print(all(ctypes.string_at(b, i * 37 + 1) == bytes([i & 255]) * (i * 37 + 1)
              for i, b in enumerate(blocks)), len(set(blocks)))
    for block in blocks:
        libc.free(block)
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    values = (ctypes.c_int * 500)(*(i * 7919 % 503 for i in range(500)))
    libc.qsort(values, 500, 4, compare(lambda a, b: a[0] - b[0]))
    print(list(values)[:5], list(values) == sorted(values))

    class Pair(ctypes.Structure):
        _fields_ = [("x", ctypes.c_short), ("y", ctypes.c_double)]

    pairs = (Pair * 1000)()
    pairs[999].y = 2.5
    print(ctypes.sizeof(pairs), pairs[999].y, ctypes.create_string_buffer(b"abc", 10).raw)


STEPS = [compiling, modules, functions, failures, logs, arguments, harness, foreign]
