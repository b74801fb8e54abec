"""Calls one after another for a while, and what they took."""

import time

SHORTEST_NS = 100_000
"""Shorter calls are timed several at once: the clock costs 0.1 us or so."""


def bytecode(steps):
    """Holds the lock all the time."""
    state = 1
    for _ in range(steps):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return state


class Caller:
    """Calls the target and counts what raises."""

    def __init__(self, target):
        self._call = target.call
        self.failed = 0
        self.reason = None

    def call(self):
        try:
            self._call()
        except Exception as error:
            self.failed += 1
            self.reason = "%s: %s" % (type(error).__name__, error)


def batch_for(call):
    """So many calls make a batch that can be timed; and the time of one, in ns.

    The least of a few tries: the first calls fill caches.
    """
    least = None
    for _ in range(3):
        began = time.perf_counter_ns()
        call()
        took = time.perf_counter_ns() - began
        least = took if least is None else min(least, took)
        if least > 1_000_000_000:
            break
    batch = 1
    while least < SHORTEST_NS and batch * least < SHORTEST_NS:
        batch *= 2
        began = time.perf_counter_ns()
        for _ in range(batch):
            call()
        least = max(1, (time.perf_counter_ns() - began) // batch)
    return batch, least


def call_for(call, ns, batch):
    """Batches until `ns` have passed, at least one; the number of calls."""
    calls, until = 0, time.perf_counter_ns() + ns
    while True:
        for _ in range(batch):
            call()
        calls += batch
        if time.perf_counter_ns() >= until:
            return calls
