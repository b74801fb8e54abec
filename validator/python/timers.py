"""Calls at instants of the monotonic clock, on the thread that generates load."""

import heapq
import itertools
import threading
import time


class ThreadTimers:
    """Runs on the calling thread; greenlets too, where threads are patched."""

    def __init__(self):
        self._heap = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False

    def at(self, instant, call):
        """Has `call()` made at `instant`; from any thread."""
        with self._changed:
            heapq.heappush(self._heap, (instant, next(self._order), call))
            self._changed.notify()

    def stop(self):
        """Lets `run` return; from any thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def run(self):
        """Makes the calls, each when its time has come, until stopped."""
        while True:
            call = self._next()
            if call is None:
                return
            call()

    def _next(self):
        with self._changed:
            while not self._stopped:
                if not self._heap:
                    self._changed.wait()
                    continue
                left = self._heap[0][0] - time.monotonic_ns()
                if left <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(left / 1e9)
            return None


class LoopTimers:
    """The same on an event loop, whose thread it is all called from."""

    def __init__(self, loop):
        self._loop = loop
        self._done = loop.create_future()

    def at(self, instant, call):
        self._loop.call_later(max(0, instant - time.monotonic_ns()) / 1e9, self._guard, call)

    def stop(self):
        if not self._done.done():
            self._done.set_result(None)

    def run(self):
        self._loop.run_until_complete(self._done)

    def _guard(self, call):
        # A loop only logs what a callback raises.
        try:
            call()
        except BaseException as error:
            if not self._done.done():
                self._done.set_exception(error)
