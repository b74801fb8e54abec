"""What importing the callable's module takes, and what it brings along.

`python imports.py MODULE FOLDER MEMORY PACKAGE ANSWERS` is a program of its own:
the modules that the other questions use would be there already, and the
callable's would seem to need less.
"""

import os
import resource
import sys
import time


def run(module, folder, memory, package, answers_path):
    sys.path[0] = folder
    sys.argv = [module]
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    before, known, failure = private_bytes(), set(sys.modules), None
    cpu = time.process_time_ns()
    try:
        __import__(module)
    except BaseException as error:
        failure = error
    cpu, size = time.process_time_ns() - cpu, private_bytes() - before
    brought, threads = set(sys.modules) - known, len(os.listdir("/proc/self/task"))
    # From here on the planner's own modules may come.
    sys.path.insert(0, package)
    from planner_characterize.answers import Answers

    answers = Answers(answers_path)
    answers.phase("import")
    if failure is not None:
        answers.failed("import", failure)
    else:
        found = {"bytes": max(0, size), "libraries": libraries(brought), "threads": threads}
        answers.write("imports", cpu_ns=cpu, **found)
        answers.write("end")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if failure is None else 3)


def private_bytes():
    """Memory that only this process has."""
    with open("/proc/self/smaps_rollup") as file:
        fields = [line.split() for line in file if line.startswith("Private_")]
    return sum(int(field[1]) for field in fields) * 1024


def libraries(names):
    """Top-level packages among them that were installed, by import name."""
    import sysconfig

    paths = sysconfig.get_paths()
    folders = {os.path.realpath(paths[key]) for key in ("purelib", "platlib")}
    found = set()
    for name in {name.partition(".")[0] for name in names}:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        origin = os.path.realpath(getattr(spec, "origin", None) or "")
        if not name.startswith("_") and any(origin.startswith(f + os.sep) for f in folders):
            found.add(name)
    return sorted(found)[:64]


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
