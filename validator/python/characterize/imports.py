"""What importing the callable's module takes, and what it brings along."""

import importlib
import os
import sys
import sysconfig
import time

from . import meters
from .target import Failed


def run(spec, answers):
    module = spec["target"].partition(":")[0]
    answers.phase("import")
    before, known = meters.private_bytes(), set(sys.modules)
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    try:
        importlib.import_module(module)
    except BaseException as error:
        raise Failed("import", error) from error
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    answers.write(
        "imports",
        cpu_ns=cpu,
        wall_ns=wall,
        bytes=max(0, meters.private_bytes() - before),
        libraries=libraries(set(sys.modules) - known),
        threads=len(meters.threads()),
    )


def libraries(names):
    """Top-level packages among them that were installed, by import name."""
    paths = sysconfig.get_paths()
    folders = {os.path.realpath(paths[key]) for key in ("purelib", "platlib")}
    found = set()
    for name in {name.partition(".")[0] for name in names}:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        origin = os.path.realpath(getattr(spec, "origin", None) or "")
        if not name.startswith("_") and any(origin.startswith(f + os.sep) for f in folders):
            found.add(name)
    return sorted(found)[:64]
