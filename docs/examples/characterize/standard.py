"""Callables of the standard library's kind, about 2 to 30 ms each."""

import hashlib
import json
import os
import random
import re
import sqlite3
import tempfile
import textwrap
import threading
import time
import urllib.request
import zlib

RANDOM = random.Random(1)
WORDS = ["".join(RANDOM.choices("abcdefghijklmnop", k=RANDOM.randint(2, 9))) for _ in range(500)]
TEXT = " ".join(RANDOM.choice(WORDS) for _ in range(20_000))
ORDERS = [
    {"id": n, "customer": RANDOM.choice(WORDS), "lines": [RANDOM.random() for _ in range(8)]}
    for n in range(1_500)
]
LOG = "\n".join(
    '10.0.%d.%d - - [21/Nov/2026:10:00:%02d] "GET /%s HTTP/1.1" 200 %d'
    % (n % 9, n % 251, n % 60, RANDOM.choice(WORDS), n)
    for n in range(5_000)
)
LINE = re.compile(r'^(\S+) \S+ \S+ \[([^\]]+)\] "(\w+) (\S+) [^"]*" (\d+) (\d+)$', re.MULTILINE)
NUMBERS = [RANDOM.random() for _ in range(60_000)]


def serialise():
    """JSON there and back: C code that keeps the lock."""
    return len(json.loads(json.dumps(ORDERS)))


def parse_log():
    """A regular expression over a log."""
    return sum(int(match.group(6)) for match in LINE.finditer(LOG))


def compress():
    """zlib: C code that releases the lock."""
    return len(zlib.compress(TEXT.encode(), 6))


def hash_password(password=b"secret"):
    """Key derivation: C code that releases the lock."""
    return hashlib.pbkdf2_hmac("sha256", password, b"salt", 20_000).hex()


def digest_parts():
    """SHA-256 of 64 KiB parts: releases the lock for each."""
    data, digests = TEXT.encode() * 40, []
    for start in range(0, len(data), 65_536):
        digests.append(hashlib.sha256(data[start : start + 65_536]).digest())
    return len(digests)


def rank():
    """One sort: C code that keeps the lock."""
    return sorted(NUMBERS)[0]


def wrap_text():
    """Text processing: bytecode and short C calls."""
    return len(textwrap.wrap(TEXT[:20_000], 72))


def count_words():
    """Plain bytecode."""
    counts = {}
    for word in TEXT.split():
        counts[word] = counts.get(word, 0) + 1
    total = 0
    for word, number in counts.items():
        for letter in word:
            total += ord(letter) * number
    return total


_local = threading.local()


def _database():
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(":memory:")
        _local.connection.execute("create table sale (shop int, amount real)")
        rows = ((n % 97, n * 0.5) for n in range(30_000))
        _local.connection.executemany("insert into sale values (?, ?)", rows)
    return _local.connection


def query():
    """SQLite in memory: releases the lock for each row that it steps to."""
    text = "select shop, sum(amount) from sale group by shop order by 2 desc limit 10"
    return _database().execute(text).fetchall()


def fetch(url="http://127.0.0.1:8099/"):
    """An HTTP request to a local server (`server.py`)."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        return len(reply.read())


def save():
    """A file written, forced to disk and removed."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(TEXT.encode())
        file.flush()
        os.fsync(file.fileno())
    return len(TEXT)


def mixed():
    """Bytecode, C code that releases the lock, and a wait."""
    total = sum(len(word) for word in TEXT.split())
    total += len(zlib.compress(TEXT[:60_000].encode(), 6))
    time.sleep(0.004)
    return total
