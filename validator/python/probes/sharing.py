"""How much of its parent's memory a forked child comes to own, by requests.

The parent has imported an application's worth of modules. A request uses some
of them: reference counts are written, the collector passes now and then, and
each page written to is a page of the child's own.

`pages`  private memory of the child as a share of the parent's; `x` requests
"""

import argparse
import asyncio
import collections
import concurrent.futures
import csv
import datetime
import decimal
import email.message
import html.parser
import http.client
import io
import json
import logging.config
import multiprocessing
import random
import re
import sqlite3
import statistics
import unittest.mock
import urllib.parse
import uuid
import xml.etree.ElementTree as xml

import probe

MARKS = 0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000

APPLICATION = (argparse, asyncio, concurrent.futures, email.message, html.parser, http.client)
APPLICATION += (logging.config, multiprocessing, sqlite3, unittest.mock)


def as_json(draw):
    return json.loads(json.dumps({str(n): [n, draw.random()] for n in range(40)}))


def as_csv(draw):
    rows = [[str(draw.random()) for _ in range(5)] for _ in range(20)]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return list(csv.reader(io.StringIO(out.getvalue())))


def as_xml(draw):
    root = xml.Element("list")
    for n in range(20):
        xml.SubElement(root, "item", id=str(n)).text = str(draw.random())
    return xml.fromstring(xml.tostring(root))


def as_numbers(draw):
    sample = [decimal.Decimal(draw.randrange(1000)) / 7 for _ in range(20)]
    return statistics.mean(sample), collections.Counter(sample)


def as_text(draw):
    address = "https://example.org/%s?%s" % (uuid.UUID(int=draw.getrandbits(128)), "a=1&b=2")
    parts = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    day = datetime.datetime(2026, 1, 1) + datetime.timedelta(draw.randrange(365))
    return parts, day.isoformat(), re.findall(r"[a-f]+\d", address)


KINDS = as_json, as_csv, as_xml, as_numbers, as_text


def child(shared):
    """(requests, private share) as requests are served."""
    draw = random.Random(1)
    served, found = 0, []
    for mark in MARKS:
        while served < mark:
            KINDS[served % len(KINDS)](draw)
            served += 1
        found.append((mark, probe.private() / shared))
    return found


def measure():
    shared = probe.memory()["Rss"]
    for requests, share in probe.child(child, shared)():
        probe.say("pages", share, requests)


if __name__ == "__main__":
    probe.main(measure)
