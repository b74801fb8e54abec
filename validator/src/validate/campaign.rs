//! Many cells, several times each, in an order that drift cannot favour.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sim::experiment::SimError;
use sim::host::Host;
use sim::pool::PoolKind;
use sim::workload::{PythonVersion, SegmentKind, Workload};

use super::anchors::Anchors;
use super::cells::Cell;
use super::journal::{Entry, Journal, JournalError};
use super::measure::{Bench, Case, Measured, measure};
use super::predict::Predictor;
use super::verdict::{Comparison, Run, compare};
use crate::environments::{Cache, Purpose};
use crate::interpreters::Interpreter;
use crate::run::{KernelRate, Observation, RunError, Stop};
use crate::servers;

/// Times that a run is repeated because the machine was not its own.
const RETRIES: u32 = 2;

/// How to go about it.
#[derive(Debug)]
pub struct Settings<'a> {
    /// The calibration.
    pub host: &'a Host,
    /// The Python to run.
    pub interpreter: &'a Interpreter,
    /// Runs of each cell.
    pub repeats: u32,
    /// Starts of the pool in each run, its own included.
    pub starts: u32,
    /// Seed of the requests.
    pub seed: u64,
    /// Draws of the parameters for the prediction intervals.
    pub draws: u32,
    /// Where the runs are kept: events, samples, the journal.
    pub out: &'a Path,
    /// Rates of kernels that every run is to have, so that all do the same work;
    /// each run times the others when it begins.
    pub rates: &'a [KernelRate],
}

/// Is told what happens.
pub trait Watcher {
    /// `done` of `total` runs are over; this one is next.
    fn next(&mut self, cell: &str, done: u64, total: u64);

    /// A run landed.
    ///
    /// # Errors
    /// It cannot be kept.
    fn landed(
        &mut self,
        case: &Case,
        measured: &Measured,
        observation: &Observation,
    ) -> std::io::Result<()>;
}

/// A campaign could not go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// Runs cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A run could not be written down.
    #[error("cannot write what was measured: {0}; make room or name another --out")]
    Keep(#[from] std::io::Error),
    /// A prediction failed.
    #[error("`{cell}` cannot be predicted: {error}")]
    Simulation {
        /// The cell.
        cell: String,
        /// Why.
        error: SimError,
    },
}

