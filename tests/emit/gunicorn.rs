//! gunicorn with the emitted configuration.

use std::path::Path;

use crate::lab::{Lab, alone, children, free_port, get, servers, setting};

const RECYCLING: &str = "\n[service.recycling]\nmax_requests = 5000\n";

/// Starts the pool of `kind` and compares what gunicorn says, and what it
/// starts, with the file.
fn starts(kind: &str, class: &str, slots: Option<&str>) {
    let (Some(python), _alone) = (servers(), alone()) else { return };
    let lab = Lab::new(&format!("pool = [\"{kind}\"]\n{RECYCLING}"));
    lab.emit("gunicorn");
    let file = lab.read("gunicorn.conf.py");
    assert_eq!(setting(&file, "worker_class").as_deref(), Some(class));
    let port = free_port();
    let line = format!("-m gunicorn --config gunicorn.conf.py --bind 127.0.0.1:{port}");
    reads_back(&lab, &python, &line, &file, slots);
    let server = lab.start(&python, &format!("{line} app:application"));
    let limit = lab.wait("an answer of gunicorn", || get(port, "/small"));
    assert_eq!(limit, "1", "threads of OpenMP in a worker");
    let workers = setting(&file, "workers").unwrap().parse::<usize>().unwrap();
    lab.wait("all workers", || (children(server.id()) == workers).then_some(()));
}

/// `gunicorn --print-config` says what the file says.
fn reads_back(lab: &Lab, python: &Path, line: &str, file: &str, slots: Option<&str>) {
    let (code, said) = lab.run(python, &format!("{line} --print-config app:application"));
    assert_eq!(code, Some(0), "{said}");
    let said: Vec<(&str, &str)> =
        said.lines().filter_map(|l| l.split_once('=')).map(|(n, v)| (n.trim(), v.trim())).collect();
    let always = ["workers", "max_requests", "max_requests_jitter", "graceful_timeout"];
    for name in always.into_iter().chain(slots).chain(["preload_app"]) {
        let read = said.iter().find(|(said, _)| *said == name).map(|(_, value)| *value);
        assert_eq!(read.map(str::to_owned), setting(file, name), "{name}");
    }
}

#[test]
fn sync_workers_are_those_of_the_file() {
    starts("gunicorn-sync", "sync", Some("timeout"));
}

#[test]
fn thread_workers_are_those_of_the_file() {
    starts("gunicorn-gthread", "gthread", Some("threads"));
}

#[test]
fn gevent_workers_are_those_of_the_file() {
    starts("gunicorn-gevent", "gevent", Some("worker_connections"));
}
