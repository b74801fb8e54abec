//! `planner simulate`: pools under a workload.

use std::io::{self, Write};

use sim::experiment::{
    BlastRadius, Outcome, Record, Scenario, SimError, Snapshot, Start, Summary, undisturbed,
};
use sim::host::Host;
use sim::pool::Deployment;
use sim::workload::{Trace, Workload, write_trace};

use crate::args::{Format, MAX_REQUESTS, SimulateArgs};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, Target};
use crate::pools::{Choices, LifeChanges};
use crate::progress::Bar;
use crate::render::simulation::Answer;
use crate::runs::replicate;
use crate::watcher::Watcher;
use crate::{command_line, inputs, picture, render};

/// Simulates and says what came out.
pub fn run(args: &SimulateArgs) -> Result<Code, Failure> {
    let mut workload = inputs::workload(&args.workload)?;
    let host = inputs::host(&args.host)?;
    let service = &mut workload.service;
    let changes = LifeChanges::from(&args.life);
    service.lifecycle = changes.apply(service.lifecycle).map_err(SimError::Impossible)?;
    let deployment = Choices::from(&args.pool).deploy(&workload, &host);
    let deployment = deployment.map_err(SimError::Impossible)?;
    let requests = requests(args, &workload)?;
    // Opened first: a wrong path is known before the work is done.
    let target = Target::open(args.output.out.as_deref())?;
    let files = Files::open(args)?;
    let case = Case { args, workload: &workload, host: &host, requests };
    let (bar, mut watcher) = (Bar::new(), Watcher::new(files.records.is_some()));
    let outcomes = case.replicate(&workload, &deployment, &mut watcher, &bar)?;
    let radius = case.blast_radius(&deployment, &outcomes, &bar)?;
    drop(bar);
    files.fill(&case, &deployment, &watcher)?;
    let answer = Answer {
        workload: &workload,
        host: &host,
        deployment: &deployment,
        summary: &Summary::of(outcomes),
        radius: radius.as_ref(),
        snapshots: &watcher.snapshots,
        cold: args.run.cold,
        requests,
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

/// Requests per replication.
fn requests(args: &SimulateArgs, workload: &Workload) -> Result<u64, SimError> {
    let Some(length) = args.run.length else { return Ok(args.run.requests) };
    let Some(rate) = workload.arrivals.offered_rate() else {
        return Err(SimError::Impossible(format!(
            "how many requests of `{}` come in {length} is not known beforehand: its clients wait \
             for their replies, or all requests come at once; write --requests instead of --for",
            workload.name
        )));
    };
    let requests = (rate * length.as_secs()).round().max(1.0);
    if requests > MAX_REQUESTS as f64 {
        return Err(SimError::Impossible(format!(
            "{requests} requests would come in {length}, over {MAX_REQUESTS}; simulate less time"
        )));
    }
    Ok(requests as u64)
}

/// What every run has in common.
struct Case<'a> {
    args: &'a SimulateArgs,
    workload: &'a Workload,
    host: &'a Host,
    requests: u64,
}

impl Case<'_> {
    fn replicate<O: sim::experiment::Observer + Send>(
        &self,
        workload: &Workload,
        deployment: &Deployment,
        first: &mut O,
        bar: &Bar,
    ) -> Result<Vec<Outcome>, SimError> {
        let run = &self.args.run;
        let scenario = Scenario {
            cpu: run.scheduler.into(),
            start: if run.cold { Start::Cold } else { Start::Warm },
            ..Scenario::of(workload, self.host, deployment, self.requests, run.seed)
        };
        replicate(&scenario, run.replications, first, "simulating replications", bar)
    }

    /// The same requests without life cycle and faults, if those did anything.
    fn blast_radius(
        &self,
        deployment: &Deployment,
        outcomes: &[Outcome],
        bar: &Bar,
    ) -> Result<Option<BlastRadius>, SimError> {
        if outcomes.iter().all(|outcome| outcome.workers.total_restarts() == 0) {
            return Ok(None);
        }
        let (workload, deployment) = undisturbed(self.workload, deployment);
        let calm = self.replicate(&workload, &deployment, &mut (), bar)?;
        Ok(Some(BlastRadius::of(outcomes, &calm)))
    }
}

/// Files about the first replication.
struct Files {
    records: Option<OutFile>,
    timeline: Option<OutFile>,
    plot: Option<OutFile>,
    trace: Option<OutFile>,
}

impl Files {
    fn open(args: &SimulateArgs) -> Result<Self, Failure> {
        let open =
            |path: &Option<std::path::PathBuf>| path.as_deref().map(OutFile::create).transpose();
        Ok(Self {
            records: open(&args.files.records)?,
            timeline: open(&args.files.timeline)?,
            plot: open(&args.files.plot)?,
            trace: open(&args.files.trace_out)?,
        })
    }

    fn fill(
        self,
        case: &Case<'_>,
        deployment: &Deployment,
        watcher: &Watcher,
    ) -> Result<(), Failure> {
        let Case { args, workload, requests, .. } = *case;
        if let Some(file) = self.records {
            file.fill(|out| write_records(out, workload, &watcher.records))?;
        }
        if let Some(file) = self.timeline {
            file.fill(|out| write_timeline(out, &watcher.snapshots))?;
        }
        if let Some(file) = self.plot {
            let title = format!("{deployment} serving {}", workload.name);
            let objective = workload.objective.memory_bytes;
            let mut limits: Vec<(&str, u64)> = vec![("memory of the host", case.host.memory_bytes)];
            limits.extend(objective.map(|bytes| ("limit of the objective", bytes)));
            let svg = picture::timeline::of_run(&watcher.snapshots, title, &limits)?;
            file.fill(|out| out.write_all(svg.as_bytes()))?;
        }
        if let Some(file) = self.trace {
            let rows = Trace::new(workload, args.run.seed, 0).take(requests as usize);
            file.fill(|mut out| write_trace(&mut out, rows, workload))?;
        }
        Ok(())
    }
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
    writeln!(
        out,
        "at_ns,queued,busy_slots,runnable,ready_workers,fewest_ready,restarts,pss_bytes,rss_bytes"
    )?;
    for s in snapshots {
        let Snapshot { queued, busy_slots, runnable, ready_workers, .. } = s;
        let Snapshot { fewest_ready, restarts, pss, rss, .. } = s;
        write!(out, "{},{queued},{busy_slots},{runnable},{ready_workers},", s.at.0)?;
        writeln!(out, "{fewest_ready},{restarts},{pss},{rss}")?;
    }
    Ok(())
}
