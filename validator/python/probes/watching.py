"""How long the worker handler of `multiprocessing.Pool` looks at its workers.

`look`  CPU time of one turn of `Pool._handle_workers` while a result lies unread;
        `x` workers

The turn is the pool's own functions, called here on a pool whose own thread waits:
its pipe of results is not the one that has something in it.
"""

import multiprocessing
import multiprocessing.pool
import time

import probe

WORKERS = 1, 2, 4, 8
LOOKS = 50
REPEATS = 20


def looks(pool, unread, notifier):
    """CPU time of a turn, in ns."""
    workers = pool._pool
    began = time.thread_time_ns()
    for _ in range(LOOKS):
        pool._join_exited_workers(workers)
        sentinels = [each.sentinel for each in workers]
        multiprocessing.connection.wait([*sentinels, unread, notifier._reader])
        notifier.empty()
    return (time.thread_time_ns() - began) / LOOKS


def measure():
    context = multiprocessing.get_context("fork")
    unread, sink = context.Pipe(duplex=False)
    sink.send(None)
    for count in WORKERS:
        notifier = context.SimpleQueue()
        with context.Pool(count) as pool:
            pool.map(abs, range(2 * count))
            for _ in range(REPEATS):
                probe.say("look", looks(pool, unread, notifier), count)


if __name__ == "__main__":
    probe.main(measure)
