"""The work that segments stand for, each with one known use of lock and core.

`python`         bytecode: holds the interpreter lock, drops it when asked.
`locked_native`  one C call that keeps the lock and cannot be asked: a deque
                 that swallows an iterator, without allocating anything.
`native`         one C call that releases the lock once: key derivation, whose
                 rounds need no buffer.
`matmul`         one NumPy product, rows in proportion to the time: releases the
                 lock, runs on as many threads as BLAS was given.
`touch`          the first touch of fresh memory, for a working set or a leak.
`sleep`          `time.sleep`.
`socket_wait`    a reply from the delay server, over a connection of its own.

Faults, to see what a pool does about them: `raise`, `crash`, `hang`.
"""

import collections
import hashlib
import itertools
import os
import signal
import socket
import struct
import threading
import time


def python(steps):
    state = 1
    for _ in range(steps):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return state


def locked_native(steps):
    collections.deque(itertools.repeat(None, steps), maxlen=0)


def native(steps):
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", steps)


MATMUL_SIDE = 256
"""Columns of both factors."""
MATMUL_ROWS = 1 << 13
"""Most rows of one product; longer work is cut into several."""
_matmul = {}


def matmul(steps):
    """`steps` rows of a product with a square matrix."""
    left, right = _matmul_factors()
    while steps > 0:
        rows = min(steps, MATMUL_ROWS)
        left[:rows] @ right
        steps -= rows


def _matmul_factors():
    if "factors" not in _matmul:
        import numpy

        shapes = (MATMUL_ROWS, MATMUL_SIDE), (MATMUL_SIDE, MATMUL_SIDE)
        _matmul["factors"] = tuple(numpy.ones(shape) for shape in shapes)
    return _matmul["factors"]


PAGE = 4096


def touched(size):
    """Memory of which every page is there."""
    memory = bytearray(size)
    memory[::PAGE] = b"\x01" * len(range(0, size, PAGE))
    return memory


def touch(pages):
    """What `touched` takes; a step is a page."""
    touched(pages * PAGE)


COMPUTING = {
    "python": python,
    "locked_native": locked_native,
    "native": native,
    "matmul": matmul,
}
"""Kernels whose length is a number of steps, which must be calibrated."""
RELEASING = ("native", "matmul")
"""Those that release the lock, so that a thread of their own leaves a loop free."""


def sleep(ns):
    time.sleep(ns / 1e9)


class DelayClient:
    """Asks the delay server; a connection for each thread."""

    def __init__(self, address):
        self._address = address
        self._local = threading.local()

    def wait(self, ns):
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = socket.create_connection(self._address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
        connection.sendall(struct.pack("<Q", ns))
        if connection.recv(1) != b".":
            raise ConnectionError("the delay server closed the connection")


class Deliberate(Exception):
    """What the fault `raise` raises."""


def fault(kind):
    if kind == "raise":
        raise Deliberate("the workload asked for an exception")
    if kind == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    # `hang`, and `crash` until the signal lands.
    while True:
        time.sleep(3600)
