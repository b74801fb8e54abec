//! Celery with the emitted configuration and a broker of files.

use crate::lab::{Lab, alone, servers, setting};

const APPLICATION: &str = r#"import os
import pathlib

from celery import Celery

folder = pathlib.Path(__file__).parent / "broker"
for name in ("queue", "done", "results"):
    (folder / name).mkdir(parents=True, exist_ok=True)
app = Celery("jobs")
app.config_from_object("celeryconfig")
app.conf.broker_url = "filesystem://"
app.conf.broker_transport_options = {
    "data_folder_in": str(folder / "queue"),
    "data_folder_out": str(folder / "queue"),
    "control_folder": str(folder / "done"),
}
app.conf.result_backend = "file://" + str(folder / "results")


@app.task(name="small")
def small():
    return os.environ["OMP_NUM_THREADS"]


@app.task(name="large")
def large():
    return os.getpid()
"#;

/// The limits on threads and the size of the pool, asked of the worker.
const ASK: &str = "import jobs\n\
                   limit = jobs.small.delay().get(timeout=60)\n\
                   pool = jobs.app.conf\n\
                   print(limit, pool.worker_pool, pool.worker_concurrency, \
                   pool.worker_max_tasks_per_child)";

fn runs(service: &str, class: &str, tasks: &str) {
    let (Some(python), _alone) = (servers(), alone()) else { return };
    let lab = Lab::new(service);
    lab.emit("celery");
    lab.write("jobs.py", APPLICATION);
    let line = format!("-m celery -A jobs:app worker --pool {class} --loglevel info");
    let _worker = lab.start(&python, &format!("{line} --without-gossip --without-mingle"));
    let size = setting(&lab.read("celeryconfig.py"), "worker_concurrency").unwrap();
    let banner = lab.wait("the worker", || {
        let log = lab.read("server.log");
        log.contains("ready.").then_some(log)
    });
    let said = banner.lines().find(|line| line.contains("concurrency:")).unwrap();
    assert!(said.contains(&format!("concurrency: {size} (")), "{said}");
    assert_eq!(lab.python(&python, ASK).trim(), format!("1 {class} {size} {tasks}"));
}

#[test]
fn processes_are_those_of_the_file() {
    let recycling = "\n[service.recycling]\nmax_requests = 5000\n";
    runs(&format!("pool = [\"celery-prefork\"]\n{recycling}"), "prefork", "5000");
}

#[test]
fn threads_are_those_of_the_file() {
    runs("pool = [\"celery-threads\"]\n", "threads", "None");
}
