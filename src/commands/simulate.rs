//! `planner simulate`: one profile under a workload.

use std::io::{self, Write};

use rayon::prelude::*;
use sim::experiment::{Outcome, Record, Scenario, SimError, Snapshot, Start, Summary, simulate};
use sim::kernel::SimDuration;
use sim::pool::{Concurrency, PoolConfig};
use sim::workload::{Trace, Workload, write_trace};

use crate::args::{Format, SimulateArgs};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, Target};
use crate::progress::Bar;
use crate::render::simulation::Answer;
use crate::watcher::Watcher;
use crate::{command_line, inputs, render};

/// Snapshots of the time line.
const STEPS: u64 = 94;

/// Simulates and says what came out.
pub fn run(args: &SimulateArgs) -> Result<Code, Failure> {
    let workload = inputs::workload(&args.workload)?;
    let host = inputs::host(&args.host)?;
    let pool = pool(args, &workload)?;
    // Opened first: a wrong path is known before the work is done.
    let target = Target::open(args.output.out.as_deref())?;
    let [records, timeline, trace] =
        [&args.files.records, &args.files.timeline, &args.files.trace_out]
            .map(|path| path.as_deref().map(OutFile::create).transpose());
    let (records, timeline, trace) = (records?, timeline?, trace?);
    let scenario = Scenario {
        cpu: args.run.scheduler.into(),
        start: if args.run.cold { Start::Cold } else { Start::Warm },
        ..Scenario::new(&workload, &host, &pool, args.run.requests, args.run.seed)
    };
    let bar = Bar::new();
    let outcomes = replicate(&scenario, args.run.replications, &bar)?;
    let watcher = watch_first(&scenario, &outcomes[0], records.is_some())?;
    drop(bar);
    if let Some(file) = records {
        file.fill(|out| write_records(out, &workload, &watcher.records))?;
    }
    if let Some(file) = timeline {
        file.fill(|out| write_timeline(out, &watcher.snapshots))?;
    }
    if let Some(file) = trace {
        let rows = Trace::new(&workload, args.run.seed, 0).take(args.run.requests as usize);
        file.fill(|mut out| write_trace(&mut out, rows, &workload))?;
    }
    let summary = Summary::of(outcomes);
    let answer = Answer {
        workload: &workload,
        host: &host,
        pool: &pool,
        summary: &summary,
        snapshots: &watcher.snapshots,
        cold: args.run.cold,
        requests: args.run.requests,
        seed: args.run.seed,
        command: command_line::repeat(),
    };
    let text = match args.output.format {
        Format::Text => render::simulation::text(&answer),
        Format::Json => render::json::text(&render::json::simulate::Simulate::new(&answer)),
    };
    target.write(&text)?;
    Ok(Code::Met)
}

fn pool(args: &SimulateArgs, workload: &Workload) -> Result<PoolConfig, SimError> {
    let python = args.pool.python.unwrap_or(workload.runtime.python[0]);
    let interpreters = matches!(args.pool.profile.concurrency, Concurrency::Interpreters(_));
    if interpreters && !python.has_interpreter_pool() {
        return Err(SimError::Impossible(format!(
            "Python {python} has no pool of sub-interpreters; it came with 3.14, so name that with \
             --python"
        )));
    }
    let mut pool = PoolConfig::new(workload, args.pool.profile, python);
    if let Some(method) = args.pool.start_method {
        pool.start_method = method.into();
    }
    pool.blas_threads = args.pool.blas_threads;
    pool.choice = args.pool.choice.into();
    Ok(pool)
}

/// All replications in parallel, in rounds so that the bar can move.
fn replicate(
    scenario: &Scenario<'_>,
    replications: u32,
    bar: &Bar,
) -> Result<Vec<Outcome>, SimError> {
    let round = rayon::current_num_threads().max(1) as u32;
    let mut outcomes = Vec::new();
    for from in (0..replications).step_by(round as usize) {
        let range = from..replications.min(from.saturating_add(round));
        let some: Result<Vec<Outcome>, SimError> =
            range.into_par_iter().map(|r| simulate(scenario, r, &mut ())).collect();
        outcomes.extend(some?);
        sim::search::Progress::step(
            bar,
            "simulating replications",
            outcomes.len() as u64,
            u64::from(replications),
        );
    }
    Ok(outcomes)
}

/// The first replication once more, with someone looking on: what is watched
/// changes nothing of it.
fn watch_first(
    scenario: &Scenario<'_>,
    first: &Outcome,
    records: bool,
) -> Result<Watcher, SimError> {
    let length = SimDuration::from_secs(first.makespan.max(first.ready_at.as_secs()));
    let every = SimDuration((length.0 / STEPS).max(1));
    let mut watcher = Watcher::new(every, records);
    simulate(scenario, 0, &mut watcher)?;
    Ok(watcher)
}

fn write_records(out: &mut dyn Write, workload: &Workload, records: &[Record]) -> io::Result<()> {
    writeln!(out, "request,class,scheduled_ns,started_ns,finished_ns,worker,fate")?;
    for record in records {
        let started = record.started.map_or(String::new(), |at| at.0.to_string());
        let worker = record.worker.map_or(String::new(), |worker| worker.to_string());
        writeln!(
            out,
            "{},{},{},{started},{},{worker},{}",
            record.request,
            workload.classes[record.class].name,
            record.scheduled.0,
            record.finished.0,
            record.fate.name()
        )?;
    }
    Ok(())
}

fn write_timeline(out: &mut dyn Write, snapshots: &[Snapshot]) -> io::Result<()> {
    writeln!(out, "at_ns,queued,busy_slots,runnable,ready_workers,pss_bytes,rss_bytes")?;
    for s in snapshots {
        writeln!(
            out,
            "{},{},{},{},{},{},{}",
            s.at.0, s.queued, s.busy_slots, s.runnable, s.ready_workers, s.pss, s.rss
        )?;
    }
    Ok(())
}
