"""A NumPy product with one and with more BLAS threads, and beside another.

The number of threads is fixed when the library is loaded, so each count is a
process of its own.
"""

import os
import subprocess
import sys
import time

import probe

VARIABLES = "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"
REPEATS = 9
SIDE = 768


def products(cpu):
    """Elapsed and CPU time of each product, on that core alone if one is named."""
    import numpy

    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})
    left = numpy.ones((SIDE, SIDE))
    left @ left
    for _ in range(REPEATS):
        elapsed, cpu_time = time.monotonic_ns(), time.process_time_ns()
        left @ left
        now = time.monotonic_ns(), time.process_time_ns()
        print(now[0] - elapsed, now[1] - cpu_time, flush=True)


def start(threads, cpu=-1):
    environment = dict(os.environ, **{name: str(threads) for name in VARIABLES})
    command = [sys.executable, "-E", "-s", __file__, "products", str(cpu)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def times(process):
    text, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the product with NumPy failed")
    return [tuple(map(int, line.split())) for line in text.splitlines()]


def measure():
    cpus = probe.cores()
    most = min(len(cpus), 4)
    for threads in (1, most, most, 1) if most > 1 else (1,):
        for elapsed, _ in times(start(threads)):
            probe.say("blas", elapsed, threads)
    if most > 1:
        for count in (1, most):
            for process in [start(1, cpu) for cpu in cpus[:count]]:
                for _, cpu_time in times(process):
                    probe.say("matmul", cpu_time, count)


if __name__ == "__main__":
    if sys.argv[1:2] == ["products"]:
        products(int(sys.argv[2]))
    else:
        probe.main(measure)
