"""What the two executors of concurrent.futures have in common."""

import service


class ExecutorPool:
    def __init__(self, executor, timers):
        self.timers = timers
        self._executor = executor

    def wait_for(self, calls):
        for call in list(calls):
            call.result()

    def submit(self, request, done, failed):
        def finished(future):
            error = future.exception()
            if error is None:
                done(future.result())
            else:
                failed(error)

        self._executor.submit(service.serve, request).add_done_callback(finished)

    def map(self, requests, chunk, done, failed):
        for reply in self._executor.map(service.serve, requests, chunksize=chunk or 1):
            done(reply)

    def close(self):
        self._executor.shutdown()
