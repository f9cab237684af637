# SPDX-License-Identifier: BSD-2-Clause
"""Lists, dictionaries, queues and other structures, large and small."""

import array
import bisect
import collections
import copy
import dataclasses
import enum
import functools
import graphlib
import heapq
import itertools
import operator
import random
import types
import typing
import weakref


def lists():
    rng = random.Random(1)
    values = [rng.randrange(10**6) for _ in range(50000)]
    ordered = sorted(values)
    print(ordered[0], ordered[-1], sum(values))
    values.sort(key=lambda v: (v % 97, -v))
    print(values[:3], values[-3:])
    grown = []
    for i in range(2000):
        grown.insert(i // 2, i)
    print(grown[:5], grown[999:1003], len(grown))
    del grown[::3]
    print(len(grown), sum(grown))
    nested = [[j * i for j in range(i)] for i in range(200)]
    print(sum(map(sum, nested)), len(nested[-1]))
    nested = nested[::-1] + nested[50:60]
    print([len(row) for row in nested[-5:]])
    matrix = [[(i * 7 + j * 13) % 11 for j in range(40)] for i in range(40)]
    transposed = list(zip(*matrix))
    product = [[sum(map(operator.mul, row, column)) for column in transposed] for row in matrix]
    print(product[0][:5], product[39][35:])


def dictionaries():
    table = {f"key{i}": i for i in range(40000)}
    for i in range(0, 40000, 3):
        del table[f"key{i}"]
    for i in range(0, 40000, 6):
        table[f"key{i}"] = -i
    print(len(table), sum(table.values()), next(iter(table)), list(table)[-1])
    merged = table | {i: str(i) for i in range(1000)}
    print(len(merged), merged[999], merged["key1"])
    groups = collections.defaultdict(list)
    for key, value in table.items():
        groups[value % 13].append(key)
    print([(k, len(groups[k])) for k in sorted(groups)])
    tree = {}
    for i in range(3000):
        node = tree
        for digit in f"{i * i % 100003:06d}":
            node = node.setdefault(digit, {})
        node["leaf"] = i
    print(sorted(tree), len(str(tree)))
    shrinking = dict.fromkeys(range(10000))
    while len(shrinking) > 10:
        shrinking.popitem()
    print(list(shrinking))


def sets():
    a = {i * i % 9973 for i in range(20000)}
    b = {i * 3 % 9973 for i in range(5000)}
    print(len(a), len(b), len(a & b), len(a | b), len(a ^ b), len(a - b))
    words = {f"{i:x}" for i in range(30000)}
    print(len(words), sorted(words)[:4], max(words))
    frozen = {frozenset({i, i + 1, j}) for i in range(60) for j in range(60)}
    print(len(frozen), sum(len(s) for s in frozen))
    while len(words) > 100:
        words.discard(max(words))
        words = {word for word in words if word[0] != word[-1]} | {min(words)}
        words = set(sorted(words)[: len(words) // 2])
    print(sorted(words)[:10], len(words))


def queues():
    queue = collections.deque(maxlen=500)
    for i in range(20000):
        queue.append((i, str(i)))
    queue.rotate(37)
    print(len(queue), queue[0], queue[-1])
    heap = []
    rng = random.Random(2)
    for i in range(20000):
        heapq.heappush(heap, (rng.random(), i))
        if len(heap) > 1000:
            heapq.heappop(heap)
    print(len(heap), heapq.nsmallest(2, heap)[0][1], heapq.nlargest(1, heap)[0][1])
    merged = heapq.merge(*[range(i, 3000, i + 1) for i in range(1, 20)])
    print(sum(itertools.islice(merged, 0, None, 7)))
    keys = []
    for i in range(5000):
        bisect.insort(keys, i * 7919 % 5003)
    print(keys[:3], bisect.bisect_left(keys, 2500), keys == sorted(keys))


def counters():
    text = " ".join(f"w{i * i % 211}" for i in range(20000))
    counter = collections.Counter(text.split())
    print(counter.most_common(3), len(counter), counter.total())
    print((counter - collections.Counter(w0=10**9)).most_common(1))
    chain = collections.ChainMap({"a": 1}, {"b": 2}, {"a": 3, "c": 4})
    print(sorted(chain.items()), chain.new_child({"c": 5})["c"])
    ordered = collections.OrderedDict((i, i * i) for i in range(1000))
    for i in range(0, 1000, 2):
        ordered.move_to_end(i, last=bool(i % 4))
    print(list(ordered)[:4], list(ordered)[-4:])
    point = collections.namedtuple("Point", "x y z", defaults=(0,))
    points = [point(i, -i) for i in range(10000)]
    print(points[77], functools.reduce(lambda t, p: t + p.x * p.y, points, 0))


@dataclasses.dataclass(order=True)
class Node:
    weight: int
    name: str = dataclasses.field(compare=False)
    children: list = dataclasses.field(default_factory=list, compare=False, repr=False)


class Colour(enum.IntFlag):
    RED = 1
    GREEN = 2
    BLUE = 4


def objects():
    nodes = [Node(i * 31 % 1009, f"n{i}") for i in range(5000)]
    for i, node in enumerate(nodes[1:], 1):
        nodes[i // 2].children.append(node)
    print(min(nodes), max(nodes).name, len(nodes[0].children))
    clone = copy.deepcopy(nodes[10])
    total, stack = 0, [clone]
    while stack:
        node = stack.pop()
        total += node.weight
        stack.extend(node.children)
    print(total, clone == nodes[10], clone is nodes[10])
    print(dataclasses.asdict(nodes[4000]), dataclasses.replace(nodes[1], name="other"))
    print(Colour.RED | Colour.BLUE, [c.name for c in Colour], Colour(6).value)
    space = types.SimpleNamespace(**{f"f{i}": i for i in range(300)})
    print(len(vars(space)), space.f299)
    cls = type("Made", (Node,), {f"m{i}": (lambda self, i=i: self.weight + i) for i in range(50)})
    print(cls(5, "x").m49(), typing.get_type_hints(Node)["weight"].__name__)


class Cycle:
    alive = 0

    def __init__(self, payload):
        Cycle.alive += 1
        self.me = self
        self.payload = payload

    def __del__(self):
        Cycle.alive -= 1


def references():
    import gc

    kept = weakref.WeakValueDictionary()
    strong = []
    for i in range(3000):
        node = Cycle(bytearray(i))
        kept[i] = node
        if i % 3 == 0:
            strong.append(node)
    del node
    gc.collect()
    print(Cycle.alive, len(kept), len(strong))
    strong.clear()
    gc.collect()
    print(Cycle.alive, len(kept))
    ended = []
    owner = Cycle(b"")
    weakref.finalize(owner, ended.append, "finalised")
    del owner
    gc.collect()
    print(ended)


def iterators():
    print(list(itertools.islice(itertools.accumulate(itertools.count(1), operator.mul), 12)))
    print(sum(1 for _ in itertools.permutations(range(7))))
    print(len(set(itertools.combinations_with_replacement("abcdef", 4))))
    print([(k, len(list(g))) for k, g in itertools.groupby(sorted("mississippi"))])
    print(list(itertools.zip_longest(range(3), "ab", fillvalue="-")))
    first, second = itertools.tee(x * x for x in range(1000))
    print(sum(first), max(second))
    print(list(itertools.pairwise("uma")))
    order = graphlib.TopologicalSorter({i: {i // 2, i // 3} - {i} for i in range(1, 300)})
    flat = list(order.static_order())
    position = {node: at for at, node in enumerate(flat)}
    print(len(flat), all(position[i // 2] < position[i] for i in range(1, 300)))


def arrays():
    data = array.array("d", (i / 7 for i in range(30000)))
    data.extend(data[:1000])
    print(len(data), round(sum(data), 6), data.itemsize)
    view = memoryview(data).cast("B")
    print(view[:8].hex(), view.nbytes)
    view.release()
    block = bytearray(100000)
    for i in range(0, len(block), 11):
        block[i] = i & 255
    block += block[:777]
    del block[5:50000]
    print(len(block), sum(block), bytes(block).count(b"\0"))
    print(array.array("q", range(100)).tobytes().hex()[:64])


STEPS = [lists, dictionaries, sets, queues, counters, objects, references, iterators, arrays]
