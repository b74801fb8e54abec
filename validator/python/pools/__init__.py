"""The real pools, one file each, behind one small interface.

A pool is made from the spec and an initializer (function, arguments) for each
of its processes, and is ready once it is made. It has

`timers`                            where the load is generated;
`submit(request, done, failed)`     later calls `done(reply)`, or `failed(error)`
                                    if the pool gave the request up; may block;
`map(requests, chunk, done, failed)` the pool's own map, replies in order;
`close()`                           ends the workers.
"""

import importlib

FILES = {
    "multiprocessing": "multiprocessing_pool",
    "process_executor": "process_executor",
    "thread_pool": "thread_pool",
    "thread_executor": "thread_executor",
    "gevent": "gevent_pool",
    "eventlet": "eventlet_pool",
    "asyncio": "asyncio_pool",
}


def patch(name):
    """Makes the standard library cooperative, before anything imports it."""
    if name == "gevent":
        from gevent import monkey

        monkey.patch_all()
    elif name == "eventlet":
        import eventlet

        eventlet.monkey_patch()


def load(name):
    """The class of the pool called `name`."""
    return importlib.import_module("pools." + FILES[name]).Pool
