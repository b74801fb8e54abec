"""What taking the interpreter lock again costs a thread beside threads that spin.

`python matrix.py REPEATS LENGTH SPINNERS INTERVAL...`: SPINNERS is a list like
0,1,2,4; LENGTH, of a block of calls, and each INTERVAL are in ns. Prints lines of JSON as
they land: whether there is a lock, blocks with times in ns, and races. All cells
are measured once before any is measured again, every other time in reverse
order.
"""

import json
import os
import sys
import threading
import time

# A wait of which half an interval is over was for the lock.
LOST = 0.5


def core_wait_ns(thread):
    """How long that thread has been ready to run without a core."""
    try:
        with open("/proc/self/task/%d/schedstat" % thread) as file:
            return int(file.read().split()[1])
    except OSError:  # a kernel without schedstat
        return 0


class Spinners:
    """Threads that run bytecode until told to stop, and note each gap in it."""

    def __init__(self, count, gap):
        self._go_on = True
        self._gap = gap
        self.gaps = []
        spin = threading.Thread
        self._threads = [spin(target=self._spin, args=(i,)) for i in range(count)]
        for thread in self._threads:
            thread.start()

    def core_wait(self):
        return sum(core_wait_ns(thread.native_id) for thread in self._threads)

    def stop(self):
        self._go_on = False
        for thread in self._threads:
            thread.join()

    def _spin(self, index):
        clock, gaps, gap = time.monotonic_ns, self.gaps, self._gap
        last = clock()
        while self._go_on:
            now = clock()
            if now - last > gap:
                gaps.append((now, index))
            last = now


def sleep():
    time.sleep(0.002)


def system_call(descriptor=os.open("/dev/zero", os.O_RDONLY)):
    os.read(descriptor, 4096)


def pipe(ends=os.pipe()):
    os.write(ends[1], b"x")
    os.read(ends[0], 1)


OPERATIONS = {"sleep": (sleep, 2_000_000), "system_call": (system_call, 0), "pipe": (pipe, 0)}


def block(name, interval, count, length):
    """One block of calls beside `count` spinners."""
    call, least = OPERATIONS[name]
    sys.setswitchinterval(interval / 1e9)
    spinners = Spinners(count, interval)
    own = threading.get_native_id()
    time.sleep(0.01)
    waits = core_wait_ns(own), spinners.core_wait()
    lost = operations = 0
    clock = time.monotonic_ns
    cpu, began = time.thread_time_ns(), clock()
    before = began
    while before - began < length:
        call()
        now = clock()
        operations += 1
        lost += now - before - least > LOST * interval
        before = now
    elapsed, cpu = before - began, time.thread_time_ns() - cpu
    core_wait = core_wait_ns(own) - waits[0]
    spinner_core_wait = spinners.core_wait() - waits[1]
    spinners.stop()
    return {
        "operation": name,
        "interval": interval,
        "spinners": count,
        "operations": operations,
        "elapsed": elapsed,
        "own_cpu": cpu,
        "lost": lost,
        "core_wait": core_wait,
        "spinner_core_wait": spinner_core_wait,
    }


def races(interval, switches=60):
    """Who follows whom among three spinners.

    The thread that dropped the lock last is the next to ask for it; that it gets
    it, rather than the third, is a race that it won.
    """
    sys.setswitchinterval(interval / 1e9)
    spinners = Spinners(3, interval * LOST)
    time.sleep(switches * interval / 1e9)
    spinners.stop()
    order = [index for _, index in sorted(spinners.gaps)]
    won = sum(a == c != b for a, b, c in zip(order, order[1:], order[2:]))
    passed = sum(len({a, b, c}) == 3 for a, b, c in zip(order, order[1:], order[2:]))
    return {"interval": interval, "won": won, "lost": passed}


def tell(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def main(repeats, length, counts, *intervals):
    counts = [int(count) for count in counts.split(",")]
    intervals = [int(interval) for interval in intervals]
    cells = [(o, i, n) for n in counts for i in intervals for o in OPERATIONS]
    tell(locked=getattr(sys, "_is_gil_enabled", lambda: True)())
    for repeat in range(int(repeats)):
        for name, interval, count in cells if repeat % 2 == 0 else cells[::-1]:
            tell(block=block(name, interval, count, int(length)))
        for interval in intervals:
            tell(races=races(interval))


if __name__ == "__main__":
    main(*sys.argv[1:])
