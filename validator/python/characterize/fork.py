"""Would a forked child serve? It is tried, after one call in the parent."""

import os
import time

from . import meters

POLL_S = 0.002


def run(spec, target, answers):
    imported = len(meters.threads())
    target.first_call(answers)
    threads = len(meters.threads())
    answers.phase("fork")
    answers.write("fork", imported_threads=imported, threads=threads, child=tried(target, spec))


def tried(target, spec):
    """`served`, `raised: ...`, `hung` or `died: ...`."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            target.call()
            said = b"served"
        except BaseException as error:
            said = ("raised: %s: %s" % (type(error).__name__, error)).encode()[:300]
        os.write(writer, said)
        os._exit(0)
    os.close(writer)
    until = time.monotonic() + spec["patience_ns"] / 1e9
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            said = os.read(reader, 400).decode(errors="replace")
            return said or "died: wait status %d" % status
        time.sleep(POLL_S)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "hung"
