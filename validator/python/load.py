"""Sends the rows of a trace to a pool and writes one record for each.

Open loads send at the instants of the trace, whatever the replies do, and count
from those instants even when the sending itself came late. A pool that makes
its caller wait for a free slot delays what is sent, not what is counted.
"""

import json
import threading
import time

import events

RECORD = (
    '{"event":"request","request":%d,"class":%d,"scheduled":%d,"submitted":%d,'
    '"started":%s,"finished":%s,"received":%d,"cpu":%s,"worker":%s,"thread":%s,"outcome":%s}'
)


def replay(spec, rows, pool, log):
    """Serves all of `rows`; returns when every request has its record."""
    replies = Replies(spec["classes"], rows, pool.timers, log)
    origin = time.monotonic_ns()
    log.write(event="origin", at=origin)
    load = spec["load"]
    if load["kind"] == "none":
        return replies.counts
    if load["kind"] == "open":
        send_open(rows, origin, pool, replies)
    elif load["kind"] == "closed":
        Closed(rows, pool, replies).start(load["clients"], origin)
    else:
        send_batch(rows, origin, load["chunk"], pool, replies)
    pool.timers.run()
    return replies.counts


class Replies:
    """What was sent, and what came back."""

    def __init__(self, classes, rows, timers, log):
        self.payloads = [bytes(each["request_bytes"]) for each in classes]
        self.retains = [each["retain"] for each in classes]
        self.rows = rows
        self.timers = timers
        self.log = log
        self.sent = [None] * len(rows)
        self.kept = []
        self.counts = {"served": 0, "failed": 0}
        self.on_reply = None
        self._lock = threading.Lock()

    def request(self, index, scheduled):
        """The request of row `index`, counted as sent now."""
        _, number, times = self.rows[index]
        self.sent[index] = scheduled, time.monotonic_ns()
        return index, number, times, self.payloads[number]

    def received(self, reply):
        """The pool's answer to a request: what `service.serve` returned."""
        index, started, finished, cpu, worker, thread, fault, body = reply
        if self.retains[self.rows[index][1]]:
            self.kept.append(body)
        where = started, finished, "null" if cpu is None else cpu, worker, thread
        self._record(index, where, "ok" if fault is None else {"exception": fault})

    def refused(self, index, error):
        """The pool gave request `index` up."""
        outcome = {"pool": events.describe(error)}
        self._record(index, ("null",) * 5, outcome)

    def _record(self, index, where, outcome):
        started, finished, cpu, worker, thread = where
        scheduled, submitted = self.sent[index]
        number, now, said = self.rows[index][1], time.monotonic_ns(), json.dumps(outcome)
        head = index, number, scheduled, submitted, started, finished, now
        self.log.write_line(RECORD % (head + (cpu, worker, thread, said)))
        with self._lock:
            self.counts["served" if outcome == "ok" else "failed"] += 1
            last = sum(self.counts.values()) == len(self.rows)
        if last:
            self.timers.stop()
        elif self.on_reply is not None:
            self.on_reply()


def submit(pool, replies, index, scheduled):
    request = replies.request(index, scheduled)
    try:
        pool.submit(request, replies.received, lambda error: replies.refused(index, error))
    except Exception as error:
        replies.refused(index, error)


def send_open(rows, origin, pool, replies):
    """Each request at its instant; those that are due already, at once."""

    def send_from(index):
        while index < len(rows):
            instant = origin + rows[index][0]
            if instant > time.monotonic_ns():
                pool.timers.at(instant, lambda: send_from(index))
                return
            submit(pool, replies, index, instant)
            index += 1

    pool.timers.at(origin, lambda: send_from(0))


class Closed:
    """Clients that think, send, and wait for the reply; rows go to whoever is next."""

    def __init__(self, rows, pool, replies):
        self._rows = rows
        self._pool = pool
        self._replies = replies
        self._next = 0
        self._lock = threading.Lock()
        replies.on_reply = self.think

    def start(self, clients, origin):
        for _ in range(clients):
            self.think(origin)

    def think(self, since=None):
        """A client thinks as long as the next row says, then sends it."""
        with self._lock:
            index = self._next
            self._next += 1
        if index < len(self._rows):
            since = time.monotonic_ns() if since is None else since
            instant = since + self._rows[index][0]
            self._pool.timers.at(
                instant, lambda: submit(self._pool, self._replies, index, instant)
            )


def send_batch(rows, origin, chunk, pool, replies):
    """All at once, through the pool's own ordered map."""

    def send():
        requests = [replies.request(index, origin) for index in range(len(rows))]
        arrived = iter(range(len(rows)))

        def received(reply):
            next(arrived)
            replies.received(reply)

        def failed(error):
            for index in arrived:
                replies.refused(index, error)

        try:
            pool.map(requests, chunk, received, failed)
        except Exception as error:
            failed(error)

    pool.timers.at(origin, send)
