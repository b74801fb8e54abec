"""What calls take with nothing else in the process.

Blocks of calls; of each call (or batch) the elapsed time and the CPU time of
this thread, and of a short piece of bytecode before it: how far the machine's
own speed goes up and down. Of each block the CPU time of all threads and of children that ended,
and how long this thread was ready without a core.
"""

import os
import sys
import time

from . import meters
from .blocks import Caller, batch_for, bytecode

STEPS = 500
"""Of the piece of bytecode: about 0.03 ms."""
MOST = 4000
"""Most calls that are kept one by one."""


def run(spec, target, answers):
    target.first_call(answers)
    caller = Caller(target)
    batch, _ = batch_for(caller.call)
    threads, failed = len(meters.threads()), caller.failed
    until = time.perf_counter_ns() + spec["budget_ns"]
    blocks, kept = [], []
    while len(blocks) < spec["least_blocks"] or time.perf_counter_ns() < until:
        blocks.append(block(caller.call, batch, spec["block_ns"], kept))
        if blocks[0]["elapsed"] > spec["budget_ns"]:
            break
    answers.write(
        "alone",
        batch=batch,
        blocks=blocks,
        calls=kept[:MOST],
        failed=caller.failed - failed,
        reason=caller.reason,
        threads=max(threads, len(meters.threads())),
        locked=locked(),
    )


def block(call, batch, ns, kept):
    """One block; to `kept`, elapsed and CPU time of each batch and its piece."""
    clock, cpu_clock = time.perf_counter_ns, time.thread_time_ns
    wait = meters.core_wait_ns()
    times, process = os.times(), time.process_time_ns()
    began, began_cpu = clock(), cpu_clock()
    spent, spent_cpu, count = 0, 0, 0
    while spent < ns:
        before = cpu_clock()
        bytecode(STEPS)
        at, at_cpu = clock(), cpu_clock()
        for _ in range(batch):
            call()
        took, took_cpu = clock() - at, cpu_clock() - at_cpu
        kept.append((took, took_cpu, at_cpu - before))
        spent, spent_cpu, count = spent + took, spent_cpu + took_cpu, count + batch
    children = os.times()
    between = cpu_clock() - began_cpu - spent_cpu
    return {
        "calls": count,
        "elapsed": spent,
        "own_cpu": spent_cpu,
        "process_cpu": time.process_time_ns() - process - between,
        "children_cpu": int(1e9 * (children[2] + children[3] - times[2] - times[3])),
        "core_wait": meters.core_wait_ns() - wait,
    }


def locked():
    """Is there an interpreter lock? An import may have turned it back on."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()
