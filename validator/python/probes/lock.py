"""The interpreter lock: its interval, its hand-offs, and calls that lose it.

`switch_interval`  what the interpreter says;
`hand_off`         CPU time per turn of two threads that wait for each other, less
                   that of the locks they do it with: as under a forced switch,
                   one wakes the other and waits until it has gone on;
`task_switch`      CPU time of an event loop per task that it resumes;
`alone`, `beside`  a call of each kind alone and beside one thread that spins.
                   `x` numbers the kinds: sleep, socket, pipe, file.
"""

import asyncio
import os
import socket
import sys
import tempfile
import threading
import time

import probe

TURNS = 1500
TASKS, RESUMES = 10, 60
CALLS = 12


def turns(mine, other):
    """Takes turns with whoever has the locks the other way round."""
    for _ in range(TURNS):
        mine.acquire()
        other.release()


def hand_offs():
    for _ in range(5):
        one, two = threading.Lock(), threading.Lock()
        began = time.process_time_ns()
        for _ in range(2 * TURNS):
            one.acquire()
            one.release()
        alone = time.process_time_ns() - began
        two.acquire()
        workers = [threading.Thread(target=turns, args=pair) for pair in ((one, two), (two, one))]
        began = time.process_time_ns()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        together = time.process_time_ns() - began
        probe.say("hand_off", (together - alone) / (2 * TURNS))


def task_switches():
    async def sleeper(number):
        for _ in range(RESUMES):
            await asyncio.sleep(0.001 + 0.000_1 * number)

    async def all_of_them():
        await asyncio.gather(*(sleeper(number) for number in range(TASKS)))

    for _ in range(5):
        began = time.process_time_ns()
        asyncio.run(all_of_them())
        probe.say("task_switch", (time.process_time_ns() - began) / (TASKS * RESUMES))


def echo(connection):
    """Sends back what comes, until there is no more."""
    while True:
        data = connection.recv(64)
        if not data:
            return
        connection.sendall(data)


def kinds():
    """The calls, by number."""
    here, there = socket.socketpair()
    process = os.fork()
    if process == 0:
        try:
            here.close()
            echo(there)
        finally:
            os._exit(0)
    there.close()
    source, sink = os.pipe()
    file = tempfile.TemporaryFile(buffering=0)

    def ask():
        here.sendall(b"?")
        here.recv(64)

    def through_pipe():
        os.write(sink, b"?")
        os.read(source, 64)

    def through_file():
        os.pwrite(file.fileno(), bytes(4096), 0)
        os.pread(file.fileno(), 4096, 0)

    def close():
        here.close()
        os.waitpid(process, 0)

    return [lambda: time.sleep(0.001), ask, through_pipe, through_file], close


def elapsed(call):
    began = time.monotonic_ns()
    for _ in range(CALLS):
        call()
    return (time.monotonic_ns() - began) / CALLS


def re_acquires():
    calls, close = kinds()
    go_on = True

    def spin():
        while go_on:
            pass

    for number, call in enumerate(calls):
        call()
        probe.say("alone", elapsed(call), number)
    spinner = threading.Thread(target=spin, daemon=True)
    spinner.start()
    for number, call in enumerate(calls):
        for _ in range(3):
            probe.say("beside", elapsed(call), number)
    go_on = False
    spinner.join()
    close()


def measure():
    probe.say("switch_interval", sys.getswitchinterval() * 1e9)
    task_switches()
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        hand_offs()
        re_acquires()


if __name__ == "__main__":
    probe.main(measure)
