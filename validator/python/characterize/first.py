"""The first call: does it come back, with what, and what did it start?"""

import os
import pickle
import time

from . import meters
from .target import pickled

REPEATS = 5


def run(spec, target, answers):
    threads = len(meters.threads())
    began = time.perf_counter_ns()
    result = target.first_call(answers)
    took = time.perf_counter_ns() - began
    answers.write(
        "first",
        wall_ns=took,
        awaited=target.awaited,
        threads=len(meters.threads()) - threads,
        children=children(),
        arguments=size(target.arguments),
        result=size(result),
        function=size(target.function),
    )


def size(thing):
    """Bytes between processes and what packing and unpacking cost, or why not."""
    data, why = pickled(thing)
    if data is None:
        return {"bytes": None, "why": why, "pack_ns": 0, "unpack_ns": 0}
    pack = least(lambda: pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))
    try:
        unpack = least(lambda: pickle.loads(data))
    except Exception as error:
        why = "%s: %s" % (type(error).__name__, error)
        return {"bytes": None, "why": why, "pack_ns": 0, "unpack_ns": 0}
    return {"bytes": len(data), "why": None, "pack_ns": pack, "unpack_ns": unpack}


def least(call):
    """Least CPU time of a few calls."""
    times = []
    for _ in range(REPEATS):
        began = time.thread_time_ns()
        call()
        times.append(time.thread_time_ns() - began)
    return min(times)


def children():
    """Processes that it started and that are still there."""
    me, found = os.getpid(), 0
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%d/stat" % int(name)) as file:
                found += int(file.read().rpartition(")")[2].split()[1]) == me
        except (ValueError, OSError):
            continue
    return found
