"""The file of events: one JSON object a line, each there the moment it happened.

Lines are copied into a mapped window of the file. A `write` call would release
the interpreter lock after every request, which is a convoy of its own beside
the pool that is being measured; a copy into memory releases nothing, and what
is in the map outlives this process however it ends. The window slides, so that
the file does not count towards the memory of the pool.
"""

import json
import mmap
import os
import threading

WINDOW = 1 << 18
"""Bytes mapped at a time; a multiple of every page size."""
LONGEST = 1 << 16
"""Longest line, in bytes."""


class EventFile:
    """Append-only; any thread may write."""

    def __init__(self, path):
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        self._lock = threading.Lock()
        self._end = 0
        self._start = 0
        self._window = None
        self._slide()

    def write(self, **fields):
        """Appends one event."""
        self.write_line(json.dumps(fields))

    def write_line(self, text):
        """Appends one line that is JSON already."""
        line = text.encode() + b"\n"
        if len(line) > LONGEST:
            raise ValueError("an event of %d bytes is too long" % len(line))
        with self._lock:
            if self._end + len(line) > self._start + WINDOW:
                self._slide()
            at = self._end - self._start
            self._window[at : at + len(line)] = line
            self._end += len(line)

    def close(self):
        """Cuts off what was mapped but not written."""
        with self._lock:
            self._window.close()
            os.ftruncate(self._descriptor, self._end)
            os.close(self._descriptor)

    def _slide(self):
        start = self._end - self._end % mmap.ALLOCATIONGRANULARITY
        # Reserved now: a full disk is an error here, and a signal in the map.
        os.posix_fallocate(self._descriptor, start, WINDOW)
        if self._window is not None:
            self._window.close()
        self._window = mmap.mmap(self._descriptor, WINDOW, offset=start)
        self._start = start


def describe(error):
    """An exception in one short line."""
    text = "%s: %s" % (type(error).__name__, error)
    return " ".join(text.split())[:300]
