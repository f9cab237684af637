# SPDX-License-Identifier: BSD-2-Clause
"""Strings, regular expressions, templates and everything that is made of characters."""

import codecs
import difflib
import fnmatch
import gettext
import html
import io
import pprint
import re
import reprlib
import shlex
import string
import stringprep
import textwrap
import unicodedata
import urllib.parse

LOREM = ("In the slab each item has its place; the keg keeps slabs, the zone keeps kegs, "
         "and every CPU keeps what it freed last. ")


def building():
    grown = ""
    for i in range(20000):
        grown += chr(97 + i * i % 26)
    print(len(grown), grown[:20], grown.count("aq"))
    joined = ",".join(str(i) for i in range(20000))
    print(len(joined), joined[-20:])
    pieces = joined.split(",")
    print(len(pieces), "".join(reversed(pieces))[:20])
    replaced = joined.replace("99", "ninety-nine").upper().title()
    print(len(replaced), replaced[500:540])
    table = str.maketrans("abcdef", "ABCDEF", "xyz")
    print(grown.translate(table)[:30])
    print(f"{3.14159:>12.3f}|{255:#010x}|{'mid':^9}|{1234567:,}|{0.000123:e}|{True!r:5}")
    print("%-8s|%08.3f|%+d|%%|%c" % ("left", 2.5, 7, "z"))
    print("{0[a]} {1.real} {2!s:>6}".format({"a": 1}, 5, None))
    buffer = io.StringIO()
    for i in range(5000):
        print(i, file=buffer, end=";")
    print(len(buffer.getvalue()))


def unicode():
    text = "Ä Ö Ü ß ﬁ Ω ﷺ 漢字 🧠 e\u0301"
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        print(form, len(unicodedata.normalize(form, text)))
    print(text.casefold(), text.upper(), text.encode("utf-16-le").hex()[:40])
    many = "".join(chr(0x4E00 + i % 5000) for i in range(30000))
    for encoding in ("utf-8", "utf-16", "utf-32", "gb18030", "utf-7"):
        data = many.encode(encoding)
        print(encoding, len(data), data.decode(encoding) == many)
    print([unicodedata.name(c) for c in "aΩ🧠"], unicodedata.category("9"))
    print("naïve".encode("ascii", "xmlcharrefreplace"), b"\xff\xfe".decode("utf-8", "replace"))
    print(codecs.encode("rot thirteen", "rot13"), stringprep.in_table_a1("\u0221"))
    print("bücher.example".encode("idna"), "xn--bcher-kva".encode().decode("idna"))


def expressions():
    text = LOREM * 200
    words = re.findall(r"\b[a-z]{4,}\b", text)
    print(len(words), sorted(set(words)))
    print(re.sub(r"(\w+) (\w+)", r"\2 \1", LOREM))
    print(len(re.sub(r"[aeiou]+", lambda m: m.group().upper() * 2, text)))
    pattern = re.compile(r"(?P<key>\w+)\s*=\s*(?P<value>\"[^\"]*\"|\d+)", re.VERBOSE)
    source = "; ".join(f'k{i} = "{i * i}"' if i % 2 else f"k{i}={i}" for i in range(2000))
    pairs = {m["key"]: m["value"].strip('"') for m in pattern.finditer(source)}
    print(len(pairs), pairs["k1999"], pairs["k1998"])
    print(re.split(r"[,;]\s*", LOREM))
    print(bool(re.fullmatch(r"(a|b)*abb", "ab" * 500 + "abb")), re.escape("a.b*c"))
    for i in range(300):
        re.compile(f"(x{i}|y{i})+z{{{i % 5},}}")
    re.purge()
    scanner = re.Scanner([(r"\d+", lambda s, t: int(t)), (r"[a-z]+", lambda s, t: t), (r"\s+", None)])
    print(scanner.scan("abc 12 de 345")[0])


def wrapping():
    paragraphs = textwrap.fill(LOREM * 20, width=60, initial_indent="* ", subsequent_indent="  ")
    print(len(paragraphs.splitlines()), paragraphs.splitlines()[7])
    print(textwrap.shorten(LOREM, 50), "|", textwrap.dedent("   a\n     b\n   c").splitlines())
    print(textwrap.indent("x\ny", "> ").splitlines())
    data = {f"name{i}": [list(range(i)), {"deep": (i, str(i))}] for i in range(30)}
    shown = pprint.pformat(data, width=70)
    print(len(shown), shown.splitlines()[3])
    print(reprlib.repr(list(range(1000))), reprlib.repr("x" * 500))


def comparing():
    old = [f"line {i}\n" for i in range(400)]
    new = [line for i, line in enumerate(old) if i % 17] + ["appended\n"]
    new[100:100] = ["inserted one\n", "inserted two\n"]
    diff = list(difflib.unified_diff(old, new, "old", "new", n=1))
    print(len(diff), "".join(diff[:6]))
    restored = list(difflib.restore(difflib.ndiff(old[:60], new[:60]), 1))
    print(restored == old[:60])
    print(round(difflib.SequenceMatcher(None, LOREM, LOREM[::-1]).ratio(), 6))
    print(difflib.get_close_matches("mallok", ["malloc", "calloc", "realloc", "free"]))


def templates():
    template = string.Template("$who gets $what, ${count} times; $$5")
    print(template.substitute(who="zone", what="bucket", count=3))
    print(template.safe_substitute(who="keg"))
    fields = [name for _, name, _, _ in string.Formatter().parse("{a} {b[0]:>{w}} {c.d!r}") if name]
    print(fields, string.capwords("one two  three"))
    escaped = html.escape("<a href=\"x\">'&'</a>")
    print(escaped, html.unescape(escaped + "&eacute;&#x41;"))
    print(shlex.split("a 'b c' \"d \\\" e\" f\\ g # h", comments=True), shlex.join(["x y", "z"]))
    print(fnmatch.filter([f"f{i}.c" for i in range(30)], "f[12]?.c"), gettext.gettext("plain"))


def addresses():
    url = "https://user@example.org:8080/a/b;p?q=1&q=2&r=%C3%A9#frag"
    parts = urllib.parse.urlsplit(url)
    print(parts.hostname, parts.port, urllib.parse.parse_qs(parts.query), parts.fragment)
    print(urllib.parse.urljoin(url, "../c?d"), urllib.parse.quote("a b/ä"))
    query = urllib.parse.urlencode([(f"k{i}", "v " * (i % 5)) for i in range(1000)])
    back = urllib.parse.parse_qsl(query, keep_blank_values=True)
    print(len(query), len(back), back[4])


STEPS = [building, unicode, expressions, wrapping, comparing, templates, addresses]
