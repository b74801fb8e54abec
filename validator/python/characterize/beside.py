"""Calls beside threads that spin, each of which wants the lock all the time.

While a spinner gets no time, somebody else has the lock. The first spinner
looks at the clock without end, so it knows each stretch that it was without the
lock: a hold of the calling thread and the two hand-overs around it. What the
hand-overs take is seen on two callables that are known: a sleep, which holds the
lock for next to nothing and gives it up, and bytecode, which holds it all the
time and has to be asked.
"""

import resource
import sys
import threading
import time

from . import meters
from .blocks import Caller, batch_for, bytecode, call_for

SHORTEST_NS = 10_000
"""Stretches below this are interrupts."""
SLEEP_S = 0.0003


KNOWN = {"sleep": lambda: time.sleep(SLEEP_S), "bytecode": lambda: bytecode(20_000)}


def run(spec, target, answers):
    target.first_call(answers)
    caller = Caller(target)
    batch, _ = batch_for(caller.call)
    until = time.perf_counter_ns() + spec["budget_ns"]
    cells = [(cell[0], cell[1]) for cell in spec["cells"]]
    for repeat in range(spec["repeats"]):
        # Every other time in reverse, so that a drift hits all alike.
        for number, interval in cells if repeat % 2 == 0 else reversed(cells):
            if number > 1 and repeat >= spec["crowded_repeats"]:
                continue
            if repeat and time.perf_counter_ns() > until:
                break
            if number == 1 and repeat % 2 == 0:
                for what, known in KNOWN.items():
                    found = block(known, 1, 1, interval, spec["block_ns"])
                    answers.write("beside", what=what, **found)
            found = block(caller.call, batch, number, interval, spec["block_ns"])
            answers.write("beside", what="target", **found)


def block(call, batch, number, interval, ns):
    """One block of calls beside `number` spinners."""
    sys.setswitchinterval(interval / 1e9)
    spinners = [Spinner(watch=index == 0) for index in range(number)]
    ids = [threading.get_native_id()] + [spinner.id for spinner in spinners]
    waits = [meters.core_wait_ns(thread) for thread in ids]
    cpu = [spinner.cpu_ns() for spinner in spinners]
    began, own = time.perf_counter_ns(), time.thread_time_ns()
    calls = call_for(call, ns, batch)
    ended, own = time.perf_counter_ns(), time.thread_time_ns() - own
    cpu = [spinner.cpu_ns() - before for spinner, before in zip(spinners, cpu)]
    waits = [meters.core_wait_ns(thread) - before for thread, before in zip(ids, waits)]
    for spinner in spinners:
        spinner.stop()
    return {
        "spinners": number,
        "interval": interval,
        "calls": calls,
        "elapsed": ended - began,
        "own_cpu": own,
        "core_wait": waits[0],
        "spinner_cpu": sum(cpu),
        "spinner_core_wait": sum(waits[1:]),
        "gaps": clipped(spinners[0].gaps, began, ended) if number == 1 else [],
    }


def clipped(gaps, began, ended):
    """Lengths of the stretches within the block."""
    lengths = [min(end, ended) - max(start, began) for start, end in gaps]
    return [length for length in lengths if length > 0]


class Spinner:
    """A thread that runs bytecode until told to stop."""

    def __init__(self, watch):
        self.gaps = []
        self._go_on = True
        self._spins = threading.Event()
        work = self._watch if watch else self._spin
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
        self._clock = time.pthread_getcpuclockid(self._thread.ident)
        self.id = self._thread.native_id
        self._spins.wait()

    def cpu_ns(self):
        return time.clock_gettime_ns(self._clock)

    def stop(self):
        self._go_on = False
        self._thread.join()

    def _spin(self):
        self._spins.set()
        count = 0
        while self._go_on:
            count += 1

    def _watch(self):
        clock, add = time.perf_counter_ns, self.gaps.append
        self._spins.set()
        slept = self._slept()
        last = clock()
        while self._go_on:
            now = clock()
            if now - last > SHORTEST_NS:
                # One that lost a core, not the lock, has not gone to sleep.
                before, slept = slept, self._slept()
                if slept > before:
                    add((last, now))
            last = now
        add((last, clock()))

    @staticmethod
    def _slept():
        return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
