# SPDX-License-Identifier: BSD-2-Clause
"""Files, directories, databases and mappings, all inside one temporary directory."""

import contextlib
import dbm.dumb
import filecmp
import fileinput
import glob
import linecache
import mmap
import os
import pathlib
import shelve
import shutil
import sqlite3
import stat
import tempfile


@contextlib.contextmanager
def scratch():
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


def files():
    with scratch() as root:
        for i in range(200):
            path = root / f"d{i % 10}" / f"e{i % 3}" / f"f{i}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"file {i}\n" * i)
        found = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.txt"))
        print(len(found), found[0], found[-1])
        print(sum(len(names) for _, _, names in os.walk(root)), len(glob.glob(f"{root}/d1/*/*")))
        shutil.copytree(root / "d1", root / "copy")
        same = filecmp.dircmp(root / "d1" / "e1", root / "copy" / "e1")
        print(sorted(same.common)[:3], same.diff_files)
        total = 0
        with fileinput.input(sorted((root / "d2").rglob("*.txt"))) as lines:
            for line in lines:
                total += len(line)
        print(total, repr(linecache.getline(str(root / "d9" / "e0" / "f99.txt"), 7)))
        os.chmod(root / "d3", 0o750)
        print(stat.filemode((root / "d3").stat().st_mode), shutil.disk_usage(root).total > 0)
        shutil.make_archive(str(root / "all"), "gztar", root / "d4")
        shutil.unpack_archive(str(root / "all.tar.gz"), root / "unpacked")
        print(len(list((root / "unpacked").rglob("*.txt"))))


def streams():
    with scratch() as root:
        path = root / "data.bin"
        with open(path, "wb", buffering=1 << 16) as out:
            for i in range(3000):
                out.write(i.to_bytes(4, "big") * (i % 50))
        print(path.stat().st_size)
        with open(path, "rb") as source:
            source.seek(12345)
            print(source.read(16).hex(), source.tell(), sum(len(b) for b in iter(lambda: source.read(4096), b"")))
        with open(path, "r+b") as both, mmap.mmap(both.fileno(), 0) as mapped:
            mapped[100:104] = b"ABCD"
            print(mapped.find(b"ABCD"), mapped.rfind(b"\0\0\x0b"), len(mapped))
        with open(root / "text", "w", encoding="utf-16", newline="\r\n") as out:
            out.writelines(f"zeile {i} ü\n" for i in range(5000))
        with open(root / "text", encoding="utf-16") as source:
            print(sum(1 for _ in source), (root / "text").stat().st_size)
        with tempfile.SpooledTemporaryFile(max_size=1000) as spool:
            spool.write(b"x" * 5000)
            spool.seek(0)
            print(len(spool.read()))


def database():
    with scratch() as root, contextlib.closing(sqlite3.connect(root / "test.db")) as base:
        base.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, zone TEXT, size INT, note TEXT)")
        base.executemany("INSERT INTO item(zone, size, note) VALUES (?, ?, ?)",
                         ((f"zone{i % 37}", i * i % 1009, "n" * (i % 90)) for i in range(20000)))
        base.execute("CREATE INDEX by_zone ON item(zone, size)")
        base.create_function("twice", 1, lambda value: value * 2)
        base.create_aggregate("longest", 1, Longest)
        base.commit()
        for row in base.execute("SELECT zone, count(*), sum(twice(size)), longest(note) FROM item "
                                "GROUP BY zone ORDER BY 3 DESC LIMIT 4"):
            print(row)
        print(base.execute("SELECT count(*) FROM item a JOIN item b ON a.size = b.size AND "
                           "a.zone < b.zone WHERE a.id < 400 AND b.id < 400").fetchone())
        with contextlib.suppress(sqlite3.IntegrityError), base:
            base.execute("DELETE FROM item WHERE id > 100")
            base.execute("INSERT INTO item(id) VALUES (1)")
        print(base.execute("SELECT count(*) FROM item").fetchone())
        memory = sqlite3.connect(":memory:")
        base.backup(memory)
        print(memory.execute("SELECT max(id), total(size) FROM item").fetchone(), sum(
            len(line) for line in memory.iterdump()))
        memory.close()


class Longest:
    def __init__(self):
        self.value = 0

    def step(self, text):
        self.value = max(self.value, len(text))

    def finalize(self):
        return self.value


def shelves():
    with scratch() as root:
        with dbm.dumb.open(str(root / "dumb"), "c") as base:
            for i in range(300):
                base[f"k{i}"] = b"v" * i
            print(len(base), len(base["k299"]))
        with shelve.Shelf(dbm.dumb.open(str(root / "shelf"), "c"), writeback=True) as shelf:
            for i in range(100):
                shelf[f"s{i}"] = {"list": list(range(i))}
            shelf["s5"]["list"].append("more")
        with shelve.Shelf(dbm.dumb.open(str(root / "shelf"), "r")) as shelf:
            print(len(shelf), shelf["s5"]["list"])


STEPS = [files, streams, database, shelves]
