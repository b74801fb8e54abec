"""Waking up: an idle core, the same core, after a timer; slices and ticks.

`own`     one write to a pipe and the read of it, by one process;
`across`  from before the write to after the read by an idle process elsewhere,
          which has slept for 2 ms;
`turn`    there and back between two processes of one core;
`sleep`   what a sleep of `x` ns takes longer than asked;
`tick`    from one tick of the clock to the next;
`request` what a thread may run before another's turn, if the kernel says so
          (`sched_getattr`, Linux 6.12 and later).
"""

import ctypes
import os
import struct
import time

import probe

STAMP = struct.Struct("<q")
SCHED_ATTR = struct.Struct("<IIQiIQQQII")
SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
MONOTONIC_COARSE = 6
PINGS = 120
PAUSE = 0.002
SLEEPS_NS = 1_000_000, 5_000_000


def own(cpu):
    os.sched_setaffinity(0, {cpu})
    source, sink = os.pipe()
    times = []
    for _ in range(PINGS):
        began = time.monotonic_ns()
        os.write(sink, STAMP.pack(began))
        os.read(source, STAMP.size)
        times.append(time.monotonic_ns() - began)
    return times


def listen(source, cpu):
    """How long each stamp took until it was here."""
    os.sched_setaffinity(0, {cpu})
    times = []
    for _ in range(PINGS):
        (sent,) = STAMP.unpack(os.read(source, STAMP.size))
        times.append(time.monotonic_ns() - sent)
    return times


def across(speaker, listener):
    source, sink = os.pipe()
    result = probe.child(listen, source, listener)
    os.sched_setaffinity(0, {speaker})
    for _ in range(PINGS):
        time.sleep(PAUSE)
        os.write(sink, STAMP.pack(time.monotonic_ns()))
    return result()


def echo(source, sink, cpu):
    os.sched_setaffinity(0, {cpu})
    for _ in range(PINGS):
        os.write(sink, os.read(source, STAMP.size))


def turns(cpu):
    (there, out), (back, home) = os.pipe(), os.pipe()
    result = probe.child(echo, there, home, cpu)
    os.sched_setaffinity(0, {cpu})
    times = []
    for _ in range(PINGS):
        began = time.monotonic_ns()
        os.write(out, STAMP.pack(began))
        os.read(back, STAMP.size)
        times.append(time.monotonic_ns() - began)
    result()
    return times


def sleeps(ns):
    times = []
    for _ in range(60):
        began = time.monotonic_ns()
        time.sleep(ns / 1e9)
        times.append(time.monotonic_ns() - began - ns)
    return times


def request():
    """The slice of this thread in ns, or 0."""
    number = SCHED_GETATTR.get(os.uname().machine)
    if number is None:
        return 0
    room = ctypes.create_string_buffer(SCHED_ATTR.size)
    if ctypes.CDLL(None).syscall(number, 0, room, SCHED_ATTR.size, 0) != 0:
        return 0
    return SCHED_ATTR.unpack(room.raw)[5]


def measure():
    cpus = probe.cores()
    probe.say("tick", time.clock_getres(MONOTONIC_COARSE) * 1e9)
    if request() > 0:
        probe.say("request", request())
    for value in own(cpus[0]):
        probe.say("own", value)
    for value in turns(cpus[0]):
        probe.say("turn", value)
    if len(cpus) > 1:
        for value in across(cpus[0], cpus[1]):
            probe.say("across", value)
    os.sched_setaffinity(0, set(cpus))
    for ns in SLEEPS_NS:
        for value in sleeps(ns):
            probe.say("sleep", value, ns)


if __name__ == "__main__":
    probe.main(measure)
