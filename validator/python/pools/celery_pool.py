"""Celery: a worker of its own, a Redis server as its broker, and this process as its client.

Redis keeps nothing on disk and ends with the run. A result is stored and
published there by the worker, and heard here at once: nobody polls. Client and
Redis are no part of the pool; `pool.pid` in the run's folder names the process
that is, and `beside_ns` says what the others cost.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

# What the worker has before it forks, so that this process shows how much that is.
import celery.bin.worker  # noqa: F401
import celery.concurrency.prefork  # noqa: F401
import celery.concurrency.thread  # noqa: F401
import kombu.transport.redis  # noqa: F401
import timers

POOLS = {"celery-prefork": "prefork", "celery-threads": "threads"}
RESULTS = "celery-task-meta-"
"""How channels of results begin; the task's id follows."""
LOOK_S = 0.005
TICKS_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Pool:
    def __init__(self, spec, setup):
        self.timers = timers.ThreadTimers()
        self._calls = {}
        self._closing = False
        folder = os.path.dirname(os.path.abspath(spec["events"]))
        address = "redis://127.0.0.1:%d/0" % free_port()
        self._redis = start_redis(address)
        os.environ["PLANNER_BROKER"] = address
        os.environ["PLANNER_SPEC"] = os.path.join(folder, "spec.json")
        os.environ["PLANNER_UPS"] = ups = os.path.join(folder, "ups.jsonl")
        named = os.path.join(folder, "pool.pid")
        # Of an earlier run in this folder.
        for path in (ups, named):
            if os.path.exists(path):
                os.remove(path)
        with open(os.path.join(folder, "rates.json"), "w") as file:
            json.dump(setup[1][1], file)
        from servers import tasks

        self._client = tasks.app.backend.client
        wait_for("Redis", lambda: answers(self._client), self._redis)
        self.began = time.monotonic_ns()
        self._worker = start_worker(spec)
        with open(named, "w") as file:
            file.write(str(self._worker.pid))
        # Every child says that it is there, and then the worker itself.
        expected = 1 + (spec["workers"] if spec["pool"] == "celery-prefork" else 0)
        wait_for("the worker", lambda: len(lines(ups)) == expected, self._worker)
        self.ready = max(json.loads(line)["at"] for line in lines(ups))
        self._serve = tasks.serve
        # The first message opens the connections, which is no part of any request.
        tasks.app.pool.acquire().release()
        self._listen()

    def submit(self, request, done, failed):
        index, number, times, payload = request
        self._calls[str(index)] = done, failed
        # JSON has no bytes.
        self._serve.apply_async((index, number, times, "x" * len(payload)), task_id=str(index))

    def map(self, requests, _chunk, done, failed):
        """Celery has no map of its own: one message each."""
        for request in requests:
            self.submit(request, done, failed)

    def beside_ns(self):
        """CPU time so far of what is no part of the pool."""
        with open("/proc/%d/stat" % self._redis.pid) as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return time.process_time_ns() + (int(user) + int(system)) * TICKS_NS

    def close(self):
        self._closing = True
        for process in (self._worker, self._redis):
            process.terminate()
            process.wait()

    def _listen(self):
        heard = self._client.pubsub()
        heard.psubscribe(RESULTS + "*")
        wait_for("the subscription", lambda: heard.get_message(timeout=1), self._redis)

        def run():
            try:
                for message in heard.listen():
                    if message["type"] == "pmessage":
                        self._settle(json.loads(message["data"]))
            except Exception:
                # Redis goes before its listeners.
                if not self._closing:
                    raise

        threading.Thread(target=run, daemon=True).start()

    def _settle(self, said):
        """`said` is what the worker stored: a result, or why there is none."""
        done, failed = self._calls.pop(said["task_id"])
        if said["status"] == "SUCCESS":
            done(tuple(said["result"]))
        else:
            failed(RuntimeError("%s: %s" % (said["status"], said["result"])))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_redis(address):
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("no redis-server to be the broker: install Debian's package of that name")
    port = address.rpartition(":")[2].partition("/")[0]
    options = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"]
    return subprocess.Popen([program] + options, stdout=sys.stderr, stdin=subprocess.DEVNULL)


def start_worker(spec):
    prefork = spec["pool"] == "celery-prefork"
    slots = spec["workers"] if prefork else spec["threads"]
    line = ["-E", "-s", "-m", "celery", "--app", "servers.tasks", "worker"]
    line += ["--pool", POOLS[spec["pool"]], "--concurrency", str(slots)]
    if spec["max_tasks"] is not None:
        line += ["--max-tasks-per-child", str(spec["max_tasks"])]
    # A worker alone has nobody to talk to.
    line += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    line += ["--loglevel", "warning"]
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return subprocess.Popen([sys.executable] + line, cwd=here, stdout=sys.stderr)


def lines(path):
    """Whole lines of the file at `path`, which need not be there yet."""
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [line for line in file if line.endswith("\n")]


def answers(client):
    try:
        return client.ping()
    except OSError:
        return False
    except Exception as error:
        # Redis has exceptions of its own for a port that nobody listens on.
        if type(error).__name__ == "ConnectionError":
            return False
        raise


def wait_for(what, condition, process):
    """Until `condition()`; whoever started this one limits the time."""
    while not condition():
        if process.poll() is not None:
            raise RuntimeError("%s ended with status %s" % (what, process.returncode))
        time.sleep(LOOK_S)
