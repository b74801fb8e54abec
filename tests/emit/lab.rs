//! A folder with emitted files, a Python that has the servers, and processes
//! that end with the test.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use validator::child::{self, Group};
use validator::environments::{Cache, EnvironmentError, Purpose};
use validator::interpreters;

/// Longest that a condition is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Two clients that wait 10 ms for an answer and think for as long: their pace
/// does not hang on the machine's.
const WORKLOAD: &str = r#"name = "pair"

[arrivals.closed]
clients = 2
think = "10 ms"

[[class]]
name = "small"
share = 0.8

[[class.segment]]
wait = "10 ms"

[[class]]
name = "large"
share = 0.2

[[class.segment]]
wait = "10 ms"

[runtime]
python = ["3.12"]
thread_safe = true
event_loop = true
fork_safe = true

[service]
dispatcher = "kernel"
max_workers = 2
"#;

/// What is served: sleeps, or for `/slow` a second.
const APPLICATION: &str = r#"import os
import time


def application(environ, start_response):
    time.sleep(1.0 if environ["PATH_INFO"] == "/slow" else 0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ.get("OMP_NUM_THREADS", "unset").encode()]


async def loop_application(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = os.environ.get("OMP_NUM_THREADS", "unset").encode()
    await send({"type": "http.response.body", "body": body})
"#;

/// One test at a time: several servers at once take long to start.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::new(());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a test did nothing, past the harness.
pub(crate) fn not_run(why: &str) {
    let _ = writeln!(io::stderr(), "not run: {why}");
}

/// The Python of an environment with the servers; none, and a line that says
/// why, if it cannot be had.
pub(crate) fn servers() -> Option<PathBuf> {
    let mut found = interpreters::find().interpreters.into_iter().rev();
    let fits = |i: &interpreters::Interpreter| {
        i.build.implementation == "CPython" && i.build.minor >= 10 && !i.build.free_threaded
    };
    let Some(interpreter) = found.find(fits) else {
        not_run("no CPython 3.10 or later was found");
        return None;
    };
    let cache = Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")));
    match cache.environment(&interpreter, Purpose::Servers) {
        Ok(environment) => Some(environment.python),
        Err(error @ (EnvironmentError::Install { .. } | EnvironmentError::NoVenv { .. })) => {
            not_run(&error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A folder that goes when the test ends, with an application in it.
pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
    /// With the workload, whose `[service]` is continued by `service`.
    pub(crate) fn new(service: &str) -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        fs::write(lab.path("pair.toml"), format!("{WORKLOAD}{service}")).unwrap();
        fs::write(lab.path("app.py"), APPLICATION).unwrap();
        lab
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// `planner recommend` with `arguments` (split at spaces), in the folder.
    pub(crate) fn recommend(&self, arguments: &str) -> assert_cmd::assert::Assert {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("planner");
        command.current_dir(self.0.path()).env_remove("COLUMNS");
        command.args(["recommend", "--workload", "pair.toml", "--cores", "2"]);
        command.args(arguments.split_whitespace()).assert()
    }

    /// Emits `target` into the folder.
    pub(crate) fn emit(&self, target: &str) {
        self.recommend(&format!("--emit {target}=.")).success().stderr("");
    }

    /// `program` in the folder, with `arguments` (split at spaces).
    pub(crate) fn command(&self, program: &Path, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).args(arguments.split_whitespace());
        // Nothing of the tests' own environment.
        for name in ["PYTHONPATH", "VIRTUAL_ENV", "GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"] {
            command.env_remove(name);
        }
        command
    }

    /// Exit code, standard output and error of `program`, which must end.
    pub(crate) fn run(&self, program: &Path, arguments: &str) -> (Option<i32>, String) {
        let finished = child::run(self.command(program, arguments), 2 * PATIENCE).unwrap();
        let text = [finished.stdout, finished.stderr].concat();
        (finished.status.code(), String::from_utf8(text).unwrap())
    }

    /// Runs a line of Python; it must succeed.
    pub(crate) fn python(&self, python: &Path, code: &str) -> String {
        self.write("line.py", code);
        let (status, text) = self.run(python, "line.py");
        assert_eq!(status, Some(0), "{text}");
        text
    }

    /// Starts `program`, whose output goes into `server.log`.
    pub(crate) fn start(&self, program: &Path, arguments: &str) -> Group {
        let log = fs::File::create(self.path("server.log")).unwrap();
        let mut command = self.command(program, arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Group::spawn(command).unwrap()
    }

    /// Waits until `condition` gives something.
    pub(crate) fn wait<T>(&self, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = condition() {
                return found;
            }
            let log = fs::read_to_string(self.path("server.log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "in vain: {what}\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The body of the answer to a GET of `path`; none if there is no answer yet.
pub(crate) fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| {
        // A chunk's length comes before it, if there are chunks.
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let line = if chunked { body.lines().nth(1) } else { body.lines().next() };
        line.unwrap_or_default().to_owned()
    })
}

/// Processes whose parent is `pid`, without helpers that `multiprocessing`
/// starts for itself.
pub(crate) fn children(pid: u32) -> usize {
    let entries = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let is_child = |process: &PathBuf| {
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        let words = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
        parent == Some(&*pid.to_string()) && !words.contains("resource_tracker")
    };
    entries.filter(is_child).count()
}

/// The value of `name = value` in a Python file.
pub(crate) fn setting(text: &str, name: &str) -> Option<String> {
    let start = format!("{name} = ");
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(&start))?;
    Some(line.trim_matches('"').to_owned())
}
