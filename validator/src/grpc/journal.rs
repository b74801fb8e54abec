//! What is seen goes to the run's folder at once, and is kept for the answer.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use sim::experiment::RestartCause;

use crate::run::events::Event;
use crate::run::{Files, KernelRate, Record, Startup};

/// The life of one worker process. Instants in ns of CLOCK_MONOTONIC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Life {
    /// Which pool of the deployment.
    pub pool: usize,
    /// Which of its workers, by the order in which a free one is looked for.
    pub worker: u32,
    /// Its process.
    pub pid: u32,
    /// When it was launched.
    pub launched: u64,
    /// When it could take requests; `None` if it never could.
    pub ready: Option<u64>,
    /// When it took no more; `None` if it did to the end.
    pub ended: Option<u64>,
    /// Why it was replaced.
    pub cause: Option<RestartCause>,
    /// Requests that it answered, but for those that raised.
    pub served: u64,
}

/// The files, and what is in them.
#[derive(Debug)]
pub(crate) struct Journal {
    events: File,
    lives_file: File,
    pub(crate) kernels: Vec<KernelRate>,
    pub(crate) records: Vec<Record>,
    pub(crate) lives: Vec<Life>,
}

impl Journal {
    pub(crate) fn new(files: &Files) -> io::Result<Self> {
        Ok(Self {
            events: File::options().append(true).open(&files.events)?,
            lives_file: File::create(lives_path(&files.folder))?,
            kernels: Vec::new(),
            records: Vec::new(),
            lives: Vec::new(),
        })
    }

    pub(crate) fn calibrated(&mut self, rate: KernelRate) {
        write(&mut self.events, &Event::Calibrated(rate.clone()));
        self.kernels.push(rate);
    }

    pub(crate) fn ready(&mut self, startup: Startup) {
        write(&mut self.events, &Event::Ready(startup));
    }

    pub(crate) fn origin(&mut self, at: u64) {
        write(&mut self.events, &Event::Origin { at });
    }

    pub(crate) fn record(&mut self, record: Record) {
        let event = Event::Request(record);
        write(&mut self.events, &event);
        if let Event::Request(record) = event {
            self.records.push(record);
        }
    }

    pub(crate) fn life(&mut self, life: Life) {
        write(&mut self.lives_file, &life);
        self.lives.push(life);
    }

    pub(crate) fn end(&mut self, served: usize) {
        let failed = self.records.len() - served;
        write(&mut self.events, &Event::End { served, failed, beside: 0 });
    }
}

/// One worker's life a line, as they end.
fn lives_path(folder: &Path) -> std::path::PathBuf {
    folder.join("workers.jsonl")
}

/// In one call, so that a line is there whole or not at all.
fn write(file: &mut File, entry: &impl Serialize) {
    if let Ok(mut line) = serde_json::to_vec(entry) {
        line.push(b'\n');
        // What cannot be kept on disk is still in memory.
        let _ = file.write_all(&line);
    }
}
