//! The command lines, as a user would write them.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use sim::kernel::SimDuration;
use sim::pool::{Drain, PoolConfig, PoolKind, StartMethod};

use super::ready::ups_of;
use crate::run::{BLAS_VARIABLES, Files, Plan, RUN_VARIABLE};

/// A port that nobody listens on at this moment.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The Python of `plan` without arguments of its own, where it finds the
/// application and what that needs to know.
pub(super) fn python(plan: &Plan<'_>, files: &Files) -> io::Result<Command> {
    let mut command = Command::new(plan.python);
    command.current_dir(&files.sources).env(RUN_VARIABLE, &files.folder);
    // It runs in another folder.
    command.env("PLANNER_SPEC", std::path::absolute(&files.spec)?);
    command.env("PLANNER_UPS", std::path::absolute(ups_of(files))?);
    for name in ["GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"] {
        command.env_remove(name);
    }
    for variable in BLAS_VARIABLES {
        match plan.spec.pool.blas_threads {
            Some(threads) => command.env(variable, threads.to_string()),
            None => command.env_remove(variable),
        };
    }
    let stderr = File::options().append(true).open(&files.stderr)?;
    command.stdin(Stdio::null()).stdout(stderr.try_clone()?).stderr(stderr);
    // No settings or packages of the user's.
    command.args(["-E", "-s"]);
    Ok(command)
}

/// What follows `python`: `pool` on `port` of the loopback interface.
pub(super) fn arguments(pool: &PoolConfig, port: u16) -> Vec<String> {
    match pool.kind {
        PoolKind::Uvicorn => uvicorn(pool, port),
        _ => gunicorn(pool, port),
    }
}

fn gunicorn(pool: &PoolConfig, port: u16) -> Vec<String> {
    let mut line = Line::new("gunicorn");
    line.option("--bind", format!("127.0.0.1:{port}"));
    line.option("--workers", pool.profile.workers);
    let slots = pool.profile.slots_per_worker();
    match pool.kind {
        PoolKind::GunicornGthread => {
            line.option("--worker-class", "gthread");
            line.option("--threads", slots);
            line.option("--worker-connections", pool.worker_connections.unwrap_or(slots));
        }
        PoolKind::GunicornGevent => {
            line.option("--worker-class", "gevent");
            line.option("--worker-connections", slots);
        }
        _ => line.option("--worker-class", "sync"),
    }
    let life = &pool.lifecycle;
    if let Some(limit) = life.kill_after {
        line.option("--timeout", seconds(limit));
    }
    if let Drain::Within(limit) = life.drain {
        line.option("--graceful-timeout", seconds(limit));
    }
    if let Some(requests) = life.max_requests {
        line.option("--max-requests", requests);
        line.option("--max-requests-jitter", life.max_requests_jitter);
    }
    if pool.start_method == StartMethod::Fork {
        line.word("--preload");
    }
    line.word("--no-control-socket");
    line.option("--log-level", "warning");
    line.word("servers.wsgi:application");
    line.0
}

fn uvicorn(pool: &PoolConfig, port: u16) -> Vec<String> {
    let mut line = Line::new("uvicorn");
    line.option("--host", "127.0.0.1");
    line.option("--port", port);
    line.option("--workers", pool.profile.workers);
    // What it finds without further packages, so that it is the same anywhere.
    line.option("--loop", "asyncio");
    line.option("--http", "h11");
    let life = &pool.lifecycle;
    if let Some(requests) = life.max_requests {
        line.option("--limit-max-requests", requests);
        line.option("--limit-max-requests-jitter", life.max_requests_jitter);
    }
    line.word("--no-access-log");
    line.option("--log-level", "warning");
    line.word("servers.asgi:application");
    line.0
}

/// Words of a command line after `python`.
struct Line(Vec<String>);

impl Line {
    fn new(module: &str) -> Self {
        Self(vec!["-m".to_owned(), module.to_owned()])
    }

    fn word(&mut self, word: &str) {
        self.0.push(word.to_owned());
    }

    fn option(&mut self, name: &str, value: impl ToString) {
        self.0.extend([name.to_owned(), value.to_string()]);
    }
}

fn seconds(time: SimDuration) -> u64 {
    time.0 / SimDuration::SECOND.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::testing::config;

    /// The command line of that pool, with rules for its workers.
    fn line(kind: PoolKind, profile: &str, change: fn(&mut PoolConfig)) -> String {
        let mut pool = config(kind, profile);
        change(&mut pool);
        arguments(&pool, 8000).join(" ")
    }

    #[test]
    fn sync_workers_are_replaced_and_timed_out_as_asked() {
        let line = line(PoolKind::GunicornSync, "process:3", |pool| {
            pool.lifecycle.max_requests = Some(40);
            pool.lifecycle.max_requests_jitter = 25;
            pool.lifecycle.kill_after = Some(SimDuration::SECOND);
        });
        assert_eq!(
            line,
            "-m gunicorn --bind 127.0.0.1:8000 --workers 3 --worker-class sync --timeout 1 \
             --graceful-timeout 30 --max-requests 40 --max-requests-jitter 25 \
             --no-control-socket --log-level warning servers.wsgi:application"
        );
    }

    #[test]
    fn sizes_become_threads_or_connections() {
        let threads = line(PoolKind::GunicornGthread, "thread:2x8", |_| {});
        assert!(threads.contains("--workers 2"), "{threads}");
        assert!(threads.contains("--threads 8 --worker-connections 1000"), "{threads}");
        let greenlets = line(PoolKind::GunicornGevent, "async:2x50", |pool| {
            pool.start_method = StartMethod::Fork;
        });
        assert!(greenlets.contains("gevent --worker-connections 50"), "{greenlets}");
        assert!(greenlets.contains("--preload") && !threads.contains("--preload"));
    }

    #[test]
    fn uvicorn_has_its_own_words() {
        let line = line(PoolKind::Uvicorn, "async:2x50", |pool| {
            pool.lifecycle.max_requests = Some(40);
        });
        let limits = "--limit-max-requests 40 --limit-max-requests-jitter 0";
        assert!(line.starts_with("-m uvicorn") && line.contains(limits), "{line}");
        assert!(line.ends_with("servers.asgi:application"), "{line}");
    }
}
