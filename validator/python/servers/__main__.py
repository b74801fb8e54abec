"""How long steps of the kernels take, and what a server and its application import.

    python -m servers SPEC MODULE...

Imports each MODULE as the server does before it starts workers, then what a
worker imports, and times the kernels. Says so in the file of events that SPEC
names, and leaves the rates beside SPEC.
"""

import importlib
import json
import os
import sys
import time
import traceback

import events
from experiment import private_bytes


def imported(modules):
    """CPU time in ns and memory of this process once it has `modules`."""
    for module in modules:
        importlib.import_module(module)
    return {"private_bytes": private_bytes(), "import_cpu_ns": time.process_time_ns()}


def main(spec_path, *modules):
    """Exit status: 3 if it came to nothing."""
    with open(spec_path) as file:
        spec = json.load(file)
    log = events.EventFile(spec["events"])
    stage = "import"
    try:
        parent = imported(modules)
        application = imported(["service"])
        import calibration

        stage = "calibration"
        rates = calibration.calibrate(spec["classes"], log)
        folder = os.path.dirname(spec_path)
        with open(os.path.join(folder, "rates.json"), "w") as file:
            json.dump(rates, file)
        with open(os.path.join(folder, "imports.json"), "w") as file:
            json.dump({"parent": parent, "application": application}, file)
    except BaseException as error:
        traceback.print_exc()
        log.write(event="failed", stage=stage, detail=events.describe(error))
        log.close()
        return 3
    log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
