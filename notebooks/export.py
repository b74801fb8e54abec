"""Makes every file that the notebooks read and that is not measured.

    python notebooks/export.py [--planner target/release/planner]

Each entry of EXPORTS is one file in notebooks/data and the `planner` command that
writes it, run in the root of the repository. Seeds are the commands' own, so the
files are the same on every machine. All of it takes some seconds.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "notebooks" / "data"
MINE = "notebooks/workloads"

CLIENTS = "--vary workload.arrivals.closed.clients=1,2,4,8,16"
RELEASING = "--vary workload.class.native.share=0.01,0.2,0.4,0.6,0.8,0.9,0.95,0.99"
GRPC_POOLS = {
    "process": "--pool grpc-process --profile process:100",
    "thread": "--pool grpc-thread --profile thread:4x25",
    "serial": "--pool grpc-thread-serial --profile thread:4x25",
}
BATCH_POOLS = {
    "multiprocessing-pool": "process:8",
    "process-pool-executor": "process:8",
    "multiprocessing-thread-pool": "threads:50",
    "thread-pool-executor": "threads:50",
}


def lock():
    """Lock contention."""
    for workers in (1, 2, 5):
        for kind, profile in (("threads", "threads"), ("processes", "process")):
            yield (
                f"tadween-{kind}-{workers}.json",
                f"simulate --workload workloads/tadween/native.toml"
                f" --profile compute={profile}:{workers} --replications 5 --format json",
            )
    base = (
        "sweep --workload docs/explanation/interpreter-lock.toml"
        " --vary workload.arrivals.poisson.rate=10/s..60/s:6 --replications 8"
    )
    yield (
        "lock-load-threads.parquet",
        f"{base} --profile threads:8 --vary host.interpreter.switch_interval=1ms,5ms",
    )
    yield "lock-load-free.parquet", f"{base} --profile threads:8 --python 3.13t"
    yield "lock-load-processes.parquet", f"{base} --profile process:8"


def memory():
    """Fork and spawn."""
    for method in ("fork", "forkserver", "spawn"):
        yield (
            f"memory-{method}.csv",
            "simulate --workload docs/explanation/fork-memory.toml --profile process:4"
            f" --start-method {method} --for 2min --replications 2 --timeline OUT",
        )
    yield (
        "memory-workers.parquet",
        "sweep --workload docs/explanation/fork-memory.toml --vary profile=process:1..8"
        " --vary start_method=fork,forkserver,spawn --requests 2000",
    )
    yield (
        "memory-wall.parquet",
        "sweep --workload workloads/echo.toml --pool grpc-process --python 3.13t --cold"
        " --vary profile=process:10,process:50,process:100,process:150,process:200,process:210,"
        "process:220,process:230,process:250 --vary workload.runtime.import_memory=136MB"
        " --requests 300 --replications 2",
    )


def recycling():
    """Lives of workers."""
    for name, pool in GRPC_POOLS.items():
        if name != "serial":
            yield (
                f"recycling-{name}.json",
                f"simulate --workload workloads/snakepit/recycling.toml {pool}"
                " --for 130s --replications 5 --format json",
            )
    for name, jitter in (("together", ""), ("apart", "--ttl-jitter 20s")):
        yield (
            f"lives-{name}.csv",
            f"simulate --workload {MINE}/lives.toml --profile process:100 --start-method spawn"
            f" --for 200s --replications 2 {jitter} --timeline OUT",
        )
    yield (
        "lives.parquet",
        f"sweep --workload {MINE}/lives.toml --start-method spawn --vary profile=process:100,thread:4x25"
        " --vary workload.service.recycling.ttl_jitter=1ms,5s,20s,60s"
        " --requests 65000 --replications 10",
    )
    yield (
        "rule.json",
        "recycling --workers 100 --outage 10s --life 30min --keep-up 90% --format json",
    )


def queueing():
    """Queueing and the choice of a profile."""
    yield (
        "queueing.parquet",
        "sweep --workload docs/explanation/queueing.toml"
        " --vary profile=process:1,process:2,process:4,process:8"
        " --vary workload.arrivals.poisson.rate=20/s..380/s:19 --requests 8000",
    )
    for name, blas in (("process", 1), ("thread", 8), ("thread", 25)):
        yield (
            f"blas-{name}-{blas}.parquet",
            f"sweep --workload workloads/matmul.toml --python 3.13t {GRPC_POOLS[name]}"
            f" --blas-threads {blas} {CLIENTS} --requests 400",
        )
    for name, pool in GRPC_POOLS.items():
        yield (
            f"serial-{name}.parquet",
            f"sweep --workload {MINE}/call.toml {pool}"
            " --vary workload.arrivals.closed.clients=1,2,4,8,16,32,64,100 --requests 3000",
        )
    yield "recommend.json", "recommend --workload workloads/mixed.toml --format json"
    yield (
        "tree-cpu.parquet",
        f"sweep --workload {MINE}/cpu.toml --vary profile=process:8,threads:8"
        f" --vary python=3.12,3.13t {RELEASING} --requests 800",
    )
    yield (
        "tree-io.parquet",
        f"sweep --workload {MINE}/io.toml --vary profile=process:100,thread:4x25"
        " --vary python=3.12,3.13t --start-method spawn --vary"
        " workload.class.call.segment.0.python=100us,200us,400us,800us,1200us,1600us,2ms,2400us,3ms",
    )
    yield (
        "tree-mixed.parquet",
        "sweep --workload workloads/mixed.toml --python 3.12 --start-method spawn --blas-threads 8"
        " --vary \"profile='echo=process:80,matmul=thread:4x16',process:100,thread:4x25,threads:16\""
        " --vary workload.class.matmul.segment.0.python=500us,1ms,2ms,4ms,8ms,16ms"
        " --vary workload.arrivals.poisson.rate=60/s --requests 2000 --replications 8",
    )


def audit():
    """Claims."""
    yield "audit.json", "audit calibration/published --all --format json"
    for pool, profile in BATCH_POOLS.items():
        yield (
            f"batch-{pool}.parquet",
            f"sweep --workload {MINE}/batch.toml --pool {pool} --profile {profile} --vary"
            " workload.class.work.segment.0.python=1us,10us,100us,1ms,10ms"
            " --replications 3 --requests 4000",
        )
    for engine, profile in (("keyed-async", "async:1x2000"), ("keyed-process", "process:8")):
        yield (
            f"keys-{engine}.parquet",
            f"sweep --workload workloads/pyrallel/sleep.toml --pool {engine} --profile {profile}"
            " --vary workload.service.ordering=partition,key_hash,unordered"
            " --vary workload.keys.count=10,100,1000 --replications 3",
        )


EXPORTS = [*lock(), *memory(), *recycling(), *queueing(), *audit()]


def run(planner, name, command):
    """Runs one command; its answer, table or time line goes into the file."""
    path = DATA / name
    words = shlex.split(command)
    if "OUT" in words:
        words[words.index("OUT")] = str(path)
        words += ["--out", os.devnull]
    else:
        words += ["--out", str(path)]
    done = subprocess.run([planner, *words], cwd=ROOT, capture_output=True, text=True)
    # 10: no candidate is sure to meet the objective, which is an answer.
    if done.returncode not in (0, 10) or not path.exists():
        sys.exit(f"{name}: planner {command}\n{done.stderr}")


def main():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planner", default=str(target / "release" / "planner"))
    options = parser.parse_args()
    if not pathlib.Path(options.planner).exists():
        sys.exit(f"{options.planner} is not there; build it with `cargo build --release`")
    DATA.mkdir(exist_ok=True)
    for old in DATA.iterdir():
        old.unlink()
    for name, command in EXPORTS:
        run(options.planner, name, command)
    commands = {name: f"planner {command}" for name, command in EXPORTS}
    (DATA / "commands.json").write_text(json.dumps(commands, indent=1) + "\n")
    print(f"{len(EXPORTS)} files in {DATA.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
