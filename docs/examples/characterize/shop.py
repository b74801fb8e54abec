"""A small application: what `docs/tutorial.md` sizes a pool for."""

import json
import random
import time
import zlib

RANDOM = random.Random(1)
STOCK = {"item-%d" % n: RANDOM.randint(1, 90) for n in range(2_000)}
BASKET = [RANDOM.choice(list(STOCK)) for _ in range(8_000)]


def invoice(basket=BASKET):
    """Price a basket, ask the bank, archive the result."""
    total, lines = 0, []
    for item in basket:
        total += STOCK[item]
        lines.append({"item": item, "price": STOCK[item]})
    time.sleep(0.010)  # stands for the bank
    return len(zlib.compress(json.dumps(lines).encode(), 6)), total


def application(environ, start_response):
    """WSGI: every request is an invoice."""
    answer = json.dumps(invoice()).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
