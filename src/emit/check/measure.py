# ---- the load, and what was seen of it

import argparse  # noqa: E402
import bisect  # noqa: E402
import collections  # noqa: E402
import concurrent.futures  # noqa: E402
import importlib  # noqa: E402
import math  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

# When it was due, sent and finished, in s from the start; was it answered?
Seen = collections.namedtuple("Seen", "kind due sent finished ok")


def draw(random_, distribution):
    """A time, in s."""
    kind = distribution["kind"]
    if kind == "lognormal":
        return distribution["median"] * math.exp(random_.gauss(0, distribution["sigma"]))
    if kind == "one_of":
        return random_.choice(distribution["values"])
    return gap(random_, distribution["mean"], distribution["cv"])


def gap(random_, mean, cv):
    """A gamma-distributed time with that coefficient of variation."""
    return random_.gammavariate(cv**-2, mean * cv**2) if cv > 0 else mean


def arrivals(load, random_, length):
    """When requests of an open load are due, in s; up to `length`."""
    now, kind = 0.0, load["kind"]
    if kind == "gamma":
        while now < length:
            yield now
            now += gap(random_, 1 / load["rate"], load["cv"])
    elif kind == "on_off":
        on = True
        while now < length:
            end = now + random_.expovariate(1 / load["mean_on" if on else "mean_off"])
            rate = load["on_rate" if on else "off_rate"]
            while rate > 0:
                now += random_.expovariate(rate)
                if now >= min(end, length):
                    break
                yield now
            now, on = end, not on
    elif kind == "varying":
        points = load["points"]
        most = max(rate for _, rate in points)
        while now < length:
            now += random_.expovariate(most)
            if random_.random() * most < rate_at(points, now % points[-1][0]):
                yield now


def rate_at(points, at):
    """The rate between two points, linear."""
    right = min(bisect.bisect([time_ for time_, _ in points], at), len(points) - 1)
    (t0, r0), (t1, r1) = points[right - 1], points[right]
    return r0 + (r1 - r0) * (at - t0) / (t1 - t0)


def schedule(length):
    """(due in s, class) of an open load or a batch, in order."""
    load, random_ = PREDICTED["load"], random.Random(PREDICTED["seed"])
    names = [c["name"] for c in PREDICTED["classes"]]
    if load["kind"] == "replay":
        return [(at, names[which]) for at, which in load["rows"] if at < length]
    shares = [c["share"] for c in PREDICTED["classes"]]
    if load["kind"] == "batch":
        due = [0.0] * load["requests"]
    else:
        due = list(arrivals(load, random_, length))
    return [(at, random_.choices(names, shares)[0]) for at in due]


def by_threads(call, length):
    """Makes the load with a thread for each request under way.

    `call(kind)` serves one request and raises if it fails.
    """
    load, start = PREDICTED["load"], time.monotonic()

    def one(kind, due):
        sent = time.monotonic() - start
        try:
            call(kind)
            ok = True
        except Exception as error:  # a failed request is a result
            ok = repr(error)
        return Seen(kind, sent if due is None else due, sent, time.monotonic() - start, ok)

    if load["kind"] == "closed":
        return closed(one, load, length, start)
    with concurrent.futures.ThreadPoolExecutor(512) as threads:
        futures = []
        for due, kind in schedule(length):
            wait_until(start + due)
            futures.append(threads.submit(one, kind, due))
        return [future.result() for future in futures]


def closed(one, load, length, start):
    """Clients that wait for a reply, think, and send again."""
    classes = PREDICTED["classes"]
    names, shares = [c["name"] for c in classes], [c["share"] for c in classes]

    def client(number):
        random_, seen = random.Random(PREDICTED["seed"] * 1_000_003 + number), []
        while time.monotonic() - start < length:
            time.sleep(draw(random_, load["think"]))
            seen.append(one(random_.choices(names, shares)[0], None))
        return seen

    with concurrent.futures.ThreadPoolExecutor(load["clients"]) as threads:
        return [seen for list_ in threads.map(client, range(load["clients"])) for seen in list_]


def wait_until(when):
    """Sleeps until that monotonic time."""
    left = when - time.monotonic()
    if left > 0:
        time.sleep(left)


class Memory(threading.Thread):
    """Looks at the PSS of a process and all its descendants ten times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.done = pid, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            self.peak = max(self.peak, sum(map(pss, [self.pid, *descendants(self.pid)])))

    def stop(self):
        """The peak in MiB; None if nothing could be read."""
        self.done.set()
        self.join()
        return self.peak / 2**20 or None


def descendants(pid):
    """Process ids of children, their children, and so on."""
    children = collections.defaultdict(list)
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children[parent].append(int(entry))
    found, left = [], [pid]
    while left:
        new = children[left.pop()]
        found += new
        left += new
    return found


def pss(pid):
    """Proportional set size in bytes; 0 if it cannot be read."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0
