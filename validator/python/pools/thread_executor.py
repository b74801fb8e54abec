"""concurrent.futures.ThreadPoolExecutor: threads take futures from one queue.

On a build without the interpreter lock this is the pool of free threads.
"""

import concurrent.futures

# Now, rather than while the pool starts.
import concurrent.futures.thread
import threading

import timers
from pools import futures


class Pool(futures.ExecutorPool):
    def __init__(self, spec, setup):
        threads = spec["threads"]
        executor = concurrent.futures.ThreadPoolExecutor(threads)
        super().__init__(executor, timers.ThreadTimers())
        # Threads start on demand: each call waits until every thread has one.
        barrier = threading.Barrier(threads)
        self.wait_for(executor.submit(barrier.wait) for _ in range(threads))
