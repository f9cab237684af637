# SPDX-License-Identifier: BSD-2-Clause
"""Numbers of every kind and size, dates, and digests of bytes."""

import base64
import binascii
import calendar
import cmath
import colorsys
import datetime
import decimal
import fractions
import hashlib
import hmac
import ipaddress
import math
import random
import secrets
import statistics
import struct
import uuid
import zlib
import zoneinfo


def integers():
    print(len(str(math.factorial(1500))), str(2**3000)[:20], math.isqrt(10**101))
    a, b = 0, 1
    for _ in range(20000):
        a, b = b, a + b
    print(a.bit_length(), hashlib.sha256(a.to_bytes(2000, "little")).hexdigest()[:16])
    print(pow(3, 10**18, 10**9 + 7), pow(17, -1, 3120), math.gcd(2**90, 6**50), math.comb(300, 150))
    sieve = bytearray([1]) * 100000
    for i in range(2, 317):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, len(sieve), i)))
    print(sum(sieve) - 2, int("z" * 50, 36) % 1009, f"{12345678901234567890:b}"[:20])
    numbers = [3**i for i in range(800)]
    print(sum(numbers) == (3**800 - 1) // 2, sum(n.bit_count() for n in numbers))
    collatz = {1: 0}
    for start in range(1, 10000):
        path, n = [], start
        while n not in collatz:
            path.append(n)
            n = n // 2 if n % 2 == 0 else 3 * n + 1
        for extra, value in enumerate(reversed(path), 1):
            collatz[value] = collatz[n] + extra
    print(len(collatz), max((v, k) for k, v in collatz.items() if k < 10000))


def rationals():
    total = sum((fractions.Fraction(1, n) for n in range(1, 400)), fractions.Fraction())
    print(len(str(total.denominator)), float(total), total.limit_denominator(1000))
    with decimal.localcontext() as context:
        context.prec = 200
        root = decimal.Decimal(2).sqrt()
        print(str(root)[-30:], (root * root).quantize(decimal.Decimal("1e-50")))
        print(decimal.Decimal(1).exp(), decimal.Decimal("1E+5").normalize())
    series = [decimal.Decimal(i) / 7 for i in range(3000)]
    print(sum(series), max(series), decimal.Decimal("0.1") + decimal.Decimal("0.2"))


def floats():
    values = [math.sin(i) * math.exp(-i / 5000) for i in range(20000)]
    print(f"{math.fsum(values):.9f} {max(values):.9f} {math.dist([1, 2], [4, 6])}")
    print((0.1).hex(), float.fromhex("0x1.8p3"), math.nextafter(1, 2), math.ulp(1e10))
    print(f"{cmath.exp(1j * cmath.pi).real:.3f} {abs(cmath.sqrt(-7 + 24j)):.6f}")
    print([round(c, 4) for c in colorsys.rgb_to_hls(0.2, 0.4, 0.6)])


def chances():
    rng = random.Random(99)
    sample = [rng.gauss(10, 3) for _ in range(5000)]
    print(f"{statistics.fmean(sample):.6f} {statistics.stdev(sample):.6f} "
          f"{statistics.median(sample):.6f}")
    print([f"{q:.4f}" for q in statistics.quantiles(sample, n=5)])
    deck = list(range(1000))
    rng.shuffle(deck)
    print(deck[:8], rng.choices("abc", [1, 2, 3], k=12), sorted(rng.sample(range(10**9), 3)))
    print(statistics.mode([1, 1, 2]), statistics.linear_regression([1, 2, 3], [3, 5, 7]).slope)
    print(len(secrets.token_bytes(100)), len({secrets.token_hex(8) for _ in range(500)}))


def calendars():
    day = datetime.date(2000, 2, 29)
    days = [day + datetime.timedelta(days=37 * i) for i in range(3000)]
    print(days[-1].isoformat(), sum(d.weekday() for d in days), len({d.strftime("%Y-%W") for d in days}))
    moment = datetime.datetime(2024, 3, 31, 12, 30, 15, 123456, tzinfo=datetime.timezone.utc)
    print(moment.isoformat(), moment.timestamp(), moment.strftime("%A %d %B %Y %j"))
    print(datetime.datetime.fromisoformat("2011-11-04T00:05:23+04:00").utctimetuple().tm_yday)
    parsed = [datetime.datetime.strptime(f"{i % 28 + 1:02d}/{i % 12 + 1:02d}/2021", "%d/%m/%Y")
              for i in range(1000)]
    print(max(parsed), calendar.monthrange(2024, 2), calendar.TextCalendar().formatmonth(2024, 2)[:40])
    offset = datetime.timezone(datetime.timedelta(hours=-7), "MST")
    print(moment.astimezone(offset), issubclass(zoneinfo.ZoneInfo, datetime.tzinfo))


def digests():
    data = bytes(i * i & 255 for i in range(200000))
    for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"):
        digest = hashlib.new(name)
        for at in range(0, len(data), 7777):
            digest.update(data[at:at + 7777])
        print(name, digest.hexdigest()[:32])
    print(hmac.new(b"key", data, "sha256").hexdigest()[:32], zlib.crc32(data), zlib.adler32(data))
    print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 500).hex()[:32])
    print(hashlib.scrypt(b"password", salt=b"salt", n=1024, r=8, p=1).hex()[:32])
    for encode, decode in ((base64.b64encode, base64.b64decode), (base64.b85encode, base64.b85decode),
                           (binascii.hexlify, binascii.unhexlify), (base64.b32encode, base64.b32decode)):
        coded = encode(data[:50001])
        print(len(coded), coded[:12], decode(coded) == data[:50001])


def packing():
    record = struct.Struct("<IhQ5sd?")
    packed = b"".join(record.pack(i, -i % 1000, i**3, b"abcde", i / 3, i % 2) for i in range(5000))
    print(len(packed), sum(fields[2] for fields in record.iter_unpack(packed)))
    print(struct.pack(">e4xBf", 1.5, 200, 0.1).hex(), struct.calcsize("@ilq"))
    print(uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"), uuid.UUID(int=5).hex)
    network = ipaddress.ip_network("10.1.0.0/18")
    print(network.num_addresses, sum(1 for _ in network.subnets(new_prefix=26)))
    print(ipaddress.ip_address("2001:db8::1").exploded, list(
        ipaddress.collapse_addresses(ipaddress.ip_network(f"10.0.{i}.0/24") for i in range(64))))


STEPS = [integers, rationals, floats, chances, calendars, digests, packing]
