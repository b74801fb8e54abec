"""What kernels take at this machine's full speed.

`python speed.py SECONDS` times the kernels again and again for that long, keeps
the fastest, and writes one line of JSON: the rates, and the CPU time in ns of
the reference's piece of bytecode at those.
"""

import json
import sys
import time

import calibration
import kernels
import reference

CLASS = {
    "segments": [{"kernel": kind} for kind in kernels.COMPUTING if kind != "matmul"],
    "working_set_bytes": 1,
    "leak_bytes": 0,
}
"""What asks for all kernels that need no library."""


class Fastest:
    """Takes the place of the file of events: the fastest rate of each kernel."""

    def __init__(self):
        self.rates = {}

    def write(self, event, **rate):
        known = self.rates.get(rate["kernel"])
        if known is None or rate["step_ns"] < known["step_ns"]:
            self.rates[rate["kernel"]] = rate


def main(seconds):
    until = time.monotonic() + float(seconds)
    fastest = Fastest()
    while not fastest.rates or time.monotonic() < until:
        calibration.calibrate([CLASS], fastest)
    python = fastest.rates["python"]
    piece = python["fixed_ns"] + reference.BYTECODE_STEPS * python["step_ns"]
    print(json.dumps({"kernels": list(fastest.rates.values()), "piece_ns": piece}))


if __name__ == "__main__":
    main(sys.argv[1])
