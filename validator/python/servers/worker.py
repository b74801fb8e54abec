"""A worker of a real server: the application in it, and word that it is there.

The server is told which application to load and no more. What the application
needs to know is in the environment: `PLANNER_SPEC`, the runner's file, beside
which the rates of the kernels lie, and `PLANNER_UPS`, a file to which every
worker adds a line once it can serve.
"""

import json
import os
import time

import service
from experiment import has_lock

RATES = "rates.json"


def read_json(path):
    with open(path) as file:
        return json.load(file)


def prepare():
    """Makes this process serve requests as the other pools do."""
    path = os.environ["PLANNER_SPEC"]
    rates = read_json(os.path.join(os.path.dirname(path), RATES))
    service.prepare(read_json(path), rates)


def say_up():
    """This process can serve from now on. One short write, so lines stay whole."""
    said = {"pid": os.getpid(), "at": time.monotonic_ns(), "interpreter_lock": has_lock()}
    with open(os.environ["PLANNER_UPS"], "ab", buffering=0) as file:
        file.write(json.dumps(said).encode() + b"\n")
