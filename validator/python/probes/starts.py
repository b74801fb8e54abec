"""Starting and ending processes and threads, as multiprocessing does it.

`fork`         CPU time of the parent that forks a child; `x` its resident bytes
`child`        CPU time of that child until it says that it is ready
`exec`         CPU time of the parent that spawns a child
`interpreter`  CPU time of that child until it is in the function to be run
`thread`       CPU time of starting one thread
`stop`         from the message that ends an idle child until it is gone; `x` is
               0 if it was forked and 1 if it was spawned
"""

import multiprocessing
import os
import threading
import time

import probe

FORKS = 8
SPAWNS = 3
THREADS = 40
SIZES = 0, 100 << 20, 300 << 20
OBJECT = 480


def serve(connection):
    """Ready, then idle until told to end."""
    connection.send(time.process_time_ns())
    connection.recv()


def start(context):
    """CPU times of parent and child, and the time that the end took."""
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,))
    launch = probe.cpu_of(process.start)
    there.close()
    ready = here.recv()
    began = time.monotonic_ns()
    here.send(None)
    process.join()
    return launch, ready, time.monotonic_ns() - began


def forks():
    context = multiprocessing.get_context("fork")
    ballast = []
    start(context)
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for size in SIZES:
        if size > available // 3:
            break
        while len(ballast) * (OBJECT + 32) < size:
            ballast.extend(bytes(OBJECT) for _ in range(10_000))
        resident = probe.memory()["Rss"]
        for _ in range(FORKS):
            launch, ready, stop = start(context)
            probe.say("fork", launch, resident)
            if size == 0:
                probe.say("child", ready)
                probe.say("stop", stop, 0)


def spawns():
    context = multiprocessing.get_context("spawn")
    # The first starts the resource tracker as well.
    start(context)
    for _ in range(SPAWNS):
        launch, ready, stop = start(context)
        probe.say("exec", launch)
        probe.say("interpreter", ready)
        probe.say("stop", stop, 1)


def threads():
    for _ in range(5):
        gate = threading.Event()
        workers = [threading.Thread(target=gate.wait) for _ in range(THREADS)]
        began = time.process_time_ns()
        for worker in workers:
            worker.start()
        probe.say("thread", (time.process_time_ns() - began) / THREADS)
        gate.set()
        for worker in workers:
            worker.join()


def measure():
    spawns()
    threads()
    forks()


if __name__ == "__main__":
    probe.main(measure)
