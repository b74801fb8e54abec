"""What a question found, one JSON object a line, in a file of its own.

Standard output and error belong to the callable.
"""

import json
import os
import traceback

MOST_FRAMES = 3


class Answers:
    """Written by this process only: a forked child that comes here is ended."""

    def __init__(self, path):
        self._path = path
        self._process = os.getpid()

    def write(self, event, **fields):
        if os.getpid() != self._process:
            os._exit(70)
        line = json.dumps(dict(fields, event=event)) + "\n"
        # Opened each time: the callable may close what it did not open.
        with open(self._path, "a") as file:
            file.write(line)

    def phase(self, name):
        """What is being tried now, should it never come back."""
        self.write("phase", phase=name)

    def failed(self, phase, error):
        """What was tried raised `error`."""
        frames = traceback.extract_tb(error.__traceback__)
        theirs = [frame for frame in frames if not _ours(frame.filename)]
        where = ["%s:%s in %s" % (f.filename, f.lineno, f.name) for f in theirs[-MOST_FRAMES:]]
        if isinstance(error, SyntaxError) and error.filename:
            where.append("%s:%s: %s" % (error.filename, error.lineno, (error.text or "").strip()))
        self.write("failed", phase=phase, error=describe(error), kind=kind(error), where=where)


def kind(error):
    """What sort of failure, for whoever explains it."""
    if isinstance(error, MemoryError):
        return "memory"
    return "exit" if isinstance(error, SystemExit) else "raised"


def describe(error):
    """An exception in one line."""
    text = "%s: %s" % (type(error).__name__, error)
    return " ".join(text.split())[:300]


def _ours(filename):
    frozen = filename.startswith("<frozen ")
    return frozen or os.path.dirname(filename) == os.path.dirname(__file__)
