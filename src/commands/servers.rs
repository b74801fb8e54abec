//! `planner servers`: what real servers cost per request, into a calibration.

use std::collections::BTreeMap;
use std::path::Path;

use sim::host::Host;
use sim::pool::PoolKind;
use sim::search::Progress as _;
use validator::calibrate;
use validator::environments::{Cache, Purpose};
use validator::run::{RunError, Stop};
use validator::servers::cost::{Round, measure};
use validator::servers::{dispatch, kinds, processes};

use crate::args::{Format, ServersArgs};
use crate::exit::{Code, Failure};
use crate::files::{OutFile, to_stdout};
use crate::progress::Bar;
use crate::render;
use crate::render::json::servers::Servers;

/// What was measured, by server, and what was not, with the reason.
#[derive(Debug, Default)]
pub struct Measured {
    /// Runs that were finished.
    pub rounds: BTreeMap<PoolKind, Vec<Round>>,
    /// Servers of which a run failed, and how.
    pub failed: BTreeMap<PoolKind, String>,
    /// Did someone ask to end?
    pub interrupted: bool,
}

/// Measures, writes the calibration, and says what is new in it.
pub fn run(args: &ServersArgs) -> Result<Code, Failure> {
    let mut host = Host::load(&args.calibration).map_err(Failure::Inputs)?;
    let chosen = chosen(&args.only)?;
    if args.out.is_file() && !args.force {
        return Err(Failure::Exists(args.out.clone()));
    }
    // Before the work, so that a wrong path is known.
    let out = OutFile::create(&args.out)?;
    let interpreter = calibrate::interpreter(args.python.as_deref()).map_err(Failure::Calibrate)?;
    let environment = Cache::of_user()
        .and_then(|cache| cache.environment(&interpreter, Purpose::Servers))
        .map_err(|error| Failure::NoPython(error.to_string()))?;
    let measured = measure_all(args, &chosen, &environment.python)?;
    for (kind, rounds) in &measured.rounds {
        if let Some(cost) = dispatch(*kind, &host, rounds) {
            host.dispatch.pools.insert(*kind, cost);
        }
        if let Some(cost) = processes(*kind, &host, rounds) {
            host.servers.insert(*kind, cost);
        }
    }
    if !measured.rounds.is_empty() {
        out.fill(|to| to.write_all(host.write().as_bytes()))?;
    }
    to_stdout(&match args.format {
        Format::Text => render::servers::text(&host, &measured, &args.out),
        Format::Json => render::json::text(&Servers::new(&host, &measured, &args.out)),
    })?;
    Ok(match measured {
        Measured { interrupted: true, .. } => Code::Internal,
        Measured { rounds, .. } if rounds.is_empty() => Code::NotRun,
        _ => Code::Met,
    })
}

fn chosen(only: &[PoolKind]) -> Result<Vec<PoolKind>, Failure> {
    let all = kinds();
    if let Some(other) = only.iter().find(|kind| !all.contains(kind)) {
        let names: Vec<&str> = all.iter().map(|kind| kind.name()).collect();
        let names = names.join(", ");
        return Err(Failure::Refused(format!("`{other}` is no server: take one of {names}")));
    }
    Ok(if only.is_empty() { all } else { only.to_vec() })
}

/// Every server once, then all again.
fn measure_all(
    args: &ServersArgs,
    chosen: &[PoolKind],
    python: &Path,
) -> Result<Measured, Failure> {
    let scratch = tempfile::tempdir();
    let scratch = scratch.map_err(|error| Failure::file(&std::env::temp_dir(), error))?;
    let signals = |error| Failure::Output { target: "signal handlers".to_owned(), error };
    let stop = Stop::on_signals().map_err(signals)?;
    let bar = Bar::new();
    let mut measured = Measured::default();
    let runs = (0..args.rounds).flat_map(|round| chosen.iter().map(move |kind| (round, *kind)));
    let total = u64::from(args.rounds) * chosen.len() as u64;
    for (done, (round, kind)) in (0..).zip(runs) {
        if measured.failed.contains_key(&kind) {
            continue;
        }
        bar.step(&format!("measuring {kind}"), done, total);
        let folder = scratch.path().join(format!("{kind}-{round}"));
        match measure(python, kind, &folder, &stop) {
            Ok(one) => measured.rounds.entry(kind).or_default().push(one),
            Err(RunError::Interrupted) => {
                measured.interrupted = true;
                break;
            }
            Err(error) => {
                measured.failed.insert(kind, error.to_string());
            }
        }
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_can_be_chosen() {
        assert_eq!(chosen(&[]).unwrap().len(), 6);
        assert_eq!(chosen(&[PoolKind::Uvicorn]).unwrap(), [PoolKind::Uvicorn]);
        let error = chosen(&[PoolKind::Asyncio]).unwrap_err().to_string();
        assert!(error.contains("`asyncio` is no server") && error.contains("uvicorn"), "{error}");
    }
}
