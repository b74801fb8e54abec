"""multiprocessing.pool.ThreadPool: the machinery of `Pool`, with threads as workers."""

import multiprocessing.pool
import threading

import service
import timers


class Pool:
    def __init__(self, spec, setup):
        self.timers = timers.ThreadTimers()
        self._threads = spec["threads"]
        self._pool = multiprocessing.pool.ThreadPool(self._threads)
        barrier = threading.Barrier(self._threads + 1)
        for _ in range(self._threads):
            self._pool.apply_async(barrier.wait)
        barrier.wait()

    def submit(self, request, done, failed):
        self._pool.apply_async(service.serve, (request,), callback=done, error_callback=failed)

    def map(self, requests, chunk, done, failed):
        size = chunk or -(-len(requests) // (4 * self._threads))
        for reply in self._pool.imap(service.serve, requests, size):
            done(reply)

    def close(self):
        self._pool.terminate()
