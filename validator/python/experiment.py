"""The course of one run: read the spec, calibrate, start the pool, replay.

Without a load the pool is only started and ended: another look at its start-up.
"""

import csv
import json
import os
import sys
import time
import traceback

import events
import pools


def main(spec_path):
    """Exit status: 0, or 3 if the pool never came to serve."""
    with open(spec_path) as file:
        spec = json.load(file)
    log = events.EventFile(spec["events"])
    stage = "import"
    try:
        pools.patch(spec["pool"])
        import calibration
        import load
        import service

        pool_type = pools.load(spec["pool"])
        import_cpu_ns = time.process_time_ns()
        stage = "calibration"
        starts_only = spec["load"]["kind"] == "none"
        # All rates are known then: one call each leaves what timing would, and a
        # process that has computed without a pause, as imports do.
        repeats = 1 if starts_only else calibration.REPEATS
        rates = calibration.calibrate(spec["classes"], log, spec["rates"], repeats)
        stage = "start"
        service.prepare(spec, rates)
        import_cpu_ns += service.import_overrun_ns()
        application = dict(memory(), import_cpu_ns=import_cpu_ns)
        began = time.monotonic_ns()
        pool = pool_type(spec, (service.prepare, (spec, rates)))
        ready = time.monotonic_ns()
        log.write(
            event="ready",
            began=getattr(pool, "began", began),
            ready=getattr(pool, "ready", ready),
            interpreter_lock=has_lock(),
            application=application,
        )
        stage = "replay"
        beside_ns = getattr(pool, "beside_ns", lambda: 0)
        before = beside_ns()
        rows = [] if starts_only else read_trace(spec)
        counts = load.replay(spec, rows, pool, log)
        log.write(event="end", beside=beside_ns() - before, **counts)
    except BaseException as error:
        traceback.print_exc()
        log.write(event="failed", stage=stage, detail=events.describe(error))
        log.close()
        # Workers that wait for this process would keep it from ending.
        sys.stderr.flush()
        os._exit(3)
    log.close()
    pool.close()
    return 0


def has_lock():
    """Is there an interpreter lock? An import may have turned it back on."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def memory():
    """Bytes that only this process has, and those that others map as well."""
    sums = {"Private": 0, "Shared": 0}
    with open("/proc/self/smaps_rollup") as file:
        for line in file:
            kind, _, rest = line.partition("_")
            if kind in sums:
                sums[kind] += int(rest.split()[1]) * 1024
    return {"private_bytes": sums["Private"], "shared_bytes": sums["Shared"]}


def read_trace(spec):
    """Rows (instant in ns, class index, segment times in ns)."""
    names = [each["name"] for each in spec["classes"]]
    rows = []
    with open(spec["trace"], newline="") as file:
        for row in csv.DictReader(file):
            times = [int(time_ns) for time_ns in row["segments_ns"].split()]
            rows.append((int(row["at_ns"]), names.index(row["class"]), times))
    return rows
