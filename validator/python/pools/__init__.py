"""The real pools, one file each, behind one small interface.

A pool is made from the spec and an initializer (function, arguments) for each
of its processes, and is ready once it is made. It has

`timers`                            where the load is generated;
`submit(request, done, failed)`     later calls `done(reply)`, or `failed(error)`
                                    if the pool gave the request up; may block;
`map(requests, chunk, done, failed)` the pool's own map, replies in order;
`close()`                           ends the workers.

One whose processes are not this one's own children also has `began` and
`ready`, the instants of its start, and `beside_ns()`, CPU time that was spent
for it but is not its own.
"""

import importlib

FILES = {
    "multiprocessing-pool": "multiprocessing_pool",
    "process-pool-executor": "process_executor",
    "multiprocessing-thread-pool": "thread_pool",
    "thread-pool-executor": "thread_executor",
    "gevent-pool": "gevent_pool",
    "eventlet-green-pool": "eventlet_pool",
    "asyncio": "asyncio_pool",
    "celery-prefork": "celery_pool",
    "celery-threads": "celery_pool",
}


def patch(name):
    """Makes the standard library cooperative, before anything imports it."""
    if name == "gevent-pool":
        from gevent import monkey

        monkey.patch_all()
    elif name == "eventlet-green-pool":
        import eventlet

        eventlet.monkey_patch()


def load(name):
    """The class of the pool called `name`."""
    return importlib.import_module("pools." + FILES[name]).Pool
