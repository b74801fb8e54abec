"""concurrent.futures.ProcessPoolExecutor: a feeder thread keeps a short queue full.

Workers start on demand, so each is given one call that returns when all are
there. With `max_tasks` that call is the first of a worker's life.
"""

import concurrent.futures

# Now, rather than while the pool starts.
import concurrent.futures.process
import multiprocessing
import multiprocessing.popen_fork
import multiprocessing.synchronize

import service
import timers
from pools import futures


class Pool(futures.ExecutorPool):
    def __init__(self, spec, setup):
        workers = spec["workers"]
        context = multiprocessing.get_context(spec["start_method"])
        barrier = context.Barrier(workers)
        _, arguments = setup
        options = {} if spec["max_tasks"] is None else {"max_tasks_per_child": spec["max_tasks"]}
        executor = concurrent.futures.ProcessPoolExecutor(
            workers,
            mp_context=context,
            initializer=service.prepare_with_barrier,
            initargs=(barrier,) + arguments,
            **options
        )
        super().__init__(executor, timers.ThreadTimers())
        self.wait_for(executor.submit(service.meet) for _ in range(workers))
