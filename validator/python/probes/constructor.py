"""CPU time that the constructor of a real pool takes, in a fresh interpreter.

`python constructor.py POOL` makes the pool at several sizes, each in a Python of
its own, for first calls are part of what starting costs: nothing is warm.

`construct`  CPU time of the process that makes the pool, until every worker has
             answered (a loop has none); `x` is the size
`elapsed`    how long that was
`resident`   its memory before that, in bytes
`child`      CPU time of one worker process until it waits for its first request

The pool is that of the real runs, with the same wait for its workers.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time

import pools
import probe

PROCESSES = "multiprocessing-pool", "process-pool-executor"
SIZES = {True: (1, 2, 4, 8), False: (1, 3, 6, 12)}
LOOPS = "asyncio", "gevent-pool", "eventlet-green-pool"
REPEATS = 1
SETTLED_NS = 30_000_000


def cpu_ns(process):
    """CPU time of all threads of a process so far."""
    total = 0
    for thread in os.listdir("/proc/%d/task" % process):
        with open("/proc/%d/task/%s/schedstat" % (process, thread)) as file:
            total += int(file.read().split()[0])
    return total


def idle_cpu_ns(process):
    """CPU time of a process once it has stopped using any."""
    before = None
    while True:
        now = cpu_ns(process)
        if now == before:
            return now
        before = now
        time.sleep(SETTLED_NS / 1e9)


def construct(name, size):
    """Makes the pool here, and says what that took."""
    pools.patch(name)
    import dispatch
    import service

    setting = dict(dispatch.spec(name, 0), workers=size, threads=size)
    pool_type = pools.load(name)
    service.prepare(setting, {})
    resident = probe.memory()["Rss"]
    began = time.process_time_ns(), time.monotonic_ns()
    pool = pool_type(setting, (service.prepare, (setting, {})))
    took, elapsed = time.process_time_ns() - began[0], time.monotonic_ns() - began[1]
    children = [idle_cpu_ns(child.pid) for child in multiprocessing.active_children()]
    said = {"construct": took, "elapsed": elapsed, "resident": resident, "child": children}
    print(json.dumps(said))
    pool.close()


def measure(name):
    sizes = SIZES[name in PROCESSES]
    for size in (1,) if name in LOOPS else sizes:
        for _ in range(REPEATS):
            command = [sys.executable, "-E", "-s", __file__, name, str(size)]
            said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            for quantity in "construct", "elapsed", "resident":
                probe.say(quantity, said[quantity], size)
            for took in said["child"]:
                probe.say("child", took, size)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        construct(sys.argv[1], int(sys.argv[2]))
    else:
        probe.main(measure)
