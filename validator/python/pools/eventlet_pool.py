"""eventlet.GreenPool: green threads on one thread; sending waits for a free slot."""

import eventlet

import service
import timers


class Pool:
    def __init__(self, spec, setup):
        self.timers = timers.ThreadTimers()
        self._pool = eventlet.GreenPool(spec["threads"])

    def submit(self, request, done, failed):
        self._pool.spawn_n(_serve, request, done, failed)

    def map(self, requests, chunk, done, failed):
        for reply in self._pool.imap(service.serve, requests):
            done(reply)

    def close(self):
        pass


def _serve(request, done, failed):
    try:
        reply = service.serve(request)
    except Exception as error:
        failed(error)
    else:
        done(reply)
