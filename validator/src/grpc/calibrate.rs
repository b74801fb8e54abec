//! How long steps of the kernels take, asked of a process of its own before
//! any worker is there.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::journal::Journal;
use super::process::{Said, launch};
use super::spoken::{died, last_words};
use crate::run::{Files, Plan, RunError, Stop};

/// Time between two looks at whether to give up.
const LOOK: Duration = Duration::from_millis(20);

/// The rates as workers are told them.
pub(super) async fn calibrate(
    plan: &Plan<'_>,
    files: &Files,
    stop: &Stop,
    journal: &mut Journal,
) -> Result<String, RunError> {
    let began = Instant::now();
    let blas = plan.spec.pool.deployment.as_ref().and_then(|it| it.pools.first());
    let blas = blas.map(|pool| pool.blas_threads);
    let (mut group, mut voice) = launch(plan, files, blas, &["calibrate".to_owned()])?;
    let mut rates = Map::new();
    loop {
        let heard = tokio::select! {
            heard = voice.hear() => heard,
            () = tokio::time::sleep(LOOK) => {
                give_up(plan, files, stop, began)?;
                continue;
            }
        };
        match heard {
            Some(Ok(Said::Calibrated(rate))) => {
                rates.insert(rate.kernel.clone(), json!([rate.fixed_ns, rate.step_ns]));
                journal.calibrated(rate);
            }
            Some(Ok(Said::Failed { stage, detail })) => {
                return Err(RunError::Failed { stage, detail, stderr: files.stderr.clone() });
            }
            Some(Ok(Said::Up { .. })) => return Err(died(files, "as a worker".to_owned())),
            Some(Err(line)) => return Err(died(files, format!("after the words `{line}`"))),
            None => break,
        }
    }
    let status = group.wait(plan.limits.ready).map_err(RunError::Watch)?;
    match status.filter(|status| !status.success()) {
        Some(status) => Err(died(files, status.to_string())),
        None => Ok(Value::Object(rates).to_string()),
    }
}

fn give_up(plan: &Plan<'_>, files: &Files, stop: &Stop, began: Instant) -> Result<(), RunError> {
    if stop.is_requested() {
        return Err(RunError::Interrupted);
    }
    let limit = plan.limits.ready.min(plan.limits.total);
    if began.elapsed() > limit {
        let (said, stderr) = (last_words(files), files.stderr.clone());
        return Err(RunError::NeverReady { limit, said, stderr });
    }
    Ok(())
}
