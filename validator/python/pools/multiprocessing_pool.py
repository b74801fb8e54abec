"""multiprocessing.Pool: workers take chunks from one pipe, under its lock."""

import multiprocessing

# Now, rather than while the pool starts.
import multiprocessing.pool
import multiprocessing.popen_fork
import multiprocessing.queues
import multiprocessing.synchronize

import service
import timers


class Pool:
    def __init__(self, spec, setup):
        self.timers = timers.ThreadTimers()
        self._workers = spec["workers"]
        context = multiprocessing.get_context(spec["start_method"])
        started = context.Semaphore(0)
        self._pool = context.Pool(
            self._workers, _initialize, (started, setup), maxtasksperchild=spec["max_tasks"]
        )
        for _ in range(self._workers):
            started.acquire()

    def submit(self, request, done, failed):
        self._pool.apply_async(service.serve, (request,), callback=done, error_callback=failed)

    def map(self, requests, chunk, done, failed):
        # As `map`, but each chunk is seen when it arrives.
        size = chunk or -(-len(requests) // (4 * self._workers))
        for reply in self._pool.imap(service.serve, requests, size):
            done(reply)

    def close(self):
        self._pool.terminate()


def _initialize(started, setup):
    function, arguments = setup
    function(*arguments)
    started.release()
