"""How many calls several threads, processes or tasks make in a while.

Before and after, the callable is called alone: how fast the machine is at its
kind of work just then.
"""

import asyncio
import contextlib
import multiprocessing
import threading
import time

from .answers import Answers
from .target import Target


def run(spec, target, answers):
    target.first_call(answers)
    answers.phase("together")
    count, work = spec["count"], {"threads": threads, "processes": processes, "tasks": tasks}
    before = alone(target.call, spec)
    workers = work[spec["kind"]](spec, target, count)
    after = alone(target.call, spec)
    began = max(worker["began"] for worker in workers)
    ended = min(began + spec["window_ns"], min(worker["ends"][-1] for worker in workers))
    batches = sum(calls_within(worker, began, ended) for worker in workers)
    batch = 1 if spec["kind"] == "tasks" else spec["batch"]
    answers.write(
        "together",
        kind=spec["kind"],
        count=count,
        began=began,
        ended=ended,
        calls=batches * batch,
        alone_cpu_ns=[before, after],
    )


def calls_within(worker, began, ended):
    """Batches of calls, those at the ends in part: as much as was within."""
    total, start = 0.0, worker["began"]
    for end in worker["ends"]:
        inside = min(end, ended) - max(start, began)
        if inside > 0:
            total += inside / (end - start)
        start = end
    return total


def alone(call, spec):
    """CPU time of one call by this thread alone, in ns."""
    began, calls = time.thread_time_ns(), 0
    until = time.perf_counter_ns() + spec["alone_ns"]
    while calls == 0 or time.perf_counter_ns() < until:
        for _ in range(spec["batch"]):
            with contextlib.suppress(Exception):
                call()
        calls += spec["batch"]
    return (time.thread_time_ns() - began) / calls


def loop(call, batch, window_ns):
    """Calls from now until the window has passed; the last one ends after it."""
    clock = time.perf_counter_ns
    began, ends = clock(), []
    until, now = began + window_ns + window_ns // 4, began
    while now < until:
        for _ in range(batch):
            with contextlib.suppress(Exception):
                call()
        now = clock()
        ends.append(now)
    return {"began": began, "ends": ends}


def threads(spec, target, count):
    barrier, found = threading.Barrier(count), []

    def work():
        # An event loop, a connection, a cache: what a thread's first call makes.
        target.call()
        barrier.wait()
        found.append(loop(target.call, spec["batch"], spec["window_ns"]))

    crew = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return complete(found, count)


def processes(spec, target, count):
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(count), context.SimpleQueue()
    crew = [
        context.Process(target=serve, args=(spec, barrier, found), daemon=True)
        for _ in range(count)
    ]
    for process in crew:
        process.start()
    return [found.get() for _ in crew]


def serve(spec, barrier, found):
    """A process of its own."""
    target = Target(spec, Answers("/dev/null"))
    target.call()
    barrier.wait()
    found.put(loop(target.call, spec["batch"], spec["window_ns"]))


def tasks(spec, target, count):
    clock, window = time.perf_counter_ns, spec["window_ns"]

    async def work():
        began, ends = clock(), []
        until, now = began + window + window // 4, began
        while now < until:
            with contextlib.suppress(Exception):
                await target.call_async()
            now = clock()
            ends.append(now)
        return {"began": began, "ends": ends}

    async def all_of_them():
        return await asyncio.gather(*[work() for _ in range(count)])

    return asyncio.run(all_of_them())


def complete(found, count):
    if len(found) != count:
        raise RuntimeError("%d of %d threads ended early" % (count - len(found), count))
    return found
