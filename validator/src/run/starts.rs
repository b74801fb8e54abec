//! Starting the pool of a run again: one start-up takes 0.1 to 100 ms, and on a
//! shared machine a single one may be off by a third.

use std::fs::{self, File};
use std::path::Path;

use super::error::RunError;
use super::observation::{KernelRate, Startup};
use super::stop::Stop;
use super::{Files, Plan, at, launch};
use crate::servers;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Starts {
    /// Those that came up, in their order.
    pub seen: Vec<Startup>,
    /// Why there are no more of them, if one did not.
    pub failed: Option<String>,
}

/// Starts and ends the pool of `plan` `count` times, each in a fresh process with
/// the imports and the state of the run in `folder`, which must be over; `rates`
/// are that run's, so that no kernel is timed. Nobody looks at the processes.
///
/// gRPC pools and servers are not started again: theirs takes seconds.
///
/// The processes end as those of [`super::run`] do. The first start that fails
/// or is interrupted is the last.
pub fn start_again(
    plan: &Plan<'_>,
    rates: &[KernelRate],
    count: u32,
    folder: &Path,
    stop: &Stop,
) -> Starts {
    let mut starts = Starts::default();
    let pool = &plan.spec.pool;
    if pool.deployment.is_some() || servers::CELERY.contains(&pool.kind) {
        return starts;
    }
    let mut spec = plan.spec.clone();
    spec.rates = rates.to_vec();
    // Nobody is to be waited for.
    let plan = Plan { spec, rows: &[], ..*plan };
    for number in 1..=count {
        match start(&plan, &Files::of_start(folder, number), stop) {
            Ok(startup) => starts.seen.push(startup),
            Err(error) => {
                starts.failed = Some(error.to_string());
                break;
            }
        }
    }
    starts
}

fn start(plan: &Plan<'_>, files: &Files, stop: &Stop) -> Result<Startup, RunError> {
    if let Some(folder) = files.spec.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    fs::write(&files.spec, plan.spec.to_start_json(files)).map_err(at(&files.spec))?;
    File::create(&files.events).map_err(at(&files.events))?;
    Ok(launch(plan, files, stop)?.run(None)?.startup)
}
