//! Writes each run's requests and samples as Parquet when it lands, and moves
//! the bar.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sim::search::Progress as _;
use tables::{Column, Format, Header, Table};
use validator::run::{Observation, Outcome, Record, Startup};
use validator::validate::campaign::Watcher;
use validator::validate::{Case, Measured};

use crate::progress::Bar;

/// Keeps runs under a folder.
pub struct Keeper {
    folder: PathBuf,
    bar: Bar,
}

impl Keeper {
    /// Under `out`.
    pub fn new(out: &Path) -> Self {
        Self { folder: out.join("observed"), bar: Bar::new() }
    }
}

impl Watcher for Keeper {
    fn next(&mut self, cell: &str, done: u64, total: u64) {
        self.bar.step(cell, done, total);
    }

    fn landed(
        &mut self,
        case: &Case,
        measured: &Measured,
        observation: &Observation,
    ) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let name = format!("{}-{}", measured.cell, measured.repeat);
        let path = |what: &str| self.folder.join(format!("{name}-{what}.parquet"));
        write(&path("requests"), requests(case, observation))?;
        write(&path("samples"), samples(observation))?;
        write(&path("starts"), starts(observation))
    }
}

/// Writes a table of `columns`.
pub fn write(path: &Path, columns: Vec<(String, Column)>) -> io::Result<()> {
    let table = Table::new(columns).map_err(io::Error::other)?;
    let mut file = fs::File::create(path)?;
    tables::write(&table, Format::Parquet, Header::Names, &mut file).map_err(io::Error::other)
}

fn requests(case: &Case, seen: &Observation) -> Vec<(String, Column)> {
    let whole = |value: u64| i64::try_from(value).ok();
    let integers = |name: &str, value: &dyn Fn(&Record) -> Option<u64>| {
        let values = seen.records.iter().map(|record| value(record).and_then(whole));
        (name.to_owned(), Column::Integer(values.collect()))
    };
    let text = |name: &str, value: &dyn Fn(&Record) -> String| {
        let values = seen.records.iter().map(|record| Some(value(record)));
        (name.to_owned(), Column::Text(values.collect()))
    };
    let class = |record: &Record| {
        case.workload().classes.get(record.class).map_or_else(String::new, |it| it.name.clone())
    };
    vec![
        integers("request", &|it| Some(it.request as u64)),
        text("class", &class),
        integers("scheduled_ns", &|it| Some(it.scheduled)),
        integers("submitted_ns", &|it| Some(it.submitted)),
        integers("started_ns", &|it| it.started),
        integers("finished_ns", &|it| it.finished),
        integers("received_ns", &|it| Some(it.received)),
        integers("cpu_ns", &|it| it.cpu),
        integers("worker", &|it| it.worker.map(u64::from)),
        integers("thread", &|it| it.thread),
        text("outcome", &|it| match &it.outcome {
            Outcome::Ok => "ok".to_owned(),
            Outcome::Exception(what) => format!("exception: {what}"),
            Outcome::Pool(what) => format!("pool: {what}"),
        }),
    ]
}

fn starts(seen: &Observation) -> Vec<(String, Column)> {
    let all = || [&seen.startup].into_iter().chain(&seen.starts.seen);
    let integers = |name: &str, value: &dyn Fn(&Startup) -> u64| {
        let values = all().map(|startup| i64::try_from(value(startup)).ok());
        (name.to_owned(), Column::Integer(values.collect()))
    };
    vec![
        integers("launched_ns", &|it| it.launched),
        integers("began_ns", &|it| it.began),
        integers("ready_ns", &|it| it.ready),
    ]
}

fn samples(seen: &Observation) -> Vec<(String, Column)> {
    let rows =
        || seen.samples.iter().flat_map(|look| look.processes.iter().map(move |it| (look.at, it)));
    let integers = |name: &str, value: &dyn Fn(u64, &validator::run::ProcessSample) -> u64| {
        let values = rows().map(|(at, process)| i64::try_from(value(at, process)).ok());
        (name.to_owned(), Column::Integer(values.collect()))
    };
    vec![
        integers("at_ns", &|at, _| at),
        integers("pid", &|_, it| u64::from(it.pid.unsigned_abs())),
        integers("pss_bytes", &|_, it| it.pss),
        integers("rss_bytes", &|_, it| it.rss),
        integers("threads", &|_, it| it.threads as u64),
        integers("cpu_ns", &|_, it| it.cpu),
        integers("core_wait_ns", &|_, it| it.core_wait),
        integers("slices", &|_, it| it.slices),
    ]
}
