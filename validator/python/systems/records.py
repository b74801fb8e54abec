"""What every runner of a system writes: JSON lines, times in ns of CLOCK_MONOTONIC."""

import json
import time


class Records:
    """Lines for the file at `path`, kept in memory until `close`.

    Writing while the system runs would take its interpreter lock.
    """

    def __init__(self, path):
        self._path = path
        self._lines = []

    def add(self, **fields):
        self._lines.append(fields)

    def application(self):
        """Call once all is imported: what this process then is."""
        self.add(
            event="application",
            at=time.monotonic_ns(),
            import_cpu_ns=time.process_time_ns(),
            private_bytes=private_bytes(),
        )

    def close(self):
        with open(self._path, "w") as file:
            for fields in self._lines:
                json.dump(fields, file)
                file.write("\n")


def private_bytes():
    """Memory that only this process has."""
    with open("/proc/self/smaps_rollup") as file:
        fields = [line.split() for line in file if line.startswith("Private_")]
    return sum(int(field[1]) for field in fields) * 1024
