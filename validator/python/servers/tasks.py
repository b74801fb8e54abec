"""The application as Celery loads it: `--app servers.tasks`."""

import os

import service
from celery import Celery, signals
from servers import worker

app = Celery("servers", broker=os.environ["PLANNER_BROKER"], backend=os.environ["PLANNER_BROKER"])


@signals.celeryd_init.connect
def prepare(**_):
    """In the worker's own process, before it forks."""
    worker.prepare()


@signals.worker_process_init.connect
def child_is_up(**_):
    worker.say_up()


@signals.worker_ready.connect
def worker_is_up(**_):
    worker.say_up()


@app.task(name="serve")
def serve(index, number, times, payload):
    """A reply as `service.serve` makes it, in JSON's types."""
    *reply, body = service.serve((index, number, times, payload))
    return reply + ["x" * len(body)]
