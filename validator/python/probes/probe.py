"""What the probes share: one JSON line per observation, and the reference spin.

A probe is a program that measures one thing several times and prints every
repeat, in ns and bytes. It spins for a moment before and after: whoever reads
the observations can tell a host whose speed changed meanwhile.
"""

import json
import os
import sys
import time

SPIN_STEPS = 8000
SPINS = 25
SPIN_PAUSE = 0.004


def say(quantity, value, x=0):
    """One observation: `value` of `quantity` at the setting `x`."""
    sys.stdout.write(json.dumps({"quantity": quantity, "x": x, "value": value}) + "\n")
    sys.stdout.flush()


def spin(steps):
    """Bytecode that allocates next to nothing."""
    state = 1
    for _ in range(steps):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return state


def cpu_of(call, *arguments):
    """CPU time of this thread in one call, in ns."""
    began = time.thread_time_ns()
    call(*arguments)
    return time.thread_time_ns() - began


def main(measure):
    """Runs `measure` with the program's arguments, between two spins."""
    _spins("spin_before")
    measure(*sys.argv[1:])
    _spins("spin_after")


def _spins(name):
    spin(SPIN_STEPS)
    for _ in range(SPINS):
        # Spread over more than the bursts of a shared host last.
        time.sleep(SPIN_PAUSE)
        say(name, cpu_of(spin, SPIN_STEPS) / SPIN_STEPS)


def cores():
    """One hardware thread of each core that this process may use."""
    return [siblings[0] for siblings in siblings_of_cores()]


def siblings_of_cores():
    """The hardware threads that this process may use, core by core."""
    allowed = os.sched_getaffinity(0)
    found = {}
    for cpu in sorted(allowed):
        try:
            path = "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list" % cpu
            with open(path) as file:
                core = file.read().strip()
        except OSError:
            core = str(cpu)
        found.setdefault(core, []).append(cpu)
    return list(found.values())


def memory(process="self"):
    """Sizes of a process, in bytes: {"Rss": ..., "Pss": ..., ...}."""
    sizes = {}
    with open("/proc/%s/smaps_rollup" % process) as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and words[2] == "kB":
                sizes[words[0].rstrip(":")] = int(words[1]) * 1024
    return sizes


def private(process="self"):
    """Memory that no other process has, in bytes."""
    sizes = memory(process)
    return sizes["Private_Clean"] + sizes["Private_Dirty"]


def child(call, *arguments):
    """Runs `call` in a forked child; what it returns comes back as JSON."""
    source, sink = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            os.close(source)
            os.write(sink, json.dumps(call(*arguments)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(sink)

    def result():
        with os.fdopen(source) as file:
            text = file.read()
        _, status = os.waitpid(process, 0)
        if status != 0:
            raise RuntimeError("a child of the probe failed")
        return json.loads(text)

    return result
