"""How long steps of the kernels take, and what a server and its application import.

    python -m servers SPEC forked|fresh PARENT,... WORKER,... APPLICATION,...

Imports the modules of PARENT as the server's first process does, then those of
WORKER, then those of APPLICATION too: in children, if workers are forked by
then, else here. Times the kernels. Says so in the file of events that SPEC
names, and leaves the rates and the imports beside SPEC.
"""

import importlib
import json
import os
import sys
import time
import traceback

import events


def imported(modules):
    """CPU time in ns and memory of this process once it has `modules`."""
    for module in modules:
        importlib.import_module(module)
    rollup = memory()
    return {
        # Of a forked process, what it does not share with its parent.
        "private_bytes": rollup["Private_Dirty"],
        "library_bytes": rollup["Rss"] - rollup["Anonymous"],
        "import_cpu_ns": time.process_time_ns(),
    }


def memory():
    """Sizes of this process in bytes, as the kernel calls them."""
    with open("/proc/self/smaps_rollup") as file:
        fields = [line.split() for line in file if line.endswith(" kB\n")]
    return {field[0].rstrip(":"): int(field[1]) * 1024 for field in fields}


def in_child(modules):
    """As `imported`, of a process that is forked now."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(sink, json.dumps(imported(modules)).encode())
        os._exit(0)
    os.close(sink)
    with open(source) as file:
        said = file.read()
    os.waitpid(child, 0)
    if not said:
        raise RuntimeError("a forked process could not import %s" % ", ".join(modules))
    return json.loads(said)


def write_json(spec_path, name, what):
    with open(os.path.join(os.path.dirname(spec_path), name), "w") as file:
        json.dump(what, file)


def main(spec_path, how, *modules):
    """Exit status: 3 if it came to nothing."""
    with open(spec_path) as file:
        spec = json.load(file)
    log = events.EventFile(spec["events"])
    stage = "import"
    try:
        of_parent, of_worker, of_application = (names.split(",") if names else [] for names in modules)
        parent = imported(of_parent)
        start = {"forked": in_child, "fresh": imported}[how]
        worker = start(of_worker)
        application = start(of_worker + of_application)
        # Here nothing is copied because it was shared.
        alone = imported(of_application) if how == "forked" else application
        found = {"parent": parent, "worker": worker, "application": application, "alone": alone}
        write_json(spec_path, "imports.json", found)
        import calibration

        stage = "calibration"
        rates = calibration.calibrate(spec["classes"], log, spec["rates"])
        write_json(spec_path, "rates.json", rates)
    except BaseException as error:
        traceback.print_exc()
        log.write(event="failed", stage=stage, detail=events.describe(error))
        log.close()
        return 3
    log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
