# SPDX-License-Identifier: BSD-2-Clause
"""File formats: data, markup, mail, archives. Everything goes out and comes back."""

import bz2
import configparser
import csv
import email
import email.message
import email.policy
import gzip
import html.parser
import http.cookies
import io
import json
import lzma
import marshal
import pickle
import plistlib
import tarfile
import tomllib
import wave
import xml.dom.minidom
import xml.etree.ElementTree as tree
import xml.sax
import zipfile
import zlib


def sample(size):
    return [{"id": i, "name": f"item {i}", "tags": [f"t{i % 7}", "ü"], "ratio": i / 8,
             "more": {"even": i % 2 == 0, "none": None}} for i in range(size)]


def json_():
    data = sample(4000)
    text = json.dumps(data, sort_keys=True, indent=1)
    print(len(text), json.loads(text) == data)
    print(len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()))
    print(json.dumps({"s": {1: (2, 3.5)}, "big": 10**40}), json.loads("[1e3, -0.0, \"\\u00e9\"]"))
    for broken in ("{", "[1,]", '{"a" 1}', "nul"):
        try:
            json.loads(broken)
        except json.JSONDecodeError as error:
            print(error)
    depth = json.loads("[" * 500 + "]" * 500)
    levels = 0
    while depth:
        depth, levels = depth[0], levels + 1
    print(levels)


def pickles():
    data = sample(3000)
    data.append(data)  # a cycle
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        blob = pickle.dumps(data, protocol)
        back = pickle.loads(blob)
        print(protocol, len(blob), back[:-1] == data[:-1], back[-1] is back)
    plain = data[:-1]
    print(marshal.loads(marshal.dumps(plain)) == plain)
    properties = plistlib.dumps({"list": list(range(500)), "data": b"x" * 1000, "t": True})
    print(len(properties), plistlib.loads(properties)["list"][-1])
    binary = plistlib.dumps({str(i): i for i in range(500)}, fmt=plistlib.FMT_BINARY)
    print(len(binary), len(plistlib.loads(binary)))


def tables():
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_MINIMAL)
    for i in range(5000):
        writer.writerow([i, f'quote " {i}', "comma, here", i / 4, "line\nbreak" if i % 9 == 0 else ""])
    rows = list(csv.reader(io.StringIO(buffer.getvalue())))
    print(len(buffer.getvalue()), len(rows), rows[9])
    table = csv.DictReader(["a;b;c", "1;2;3", "4;5"], delimiter=";", restval="-")
    print([dict(row) for row in table], csv.Sniffer().sniff("a\tb\nc\td\n").delimiter)
    config = configparser.ConfigParser()
    config.read_dict({f"section {i}": {f"key{j}": f"{i * j} %(base)s" for j in range(10)} | {
        "base": "/x"} for i in range(100)})
    out = io.StringIO()
    config.write(out)
    again = configparser.ConfigParser()
    again.read_string(out.getvalue())
    print(len(out.getvalue()), again["section 99"]["key9"])
    print(tomllib.loads("[a.b]\nc = [1, 2.5, 'x']\nd = 2020-01-01\n")["a"]["b"]["c"])


class Outline(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.depth = self.deepest = self.text = 0

    def handle_starttag(self, tag, attrs):
        self.depth += 1
        self.deepest = max(self.depth, self.deepest)

    def handle_endtag(self, tag):
        self.depth -= 1

    def handle_data(self, data):
        self.text += len(data)


class Counter(xml.sax.ContentHandler):
    def __init__(self):
        super().__init__()
        self.names = {}

    def startElement(self, name, attrs):
        self.names[name] = self.names.get(name, 0) + len(attrs)


def markup():
    root = tree.Element("root", version="1")
    for i in range(2000):
        child = tree.SubElement(root, "item", {"n": str(i), "half": str(i // 2)})
        tree.SubElement(child, "name").text = f"<{i}> & é"
    blob = tree.tostring(root, encoding="utf-8")
    back = tree.fromstring(blob)
    print(len(blob), len(back.findall("./item[@half='7']")), back[5][0].text)
    for event, element in tree.iterparse(io.BytesIO(blob), events=["end"]):
        if element.tag == "item":
            element.clear()
    print(event, element.tag)
    document = xml.dom.minidom.parseString(blob[:0] + b"<a><b c='1'>t</b><b/></a>")
    print(document.documentElement.toprettyxml(indent=" ").split("\n")[1])
    counter = Counter()
    xml.sax.parseString(blob, counter)
    print(counter.names)
    outline = Outline()
    outline.feed("<div>" * 300 + "text" + "</div>" * 300 + "<p class=x>more</p>" * 500)
    print(outline.deepest, outline.depth, outline.text)
    try:
        tree.fromstring("<a><b></a>")
    except tree.ParseError as error:
        print(error)


def mail():
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = "Grüße"
    message["From"] = "a@example.org"
    message["To"] = ", ".join(f"u{i}@example.org" for i in range(50))
    message.set_content("body\n" * 300)
    for i in range(5):
        message.add_attachment(bytes(range(256)) * 20, maintype="application",
                               subtype="octet-stream", filename=f"f{i}.bin")
    # The boundary is random: it must not reach the output.
    message.set_boundary("=" * 20)
    blob = message.as_bytes()
    back = email.message_from_bytes(blob, policy=email.policy.default)
    print(len(blob), back["subject"], [len(p.get_payload(decode=True)) for p in back.iter_attachments()])
    cookie = http.cookies.SimpleCookie("a=1; b=\"two\"; c=3")
    print(sorted((k, m.value) for k, m in cookie.items()))


def archives():
    data = b"".join(b"%d squared is %d\n" % (i, i * i) for i in range(20000))
    for name, codec in (("zlib", zlib), ("gzip", gzip), ("bz2", bz2), ("lzma", lzma)):
        packed = codec.compress(data)
        print(name, len(packed) < len(data) // 2, codec.decompress(packed) == data)
    stream = zlib.compressobj(9)
    packed = b"".join(stream.compress(data[i:i + 999]) for i in range(0, len(data), 999))
    print(zlib.decompress(packed + stream.flush()) == data)
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(100):
            archive.writestr(f"dir{i % 5}/file{i}", data[: i * 100])
    with zipfile.ZipFile(blob) as archive:
        print(archive.testzip(), len(archive.namelist()), len(archive.read("dir4/file99")))
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w:xz") as archive:
        for i in range(50):
            info = tarfile.TarInfo(f"member{i}")
            info.size = i * 50
            archive.addfile(info, io.BytesIO(data))
    blob.seek(0)
    with tarfile.open(fileobj=blob) as archive:
        print(sum(len(archive.extractfile(m).read()) for m in archive))
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setparams((2, 2, 8000, 0, "NONE", "NONE"))
        out.writeframes(bytes(40000))
    print(len(sound.getvalue()))


STEPS = [json_, pickles, tables, markup, mail, archives]
