"""Where a process begins: one question about one callable (`imports.py` has a
beginning of its own).

`ask(path)` reads the spec there: the question, the callable, the limits, and
where to write. Exit status 0 if there is an answer, 3 if the callable is why
there is none; the file of answers says the rest.
"""

import importlib
import json
import os
import resource
import sys

from .answers import Answers
from .target import Failed, Target


def ask(path):
    with open(path) as file:
        spec = json.load(file)
    answers = Answers(spec["answers"])
    limit(spec["memory"])
    sys.path.insert(0, spec["folder"])
    # As for a program: the callable's own, not the planner's.
    sys.argv = [spec["target"]]
    question = importlib.import_module("." + spec["question"], __package__)
    try:
        question.run(spec, Target(spec, answers), answers)
    except Failed as failed:
        give_up(answers, failed.phase, failed.error)
    except BaseException as error:
        give_up(answers, "call", error)
    answers.write("end")
    # Threads of the callable would keep the process from ending.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def limit(memory):
    """At most so much address space, and no core files."""
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def give_up(answers, phase, error):
    answers.failed(phase, error)
    os._exit(3)
