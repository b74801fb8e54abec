//! How long steps of the kernels take, asked of a process of its own before the
//! server is there.

use std::time::{Duration, Instant};

use sim::pool::PoolConfig;

use super::{command, imports};
use crate::child::Group;
use crate::grpc::spoken::{died, last_words};
use crate::run::events::{Event, Tail};
use crate::run::{Files, KernelRate, Plan, RunError, Stop};

/// Time between two looks at whether it is over.
const LOOK: Duration = Duration::from_millis(20);

/// Times the kernels; the rates and the imports of `pool` are left in
/// the run's folder.
pub(super) fn calibrate(
    plan: &Plan<'_>,
    files: &Files,
    stop: &Stop,
    pool: &PoolConfig,
) -> Result<Vec<KernelRate>, RunError> {
    let failed = |error| RunError::Launch { python: plan.python.to_owned(), error };
    let mut command = command::python(plan, files).map_err(failed)?;
    command.args(["-m", "servers"]);
    command.arg(std::path::absolute(&files.spec).map_err(failed)?);
    command.arg(if imports::are_forked_bare(pool) { "forked" } else { "fresh" });
    command.arg(imports::of_parent(pool.kind)).arg(imports::of_worker(pool.kind));
    command.arg(imports::APPLICATION);
    let group = Group::spawn(command).map_err(failed)?;
    end(group, plan, files, stop)?;
    let mut tail = Tail::open(&files.events).map_err(RunError::Watch)?;
    let mut kernels = Vec::new();
    for event in tail.read()? {
        if let Event::Calibrated(rate) = event {
            kernels.push(rate);
        }
    }
    Ok(kernels)
}

/// Waits for the end of it.
fn end(mut group: Group, plan: &Plan<'_>, files: &Files, stop: &Stop) -> Result<(), RunError> {
    let began = Instant::now();
    let limit = plan.limits.ready.min(plan.limits.total);
    loop {
        if let Some(status) = group.wait(LOOK).map_err(RunError::Watch)? {
            return if status.success() { Ok(()) } else { Err(why(files, status.to_string())) };
        }
        if stop.is_requested() {
            return Err(RunError::Interrupted);
        }
        if began.elapsed() > limit {
            let (said, stderr) = (last_words(files), files.stderr.clone());
            return Err(RunError::NeverReady { limit, said, stderr });
        }
    }
}

/// What it said before it gave up, else how it ended.
fn why(files: &Files, how: String) -> RunError {
    let events = Tail::open(&files.events).map_err(RunError::Watch).and_then(|mut it| it.read());
    let failed = events.unwrap_or_default().into_iter().find_map(|event| match event {
        Event::Failed { stage, detail } => Some((stage, detail)),
        _ => None,
    });
    match failed {
        Some((stage, detail)) => RunError::Failed { stage, detail, stderr: files.stderr.clone() },
        None => died(files, how),
    }
}
