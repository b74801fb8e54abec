//! A worker's process: launched, heard on its standard output, and ended.

use std::fs::File;
use std::io;
use std::process::{Command, Stdio};

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;

use crate::child::Group;
use crate::run::{BLAS_VARIABLES, Files, KernelRate, Plan, RUN_VARIABLE, RunError};

/// One line of a worker.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Said {
    /// It serves on that port.
    Up { port: u16, interpreter_lock: bool },
    /// It gives up.
    Failed { stage: String, detail: String },
    /// How long a kernel takes.
    Calibrated(KernelRate),
}

/// The lines of a worker; the end of them is its end.
#[derive(Debug)]
pub(super) struct Voice {
    lines: Lines<BufReader<Receiver>>,
}

impl Voice {
    /// The next line; `None` once the process has ended.
    pub(super) async fn hear(&mut self) -> Option<Result<Said, String>> {
        let line = self.lines.next_line().await.ok()??;
        Some(serde_json::from_str(&line).map_err(|_| line))
    }
}

/// Starts `python -m grpc_worker` with `arguments` and that many BLAS threads.
/// It dies with the calling thread.
pub(super) fn launch(
    plan: &Plan<'_>,
    files: &Files,
    blas_threads: Option<u32>,
    arguments: &[String],
) -> Result<(Group, Voice), RunError> {
    let failed = |error| RunError::Launch { python: plan.python.to_owned(), error };
    let mut command = Command::new(plan.python);
    command.current_dir(&files.sources).env(RUN_VARIABLE, &files.folder);
    // No settings or packages of the user's.
    command.args(["-E", "-s", "-m", "grpc_worker"]);
    // It runs in another folder.
    command.arg(std::path::absolute(&files.spec).map_err(failed)?).args(arguments);
    let stderr = File::options().append(true).open(&files.stderr).map_err(failed)?;
    let (ear, mouth) = io::pipe().map_err(failed)?;
    command.stdin(Stdio::null()).stdout(mouth).stderr(stderr);
    for variable in BLAS_VARIABLES {
        match blas_threads {
            Some(threads) => command.env(variable, threads.to_string()),
            None => command.env_remove(variable),
        };
    }
    let group = Group::spawn(command).map_err(failed)?;
    let ear = Receiver::from_owned_fd(ear.into()).map_err(failed)?;
    Ok((group, Voice { lines: BufReader::new(ear).lines() }))
}
