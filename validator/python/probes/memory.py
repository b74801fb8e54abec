"""Memory terms, each as growth of a process, in bytes.

`interpreter`  private memory of a bare interpreter
`libraries`    what it shares with another bare interpreter
`thread`       per idle thread that has worked a little
`task`         per waiting task of an event loop
`subinterpreter`  per further interpreter, where this Python can make one
`copies`       most memory of a parent of worker processes while one payload is
               on its way, in payloads; `x` is 0 on the way in, 1 on the way out
"""

import asyncio
import concurrent.futures
import json
import multiprocessing
import subprocess
import sys
import threading

import probe

THREADS = 32
TASKS = 2000
INTERPRETERS = 4
PAYLOAD = 24 << 20

BARE = "import sys; print(flush=True); sys.stdin.read()"


def bare_interpreters():
    command = [sys.executable, "-E", "-s", "-c", BARE]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pair = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for process in pair:
        process.stdout.readline()
    sizes = probe.memory(pair[0].pid)
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    probe.say("interpreter", own)
    probe.say("libraries", sizes["Rss"] - own)
    for process in pair:
        process.communicate()


def threads():
    gate, ready = threading.Event(), threading.Semaphore(0)

    def work():
        json.loads(json.dumps({str(n): [n] * 10 for n in range(200)}))
        ready.release()
        gate.wait()

    before = probe.memory()["Rss"]
    workers = [threading.Thread(target=work) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    probe.say("thread", (probe.memory()["Rss"] - before) / THREADS)
    gate.set()
    for worker in workers:
        worker.join()


def tasks():
    async def waiter(gate):
        await gate.wait()

    async def many():
        gate = asyncio.Event()
        before = probe.memory()["Rss"]
        waiters = [asyncio.ensure_future(waiter(gate)) for _ in range(TASKS)]
        await asyncio.sleep(0)
        probe.say("task", (probe.memory()["Rss"] - before) / TASKS)
        gate.set()
        await asyncio.gather(*waiters)

    asyncio.run(many())


def interpreters():
    try:
        import _interpreters as module
    except ImportError:
        try:
            import _xxsubinterpreters as module
        except ImportError:
            return
    before = probe.memory()["Rss"]
    made = [module.create() for _ in range(INTERPRETERS)]
    probe.say("subinterpreter", (probe.memory()["Rss"] - before) / INTERPRETERS)
    for one in made:
        module.destroy(one)


def swallow(payload):
    pass


def produce(size):
    return bytes(size)


def peak(call):
    """Most memory beyond what there is now, during `call`, in payloads."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = probe.memory()["Rss"]
    call()
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return (int(line.split()[1]) * 1024 - before) / PAYLOAD


def copies():
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(swallow, b"").result()
        into = peak(lambda: pool.submit(swallow, b"1" * PAYLOAD).result())
        out = peak(lambda: pool.submit(produce, PAYLOAD).result())
    probe.say("copies", into, 0)
    probe.say("copies", out, 1)


def measure():
    bare_interpreters()
    tasks()
    copies()
    threads()
    interpreters()


if __name__ == "__main__":
    probe.main(measure)
