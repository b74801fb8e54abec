"""The program that a worker has imported, and the use that requests make of it.

The requests of the calibration's probe `sharing` run 163 of the 5569 functions of
their parent, in 24 of its 173 modules, and are of five kinds. So a request here
calls one in five functions of a fifth of one module in seven: a forked child
writes their reference counts, and comes to own their pages.
"""

import importlib
import time

MODULES = 7
"""One in so many is used."""
FUNCTIONS = 5
"""One in so many of a module that is used."""
KINDS = 5
"""Kinds of requests, each with modules of its own."""


class Program:
    """The modules that `write_program.py` has written."""

    def __init__(self):
        used = importlib.import_module("application").PARTS[::MODULES]
        called = [functions(module) for module in used]
        self._kinds = [called[kind::KINDS] for kind in range(KINDS)]
        self._served = 0

    def use(self, limit_ns):
        """Calls what a request uses, for `limit_ns` of CPU time at most; its CPU time."""
        began = time.thread_time_ns()
        kind, self._served = self._served % KINDS, self._served + 1
        spent = 0
        for called in self._kinds[kind]:
            if spent >= limit_ns:
                break
            for function in called:
                call(function)
            spent = time.thread_time_ns() - began
        return spent


def functions(module):
    """One in so many functions and classes of `module`."""
    every = [value for _, value in sorted(vars(module).items()) if callable(value)]
    return every[::FUNCTIONS]


def call(function):
    """Calls a function of the program, or the methods of a class."""
    if isinstance(function, type):
        kept = function()
        for name in vars(function):
            if name.startswith("method"):
                getattr(kept, name)("key")
    else:
        function("some", "text", option="a,b")
