"""What cores cost each other: the same work on one core and on all at once.

Every process is pinned to a core of its own. CPU time counts, so that whoever
else takes the core does not; what is left is what busy neighbours cost: shared
caches, memory bandwidth, clock frequency.
"""

import hashlib
import os
import statistics
import time

import probe

LENGTH_NS = 20_000_000
REPEATS = 5
_large = bytearray(1 << 24)


def copy():
    """Moves 16 MiB, more than a core's own caches hold."""
    bytes(_large)


def bytecode():
    probe.spin(5000)


def hashing():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1000)


KERNELS = [bytecode, hashing, copy]


def together(kernel, cpus):
    """CPU time of one call, in ns, with a process at work on each of `cpus`."""
    start = time.monotonic_ns() + 20_000_000
    results = [probe.child(_repeat, kernel, cpu, start) for cpu in cpus]
    return statistics.median(result() for result in results)


def _repeat(kernel, cpu, start):
    os.sched_setaffinity(0, {cpu})
    kernel()
    while time.monotonic_ns() < start:
        pass
    times = []
    # All stop by the clock, so that none is left alone at the end.
    while time.monotonic_ns() < start + LENGTH_NS:
        times.append(probe.cpu_of(kernel))
    # What others do on the host only ever makes a piece longer.
    return statistics.quantiles(times, n=4)[0] if len(times) > 1 else times[0]


def measure():
    groups = probe.siblings_of_cores()
    first = [siblings[0] for siblings in groups]
    counts = sorted({1, 2, len(first)} & set(range(1, len(first) + 1)))
    for kernel in KERNELS:
        # Alternating often: the speed of a shared host changes from moment to moment.
        for count in (counts + counts[::-1]) * REPEATS:
            probe.say(kernel.__name__, together(kernel, first[:count]), count)
    for siblings in (group for group in groups[:1] if len(group) > 1):
        for count in (1, 2, 2, 1) * REPEATS:
            probe.say("siblings", together(bytecode, siblings[:count]), count)


if __name__ == "__main__":
    probe.main(measure)
