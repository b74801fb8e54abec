"""What a worker does with a request: one segment after another.

A request is (index, class, segment times in ns, payload). A reply is (index,
started, finished, CPU time or None, process, thread, fault or None, body), all
times in ns of CLOCK_MONOTONIC, which all processes of a machine share.
"""

import asyncio
import os
import threading
import time

import calibration
import events
import kernels
import program

COOPERATIVE = (
    "asyncio",
    "gevent-pool",
    "eventlet-green-pool",
    "gunicorn-gevent",
    "uvicorn",
)
"""Pools in which a thread serves several requests at once."""
USED = 4
"""A request's bytecode is the program's own for one part in so many at most."""


class Application:
    """What a process of the pool holds: the classes, and how long steps take."""

    def __init__(self, spec, rates):
        self.classes = spec["classes"]
        self.cooperative = spec["pool"] in COOPERATIVE
        self.to_thread = spec["to_thread"]
        self.rates = rates
        self.leaked = []
        server = spec["delay_server"]
        self.delay = kernels.DelayClient(tuple(server)) if server else None
        began = time.thread_time_ns()
        self.program = program.Program() if spec["import_bytes"] else None
        # What is left of the time that importing is to take.
        while time.thread_time_ns() - began < spec["import_ns"]:
            kernels.python(1000)
        self.import_ns = spec["import_ns"]
        self.import_cpu_ns = time.thread_time_ns() - began

    def run(self, kind, ns):
        """One segment, by blocking."""
        if kind in kernels.COMPUTING:
            if kind == "python" and self.program is not None:
                ns -= self.program.use(ns // USED)
            if ns > 0:
                kernels.COMPUTING[kind](calibration.steps_for(self.rates[kind], ns))
        elif kind == "sleep":
            kernels.sleep(ns)
        elif kind == "socket_wait":
            self.delay.wait(ns)
        else:
            kernels.fault(kind)


_application = None


def prepare(spec, rates):
    """Imports the application, unless a fork brought it along."""
    global _application
    if _application is None:
        _application = Application(spec, rates)


def import_overrun_ns():
    """CPU time by which importing the application took longer than it was to."""
    return max(0, _application.import_cpu_ns - _application.import_ns)


def calls(kind, times):
    """The kernels to call, each with its time."""
    for segment, ns in zip(kind["segments"], times):
        for _ in range(segment["parts"]):
            yield segment["kernel"], ns // segment["parts"]


def serve(request):
    """Serves `request` in this thread."""
    app, (index, number, times, _payload) = _application, request
    kind = app.classes[number]
    cpu = None if app.cooperative else time.thread_time_ns()
    started = time.monotonic_ns()
    fault = None
    try:
        working_set = kernels.touched(kind["working_set_bytes"])
        if kind["leak_bytes"]:
            app.leaked.append(kernels.touched(kind["leak_bytes"]))
        for kernel, ns in calls(kind, times):
            app.run(kernel, ns)
        del working_set
    except Exception as error:
        fault = events.describe(error)
    finished = time.monotonic_ns()
    if cpu is not None:
        cpu = time.thread_time_ns() - cpu
    return _reply(index, started, finished, cpu, fault, kind)


async def serve_async(request):
    """Serves `request` as a task of an event loop: waits let others run."""
    app, (index, number, times, _payload) = _application, request
    kind = app.classes[number]
    started = time.monotonic_ns()
    fault = None
    try:
        working_set = kernels.touched(kind["working_set_bytes"])
        if kind["leak_bytes"]:
            app.leaked.append(kernels.touched(kind["leak_bytes"]))
        for kernel, ns in calls(kind, times):
            if kernel == "sleep":
                await asyncio.sleep(ns / 1e9)
            elif kernel == "socket_wait" or (app.to_thread and kernel in kernels.RELEASING):
                # The client of the delay server blocks.
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(None, app.run, kernel, ns)
            else:
                app.run(kernel, ns)
        del working_set
    except Exception as error:
        fault = events.describe(error)
    return _reply(index, started, time.monotonic_ns(), None, fault, kind)


def _reply(index, started, finished, cpu, fault, kind):
    body = bytes(kind["response_bytes"]) if fault is None else b""
    where = os.getpid(), threading.get_native_id()
    return (index, started, finished, cpu) + where + (fault, body)


_barrier = None


def prepare_with_barrier(barrier, spec, rates):
    """As `prepare`; `meet` then waits at `barrier`."""
    global _barrier
    _barrier = barrier
    prepare(spec, rates)


def meet():
    """Returns once every slot of the pool is here: none had two turns."""
    _barrier.wait()
