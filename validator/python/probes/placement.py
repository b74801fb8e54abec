"""Where a thread wakes whose core is taken while another one idles.

Two processes sleep until this one writes to their pipe, in turn, compute for a
while where they woke and sleep again; this one goes on for a moment after the
write. Of the wake-ups on the core that the process itself ran on last:

`found`   1 if it ran on another core, which idled, 0 if it stayed.
"""

import ctypes
import os
import struct
import time

import probe

TURN = struct.Struct("<ii")
CHILDREN = 2
TURNS = 160
PAUSE_S = 0.006
"""Longer than a child computes: nobody else runs when it is woken."""
SPIN_NS = 400_000
WORK_NS = 2_500_000

here = ctypes.CDLL(None).sched_getcpu


def spin(ns):
    until = time.monotonic_ns() + ns
    while time.monotonic_ns() < until:
        pass


def serve(source, sink):
    """Says on which core each turn began and ended."""
    for _ in range(TURNS // CHILDREN):
        os.read(source, 1)
        began = here()
        spin(WORK_NS)
        os.write(sink, TURN.pack(began, here()))


def measure():
    cores = probe.cores()
    if len(cores) < 2:
        return
    ends = []
    for _ in range(CHILDREN):
        (there, out), (back, home) = os.pipe(), os.pipe()
        ends.append((out, back, probe.child(serve, there, home)))
    homes = [None] * CHILDREN
    for turn in range(TURNS):
        out, back, _ = ends[turn % CHILDREN]
        time.sleep(PAUSE_S)
        mine = here()
        os.write(out, b".")
        spin(SPIN_NS)
        time.sleep(PAUSE_S)
        began, ended = TURN.unpack(os.read(back, TURN.size))
        if homes[turn % CHILDREN] == mine:
            probe.say("found", float(began != mine))
        homes[turn % CHILDREN] = ended
    for _, _, result in ends:
        result()


if __name__ == "__main__":
    probe.main(measure)
