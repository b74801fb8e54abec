"""What each kernel does to the interpreter lock, beside a thread that spins.

`python lock_probe.py MS REPEATS KERNEL...` prints, as JSON, for each kernel and
repeat, in ns: the elapsed time, the CPU time of the kernel's thread and of the
spinner meanwhile, and how long the two were ready to run without a core.

Under one lock the two cannot have more CPU time than what elapsed; a spinner
gets nothing while a kernel keeps the lock; and beside a kernel that released it,
both run or are ready to all the time, however many cores there are for them.
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
        self.id = self._thread.native_id

    def cpu_ns(self):
        return time.clock_gettime_ns(self._clock)

    def stop(self):
        self._go_on = False
        self._thread.join()

    def _spin(self):
        count = 0
        while self._go_on:
            count += 1


def core_wait_ns(thread):
    """How long that thread has been ready to run without a core."""
    with open("/proc/self/task/%d/schedstat" % thread) as file:
        return int(file.read().split()[1])


def probe(call, spinner):
    """Times of one call of `call` beside `spinner`."""
    threads = threading.get_native_id(), spinner.id
    # Outside of the other times: reading a file releases the lock.
    waits = [core_wait_ns(thread) for thread in threads]
    began = time.monotonic_ns(), time.thread_time_ns(), spinner.cpu_ns()
    call()
    ended = time.monotonic_ns(), time.thread_time_ns(), spinner.cpu_ns()
    core_wait = sum(core_wait_ns(thread) for thread in threads) - sum(waits)
    names = "elapsed", "own_cpu", "spinner_cpu"
    times = {name: end - begin for name, begin, end in zip(names, began, ended)}
    return dict(times, core_wait=core_wait)


def main(length_ms, repeats, names):
    length = int(length_ms) * 1_000_000
    segments = [{"kernel": name, "parts": 1} for name in names]
    classes = [{"segments": segments, "working_set_bytes": 0, "leak_bytes": 0}]
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
