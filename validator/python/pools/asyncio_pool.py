"""asyncio: a task for each request, a semaphore for the number in service.

The load is generated on the same loop, as in a server that runs on it.
"""

import asyncio
import collections
import concurrent.futures

import service
import timers


class Pool:
    def __init__(self, spec, setup):
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        # For what blocks: as many threads as requests in service.
        self._loop.set_default_executor(
            concurrent.futures.ThreadPoolExecutor(spec["threads"])
        )
        self.timers = timers.LoopTimers(self._loop)
        self._slots = asyncio.Semaphore(spec["threads"])
        self._tasks = set()

    def submit(self, request, done, failed):
        self._keep(self._serve(request, done))

    def map(self, requests, chunk, done, failed):
        self._keep(self._map(requests, done))

    def close(self):
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _keep(self, coroutine):
        # The loop itself keeps only weak references to its tasks.
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, request, done):
        async with self._slots:
            reply = await service.serve_async(request)
        done(reply)

    async def _map(self, requests, done):
        async def one(request):
            async with self._slots:
                return await service.serve_async(request)

        tasks = collections.deque(self._loop.create_task(one(request)) for request in requests)
        while tasks:
            # A reply that was taken is kept no longer.
            done(await tasks.popleft())
