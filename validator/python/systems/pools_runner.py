"""Runs one pool of the published comparison with one of its two jobs.

`python pools_runner.py SPEC FILE`: SPEC is JSON, FILE gets the records. For each
number of jobs a new pool serves `list(pool.map(job, range(n)))`; the time from
asking for the pool to the last result is one point.
"""

import json
import sys
import time

SPEC = json.loads(sys.argv[1]) if __name__ == "__main__" else {}
if SPEC.get("pool") == "gevent-pool":
    import gevent.monkey

    gevent.monkey.patch_all()
elif SPEC.get("pool") == "eventlet-green-pool":
    import eventlet

    eventlet.monkey_patch()

import gc
import multiprocessing
import multiprocessing.pool
import subprocess
from cmath import sqrt
from concurrent.futures import ThreadPoolExecutor

import requests

from records import Records

SERVER = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer.request_queue_size = 128
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
"""


def compute(number):
    """Three nested square roots."""
    return sqrt(sqrt(sqrt(number)))


def network(url):
    """A page of a server on this machine, by a session of its own."""
    with requests.Session() as session:
        return session.get(url, timeout=30).status_code


def five_pools(spec):
    """What makes the pool in question."""
    threads, processes = spec["threads"], spec["processes"]
    if spec["pool"] == "gevent-pool":
        import gevent.pool

        return lambda: gevent.pool.Pool(threads)
    if spec["pool"] == "eventlet-green-pool":
        import eventlet

        return lambda: GreenPool(eventlet.GreenPool(threads))
    if spec["pool"] == "multiprocessing-pool":
        return lambda: multiprocessing.get_context("spawn").Pool(processes)
    if spec["pool"] == "multiprocessing-thread-pool":
        return lambda: multiprocessing.pool.ThreadPool(threads)
    return lambda: ThreadPoolExecutor(threads)


class GreenPool:
    """eventlet calls its `map` otherwise."""

    def __init__(self, pool):
        self.map = pool.imap


def close(pool):
    """Ends what does not end with its last reference."""
    if hasattr(pool, "terminate"):
        pool.terminate()
        pool.join()
    elif hasattr(pool, "shutdown"):
        pool.shutdown()


def point(make, job, arguments, records):
    """One number of jobs on a new pool."""
    gc.collect()
    blocks = sys.getallocatedblocks()
    began = time.monotonic_ns()
    pool = make()
    results = list(pool.map(job, arguments))
    ended = time.monotonic_ns()
    blocks = sys.getallocatedblocks() - blocks
    records.add(
        event="point", jobs=len(results), at=began, elapsed_ns=ended - began, blocks=blocks
    )
    close(pool)


def alone(job, argument, calls):
    """Time of a call without a pool."""
    began = time.monotonic_ns()
    for _ in range(calls):
        job(argument)
    return (time.monotonic_ns() - began) / calls


def main(spec, path):
    records = Records(path)
    records.application()
    server, job, arguments = None, compute, range
    if spec["job"] == "network":
        command = [sys.executable, "-c", SERVER]
        server = subprocess.Popen(command, stdout=subprocess.PIPE)
        url = "http://127.0.0.1:%d/" % int(server.stdout.readline())
        records.add(event="server", pid=server.pid)
        job, arguments = network, lambda count: [url] * count
    records.add(event="alone", call_ns=alone(job, arguments(1)[0], spec["calls"]))
    make = five_pools(spec)
    records.add(event="begin", at=time.monotonic_ns())
    for count in spec["counts"]:
        point(make, job, arguments(count), records)
    records.add(event="end", at=time.monotonic_ns())
    if server:
        server.kill()
        server.wait()
    records.close()


if __name__ == "__main__":
    main(SPEC, sys.argv[2])
