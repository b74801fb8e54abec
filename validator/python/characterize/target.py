"""The callable, found and made ready to be called without arguments."""

import asyncio
import importlib
import inspect
import os
import pickle
import select


FORKED_S = 1.0
"""Longest that a forked child is waited for that returns from the call."""


class Failed(Exception):
    """`phase` raised `error`."""

    def __init__(self, phase, error):
        super().__init__(phase, error)
        self.phase = phase
        self.error = error


class Target:
    """What is measured; `call()` is one call of it, by this thread.

    `spec` has the callable as `module:name`, the text of its arguments, and the
    statements that come first. Both see the names of the module.
    """

    def __init__(self, spec, answers):
        module_name, _, path = spec["target"].partition(":")
        with _phase(answers, "import"):
            self.module = importlib.import_module(module_name)
        with _phase(answers, "lookup"):
            function = self.module
            for name in path.split("."):
                function = getattr(function, name)
            if not callable(function):
                raise TypeError("%s is %r, which cannot be called" % (path, function))
        names = dict(vars(self.module))
        with _phase(answers, "setup"):
            exec(compile(spec["setup"], "<--setup>", "exec"), names)
        with _phase(answers, "arguments"):
            names["__planner__"] = lambda *args, **named: (args, named)
            text = "__planner__(%s)" % spec["args"]
            self.arguments = eval(compile(text, "<--args>", "eval"), names)
        self.function = function
        self.awaited = _is_coroutine_function(function)
        args, named = self.arguments
        if self.awaited:
            loops = _Loops()
            self.call = lambda: loops.mine().run_until_complete(function(*args, **named))
        elif named:
            self.call = lambda: function(*args, **named)
        else:
            self.call = lambda: function(*args)

    async def call_async(self):
        """One call, as a task of the running loop."""
        args, named = self.arguments
        return await self.function(*args, **named)

    def first_call(self, answers):
        """Calls once and returns the result, having made sure that it is one."""
        with _phase(answers, "call"):
            process = os.getpid()
            told, tell = os.pipe()
            result = self.call()
            if os.getpid() != process:
                os.write(tell, b"!")
                os._exit(70)
            os.close(tell)
            if select.select([told], [], [], FORKED_S)[0] and os.read(told, 1):
                raise RuntimeError("it forked, and returned in both processes")
            os.close(told)
            if inspect.isgenerator(result) or inspect.isasyncgen(result):
                raise TypeError("it returned a generator, none of which has run yet")
            if inspect.isawaitable(result):
                raise TypeError("it returned an awaitable but is no coroutine function")
        return result


class _Loops:
    """An event loop for each thread."""

    def __init__(self):
        self._by_thread = {}

    def mine(self):
        import threading

        thread = threading.get_ident()
        if thread not in self._by_thread:
            self._by_thread[thread] = asyncio.new_event_loop()
        return self._by_thread[thread]


class _phase:
    """Tells of what is being tried, and turns what it raises into `Failed`."""

    def __init__(self, answers, name):
        self._name = name
        answers.phase(name)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if error is not None:
            raise Failed(self._name, error) from error


def _is_coroutine_function(function):
    call = getattr(function, "__call__", None)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def pickled(thing):
    """Bytes that `thing` has between processes; None and why if it cannot go."""
    try:
        return pickle.dumps(thing, pickle.HIGHEST_PROTOCOL), None
    except Exception as error:
        return None, "%s: %s" % (type(error).__name__, error)
