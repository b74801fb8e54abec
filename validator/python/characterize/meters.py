"""What the kernel says of threads and memory. Times in ns, sizes in bytes."""

import os
import threading

PAGE = os.sysconf("SC_PAGE_SIZE")


def threads():
    """Ids of all threads of this process."""
    return [int(name) for name in os.listdir("/proc/self/task")]


def core_wait_ns(thread=None):
    """How long a thread, this one if none is named, was ready without a core."""
    if thread is None:
        thread = threading.get_native_id()
    with open("/proc/self/task/%d/schedstat" % thread) as file:
        return int(file.read().split()[1])


def private_bytes():
    """Memory that only this process has."""
    with open("/proc/self/smaps_rollup") as file:
        fields = [line.split() for line in file if line.startswith("Private_")]
    return sum(int(field[1]) for field in fields) * 1024


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


def forget_peak():
    """The peak of resident memory starts anew, from what it is now."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak_bytes():
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
