"""gevent.pool.Pool: greenlets on one thread; sending waits for a free slot."""

import gevent.pool

import service
import timers


class Pool:
    def __init__(self, spec, setup):
        self.timers = timers.ThreadTimers()
        self._pool = gevent.pool.Pool(spec["threads"])

    def submit(self, request, done, failed):
        self._pool.spawn(_serve, request, done, failed)

    def map(self, requests, chunk, done, failed):
        for reply in self._pool.imap(service.serve, requests):
            done(reply)

    def close(self):
        self._pool.kill()


def _serve(request, done, failed):
    try:
        reply = service.serve(request)
    except Exception as error:
        failed(error)
    else:
        done(reply)
