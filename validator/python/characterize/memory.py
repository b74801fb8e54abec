"""What a call holds while it runs, what the allocator keeps, what leaks."""

import ctypes
import gc
import time

from . import meters
from .blocks import Caller

WARM = 3
CHECKPOINTS = 24


def run(spec, target, answers):
    target.first_call(answers)
    caller, trim = Caller(target), trimmer()
    for _ in range(WARM):
        caller.call()
    held = [hold(target, caller, trim) for _ in range(spec["repeats"])]
    answers.write("memory", held=held, checkpoints=leak(caller, trim, spec["budget_ns"]))


def hold(target, caller, trim):
    """Of one call: memory above what was there before it, and left after it."""
    gc.collect()
    trim()
    before = meters.resident_bytes()
    meters.forget_peak()
    caller.call()
    return {"peak": meters.peak_bytes() - before, "left": meters.resident_bytes() - before}


def leak(caller, trim, budget_ns):
    """Pairs of calls so far and private memory, with garbage and caches gone."""
    per_point, made, points = 1, 0, []
    until = time.perf_counter_ns() + budget_ns
    slice_ns = budget_ns // CHECKPOINTS
    while len(points) < 4 or (len(points) < CHECKPOINTS and time.perf_counter_ns() < until):
        began = time.perf_counter_ns()
        for _ in range(per_point):
            caller.call()
        made += per_point
        took = time.perf_counter_ns() - began
        gc.collect()
        trim()
        points.append((made, meters.private_bytes()))
        if len(points) == 1:
            # The same number of calls between all that follow.
            per_point = max(1, min(100_000, int(slice_ns / max(1, took))))
    return points


def trimmer():
    """Has the allocator of the C library give back what it can."""
    try:
        give_back = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return lambda: None
    return lambda: give_back(0)
