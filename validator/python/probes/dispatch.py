"""CPU time that a real pool takes to hand a request over and take it back.

`python dispatch.py POOL LOAD BYTES COUNT` has the pool serve requests that do
nothing, and asks the kernel what each thread used meanwhile. `paced` requests
come one by one to idle workers, so that nothing contends, `rested` ones so
seldom that nothing of them is left in the caches; `batch` hands all of them
over at once. Payloads of BYTES go in and come back.

The caller is that of the real runs: making a request and writing its record
down belong to the thread that does it, as they do in an application.
"""

import multiprocessing
import os
import tempfile
import threading
import time

import events
import load
import pools
import probe
import service
import timers

PACE_NS = {"paced": 1_000_000, "rested": 12_000_000}
PAYLOAD_PACE_NS = 6_000_000
WARM_UP = 40
SIZE = 2


def spec(name, size):
    only = {"name": "empty", "segments": [], "request_bytes": size, "response_bytes": size}
    only.update(working_set_bytes=0, leak_bytes=0, retain=False)
    return {
        "pool": name,
        "workers": SIZE,
        "threads": SIZE,
        "start_method": "fork",
        "max_tasks": None,
        "to_thread": False,
        "load": {"kind": "open"},
        "classes": [only],
        "import_bytes": 0,
        "import_ns": 0,
        "delay_server": None,
    }


def roles(name, pool):
    """The threads of this process that do something for a request, by what."""
    main = os.getpid()
    if name in ("multiprocessing-pool", "multiprocessing-thread-pool"):
        inner = pool._pool
        found = {"send": [inner._task_handler], "receive": [inner._result_handler]}
        if name == "multiprocessing-thread-pool":
            found["worker"] = inner._pool
    elif name == "process-pool-executor":
        inner = pool._executor
        manager = getattr(inner, "_executor_manager_thread", None)
        manager = manager or getattr(inner, "_queue_management_thread")
        found = {"send": [inner._call_queue._thread], "receive": [manager]}
    elif name == "thread-pool-executor":
        found = {"worker": list(pool._executor._threads)}
    else:
        # One thread is caller, dispatcher and worker.
        return {"worker": [main]}
    threads = {role: [each.native_id for each in them] for role, them in found.items()}
    return dict(threads, submit=[main])


def cpu_ns(process, thread):
    with open("/proc/%d/task/%d/schedstat" % (process, thread)) as file:
        return int(file.read().split()[0])


def used(threads):
    """CPU time so far by role; worker processes with all of their threads."""
    me = os.getpid()
    sums = {role: sum(cpu_ns(me, each) for each in them) for role, them in threads.items()}
    workers = [each.pid for each in multiprocessing.active_children()]
    if workers:
        own = ((pid, int(each)) for pid in workers for each in os.listdir("/proc/%d/task" % pid))
        sums["worker"] = sum(cpu_ns(pid, each) for pid, each in own)
    return sums


def serve(setting, kind, pool, log, count):
    """Has `pool` serve `count` requests, paced or at once."""
    loaded = setting["classes"][0]["request_bytes"] > 0
    pace = PAYLOAD_PACE_NS if loaded else PACE_NS.get(kind, 0)
    if isinstance(pool.timers, timers.LoopTimers):
        pool.timers = timers.LoopTimers(pool._loop)
    else:
        pool.timers = timers.ThreadTimers()
    setting["load"] = {"kind": "batch", "chunk": 1} if kind == "batch" else {"kind": "open"}
    rows = [(1_000_000 + number * pace, 0, []) for number in range(count)]
    counts = load.replay(setting, rows, pool, log)
    if counts["failed"]:
        raise RuntimeError("the pool failed %d empty requests" % counts["failed"])


def measure(name, kind, size, count):
    setting, size, count = spec(name, int(size)), int(size), int(count)
    with tempfile.TemporaryDirectory() as folder:
        log = events.EventFile(os.path.join(folder, "events"))
        service.prepare(setting, {})
        pool = pools.load(name)(setting, (service.prepare, (setting, {})))
        serve(setting, "paced", pool, log, WARM_UP)
        threads = roles(name, pool)
        before = used(threads)
        serve(setting, kind, pool, log, count)
        after = used(threads)
        for role in after:
            probe.say("%s_%s" % (role, kind), (after[role] - before[role]) / count, size)
        pool.close()
        log.close()


if __name__ == "__main__":
    import sys

    pools.patch(sys.argv[1])
    probe.main(measure)
