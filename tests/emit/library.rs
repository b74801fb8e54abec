//! Modules that make pools of the standard library, imported and used.

use std::path::PathBuf;

use crate::lab::{Lab, alone, servers};

const CALLS: &str = "import asyncio\nimport os\nimport time\n\n\n\
                     def limit():\n    return os.environ['OMP_NUM_THREADS'], os.getpid()\n\n\n\
                     def nap():\n    time.sleep(0.01)\n\n\n\
                     async def wait():\n    await asyncio.sleep(0.01)\n";

fn lab(kind: &str) -> (Lab, Option<PathBuf>) {
    let lab = Lab::new(&format!("pool = [\"{kind}\"]\n"));
    lab.write("calls.py", CALLS);
    (lab, servers())
}

/// Makes the pool of `module`, runs a call in it, and checks itself against the
/// prediction.
fn serves(target: &str, module: &str, kind: &str, line: &str) {
    let (lab, python) = lab(kind);
    let (Some(python), _alone) = (python, alone()) else { return };
    lab.emit(target);
    let head = format!("import calls, os, {module}\nif __name__ == '__main__':\n");
    let said = lab.python(&python, &format!("{head}    {line}\n"));
    assert_eq!(said.trim(), "1");
    let check = format!("check_{}.py", target.replace('.', "_"));
    let calls = "--for 1 --tolerance 1000 --call small=calls:nap --call large=calls:nap";
    let (code, said) = lab.run(&python, &format!("{check} {calls}"));
    assert_eq!(code, Some(0), "{said}");
    let row = |figure: &str| said.lines().find(|line| line.starts_with(figure)).unwrap();
    for figure in ["throughput", "small p99", "large p50"] {
        assert!(row(figure).ends_with("within"), "{said}");
    }
    // Nobody measured what the program around the pool imports.
    assert!(row("peak_pss").contains("not judged: the prediction lacks"), "{said}");
}

#[test]
fn process_executors_run() {
    let line = "pool = executor_pool.make_pool(); limit, pid = pool.submit(calls.limit).result(); \
                assert pid != os.getpid() and pool._max_workers <= 2; print(limit)";
    serves("concurrent.futures", "executor_pool", "process-pool-executor", line);
}

#[test]
fn thread_executors_run() {
    let line = "pool = executor_pool.make_pool(); limit, pid = pool.submit(calls.limit).result(); \
                assert pid == os.getpid(); print(limit)";
    serves("concurrent.futures", "executor_pool", "thread-pool-executor", line);
}

#[test]
fn process_pools_run() {
    let line = "pool = process_pool.make_pool(); limit, pid = pool.apply(calls.limit); \
                assert pid != os.getpid(); pool.close(); pool.join(); print(limit)";
    serves("multiprocessing", "process_pool", "multiprocessing-pool", line);
}

#[test]
fn thread_pools_run() {
    let line = "pool = process_pool.make_pool(); limit, pid = pool.apply(calls.limit); \
                assert pid == os.getpid(); print(limit)";
    serves("multiprocessing", "process_pool", "multiprocessing-thread-pool", line);
}

#[test]
fn loops_run_no_more_than_they_should() {
    let (lab, python) = lab("asyncio");
    let (Some(python), _alone) = (python, alone()) else { return };
    lab.emit("asyncio");
    let code = "import asyncio, asyncio_pool\n\
        now = most = 0\n\
        async def one():\n    global now, most\n    now += 1\n    most = max(most, now)\n    \
        await asyncio.sleep(0.005)\n    now -= 1\n\
        async def main():\n    pool = asyncio_pool.Pool()\n    \
        await asyncio.gather(*(pool.run(one) for _ in range(50)))\n    \
        assert await pool.in_thread(len, 'abc') == 3\n    pool.close()\n\
        asyncio.run(main())\nprint(most == asyncio_pool.IN_FLIGHT)";
    assert_eq!(lab.python(&python, code).trim(), "True");
    let calls = "--for 1 --tolerance 1000 --call small=calls:wait --call large=calls:wait";
    let (code, said) = lab.run(&python, &format!("check_asyncio.py {calls}"));
    assert_eq!(code, Some(0), "{said}");
}
