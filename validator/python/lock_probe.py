"""What each kernel does to the interpreter lock, beside a thread that spins.

`python lock_probe.py MS REPEATS KERNEL...` prints, as JSON, for each kernel and
repeat: the elapsed time, the CPU time of the kernel's thread and that of the
spinner meanwhile, all in ns. Under one lock the two cannot add up to more than
what elapsed, unless the kernel released the lock and both ran on cores of their
own; and the spinner gets nothing while a kernel keeps the lock.
"""

import json
import sys
import threading
import time

import calibration
import kernels


class Nothing:
    """Takes the place of the file of events."""

    def write(self, **fields):
        pass


class Spinner:
    """A thread that runs bytecode until told to stop."""

    def __init__(self):
        self._go_on = True
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        self._clock = time.pthread_getcpuclockid(self._thread.ident)

    def cpu_ns(self):
        return time.clock_gettime_ns(self._clock)

    def stop(self):
        self._go_on = False
        self._thread.join()

    def _spin(self):
        count = 0
        while self._go_on:
            count += 1


def probe(call, spinner):
    """Times of one call of `call` beside `spinner`."""
    began = time.monotonic_ns(), time.thread_time_ns(), spinner.cpu_ns()
    call()
    ended = time.monotonic_ns(), time.thread_time_ns(), spinner.cpu_ns()
    names = "elapsed", "own_cpu", "spinner_cpu"
    return {name: end - begin for name, begin, end in zip(names, began, ended)}


def main(length_ms, repeats, names):
    length = int(length_ms) * 1_000_000
    classes = [{"segments": [{"kernel": name, "parts": 1} for name in names]}]
    rates = calibration.calibrate(classes, Nothing())
    spinner = Spinner()
    results = {}
    for name in names:
        if name in rates:
            kernel, amount = kernels.COMPUTING[name], calibration.steps_for(rates[name], length)
        else:
            kernel, amount = kernels.sleep, length
        results[name] = [probe(lambda: kernel(amount), spinner) for _ in range(int(repeats))]
    spinner.stop()
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
