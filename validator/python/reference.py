"""How fast this machine computes, looked at now and then until killed.

`python reference.py FILE` adds lines to FILE: an instant in ns of
CLOCK_MONOTONIC, the CPU time in ns of one short piece of bytecode and of one of
C code from then on, the CPU time in ticks of the whole machine until then, and
the core that was looked at.

The cores take turns: on a shared machine each of them has a neighbour of its
own, and left alone this program would only see those that the pool leaves idle.

Bytecode and C code are looked at apart: a neighbour on the same core may double
the time of the one and leave the other as it is.
"""

import itertools
import os
import sys
import time

import kernels

PERIOD_S = 0.025
"""From one look to the next: about 2 % of a core."""
BYTECODE_STEPS = 2000
NATIVE_STEPS = 800


def cpu_of(kernel, steps):
    began = time.thread_time_ns()
    kernel(steps)
    return time.thread_time_ns() - began


def busy_ticks():
    """User, nice, system, irq, softirq and steal."""
    with open("/proc/stat") as file:
        ticks = [int(field) for field in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4]


def main(path):
    with open(path, "w", buffering=1) as file:
        for core in itertools.cycle(sorted(os.sched_getaffinity(0))):
            os.sched_setaffinity(0, {core})
            at = time.monotonic_ns()
            bytecode = cpu_of(kernels.python, BYTECODE_STEPS)
            native = cpu_of(kernels.native, NATIVE_STEPS)
            file.write("%d %d %d %d %d\n" % (at, bytecode, native, busy_ticks(), core))
            time.sleep(PERIOD_S)


if __name__ == "__main__":
    main(sys.argv[1])