/// One cell, measured and predicted.
#[derive(Clone, Debug)]
pub struct CellResult {
    /// The cell.
    pub case: Case,
    /// Its runs.
    pub runs: Vec<Run>,
    /// Its figures; none if the speed changed in every run.
    pub comparisons: Vec<Comparison>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Campaign {
    /// In the order of the cells.
    pub results: Vec<CellResult>,
    /// Cells that were not run: name and reason.
    pub not_run: Vec<(String, String)>,
    /// Was it ended on request?
    pub interrupted: bool,
    /// What work takes at the machine's full speed.
    pub anchors: Anchors,
}

/// Measures and predicts `cells`. Runs that the journal of `settings.out` has
/// are not repeated; an interrupted campaign keeps what landed.
///
/// # Errors
/// What was measured could not be kept, or a prediction failed. A cell that
/// cannot be run is no error: it is listed.
pub fn run(
    cells: &[Cell],
    settings: &Settings<'_>,
    stop: &Stop,
    watcher: &mut dyn Watcher,
) -> Result<Campaign, CampaignError> {
    let mut journal = Journal::open(&settings.out.join("journal.jsonl"))?;
    let mut campaign = Campaign::default();
    let planned = plan(cells, settings, &mut campaign.not_run);
    let mut measured: BTreeMap<usize, Vec<Measured>> = BTreeMap::new();
    let order = order(planned.len(), settings.repeats);
    let total = order.len() as u64;
    for (done, (index, repeat)) in (0..).zip(order) {
        let Planned { case, python, digest } = &planned[index];
        if campaign.not_run.iter().any(|(name, _)| *name == case.cell.name) {
            continue;
        }
        if let Some(found) = journal.find(digest, repeat) {
            measured.entry(index).or_default().push(found.clone());
            continue;
        }
        watcher.next(&case.cell.name, done, total);
        match steady_run(case, repeat, python, settings, stop) {
            Ok((run, observation)) => {
                journal.keep(Entry { of: digest.clone(), measured: run.clone() })?;
                watcher.landed(case, &run, &observation)?;
                measured.entry(index).or_default().push(run);
            }
            Err(RunError::Interrupted) => {
                campaign.interrupted = true;
                break;
            }
            Err(error) => campaign.not_run.push((case.cell.name.clone(), error.to_string())),
        }
    }
    campaign.anchors = Anchors::of(measured.values().flatten());
    let (host, draws) = (settings.host, settings.draws);
    let predictor = Predictor { host, draws, anchors: &campaign.anchors };
    let mut results = Vec::new();
    for (index, runs) in measured {
        results.push(result(&planned[index].case, runs, &predictor)?);
    }
    campaign.results = results;
    Ok(campaign)
}

fn result(
    case: &Case,
    runs: Vec<Measured>,
    predictor: &Predictor<'_>,
) -> Result<CellResult, CampaignError> {
    let fail = |error| CampaignError::Simulation { cell: case.cell.name.clone(), error };
    let predict = |measured: Measured| {
        let predicted = predictor.predict(case, &measured).map_err(fail)?;
        Ok(Run { measured, predicted })
    };
    let runs = runs.into_iter().map(predict).collect::<Result<Vec<_>, CampaignError>>()?;
    let comparisons = compare(&runs);
    Ok(CellResult { case: case.clone(), runs, comparisons })
}

/// A cell that can be run, and by what.
struct Planned {
    case: Case,
    python: PathBuf,
    digest: String,
}

fn plan(
    cells: &[Cell],
    settings: &Settings<'_>,
    not_run: &mut Vec<(String, String)>,
) -> Vec<Planned> {
    let build = &settings.interpreter.build;
    let version = PythonVersion { minor: build.minor, free_threaded: build.free_threaded };
    let mut pythons: BTreeMap<Purpose, Result<PathBuf, String>> = BTreeMap::new();
    let mut planned = Vec::new();
    for cell in cells {
        let purpose = purpose(cell.pool, &cell.workload);
        let python = pythons.entry(purpose).or_insert_with(|| {
            let cache = Cache::of_user().map_err(|error| error.to_string())?;
            let made = cache.environment(settings.interpreter, purpose);
            Ok(made.map_err(|error| error.to_string())?.python)
        });
        let case = Case::new(cell, version, settings.host, settings.seed);
        match (python.clone(), case) {
            (Ok(python), Ok(mut case)) => {
                case.spec.rates = settings.rates.to_vec();
                let digest = Entry::digest(&case, &build.version);
                planned.push(Planned { case, python, digest });
            }
            (Err(why), _) | (_, Err(why)) => not_run.push((cell.name.clone(), why)),
        }
    }
    planned
}

/// What has to be installed for it.
fn purpose(pool: PoolKind, workload: &Workload) -> Purpose {
    let mut segments = workload.classes.iter().flat_map(|class| &class.segments);
    match pool {
        PoolKind::GeventPool | PoolKind::EventletGreenPool => Purpose::Greenlets,
        PoolKind::GrpcProcess | PoolKind::GrpcThread | PoolKind::GrpcThreadSerial => Purpose::Grpc,
        _ if servers::HTTP.contains(&pool) || servers::CELERY.contains(&pool) => Purpose::Servers,
        _ if segments.any(|it| it.kind == SegmentKind::Native { parallel: true }) => Purpose::Numpy,
        _ => Purpose::Plain,
    }
}

/// Cells and repeats: A B C, C B A, A B C.
fn order(cells: usize, repeats: u32) -> Vec<(usize, u32)> {
    let round = |repeat: u32| {
        let at = move |index| if repeat.is_multiple_of(2) { index } else { cells - 1 - index };
        (0..cells).map(move |index| (at(index), repeat))
    };
    (0..repeats).flat_map(round).collect()
}

/// A run in which the speed held, if one of a few is.
fn steady_run(
    case: &Case,
    repeat: u32,
    python: &Path,
    settings: &Settings<'_>,
    stop: &Stop,
) -> Result<(Measured, Observation), RunError> {
    let folder = settings.out.join("runs").join(format!("{}-{repeat}", case.cell.name));
    let mut rejected = 0;
    loop {
        let bench = Bench { python, folder: &folder, starts: settings.starts };
        let (mut measured, observation) = measure(case, repeat, bench, stop)?;
        measured.rejected = rejected;
        if !measured.drifted || rejected == RETRIES {
            return Ok((measured, observation));
        }
        rejected += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_go_back_and_forth() {
        let expected = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1), (0, 2), (1, 2), (2, 2)];
        assert_eq!(order(3, 3), expected);
        assert_eq!(order(0, 3), []);
    }
}
