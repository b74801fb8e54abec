//! Which runs of a workload's pools can be compared: those of one round in which
//! the machine kept its speed.

use sim::stats::Estimate;

use super::regret::Rounds;
use super::{CellResult, Figure, Ran};
use crate::validate::verdict::{Run, median};

/// A run at a pace this far from the usual one of its round does not count.
pub const SAME_PACE: f64 = 0.15;

/// Pools that can be compared, and their places among those that were run.
pub(super) struct Paced<'a> {
    pub(super) ran: Vec<Ran>,
    pub(super) results: Vec<&'a CellResult>,
    pub(super) off_pace: usize,
}

impl<'a> Paced<'a> {
    /// Of the pools of one workload, by its figure.
    pub(super) fn of(cells: &[&'a CellResult], figure: Figure) -> Self {
        let rounds = cells.iter().flat_map(|it| &it.runs).map(|run| run.measured.repeat + 1);
        let paces: Vec<Option<f64>> =
            (0..rounds.max().unwrap_or(0)).map(|round| usual_pace(cells, round)).collect();
        let mut off_pace = 0;
        let (mut rows, mut results) = (Vec::new(), Vec::new());
        for cell in cells {
            let mut row = vec![None; paces.len()];
            for run in cell.runs.iter().filter(|run| !run.measured.drifted) {
                let round = run.measured.repeat as usize;
                match keeps_pace(run, paces[round]) {
                    true => row[round] = loss(run, figure),
                    false => off_pace += 1,
                }
            }
            rows.push(row);
            results.push(*cell);
        }
        let losses = Rounds(rows).losses();
        let judged = results.into_iter().zip(losses).filter(|(_, loss)| loss.is_known());
        let of = |(result, loss): (&'a CellResult, Estimate)| {
            let it = result.comparisons.iter().find(|it| it.figure == figure)?;
            let cell = &result.case.cell;
            let ran = Ran {
                cell: cell.name.clone(),
                pool: cell.pool,
                profile: cell.profile,
                observed: it.observed,
                predicted: it.predicted,
                floor: it.floor,
                regret: shares(loss, figure),
            };
            Some((ran, result))
        };
        let (ran, results) = judged.filter_map(of).unzip();
        Self { ran, results, off_pace }
    }
}

/// Median time of the reference's bytecode beside the pools of a round.
fn usual_pace(cells: &[&CellResult], round: u32) -> Option<f64> {
    let runs = cells.iter().flat_map(|it| &it.runs);
    let of_round = runs.filter(|run| run.measured.repeat == round && !run.measured.drifted);
    let paces: Vec<f64> = of_round.map(|run| run.measured.slowdown.bytecode.mean).collect();
    median(&paces)
}

fn keeps_pace(run: &Run, usual: Option<f64>) -> bool {
    let pace = run.measured.slowdown.bytecode.mean;
    usual.is_none_or(|usual| (pace / usual - 1.0).abs() <= SAME_PACE)
}

/// The figure, turned so that higher is worse.
fn loss(run: &Run, figure: Figure) -> Option<f64> {
    let value = run.measured.observed.get(figure).filter(|value| *value > 0.0)?;
    Some(if figure == Figure::Throughput { 1.0 / value } else { value })
}

/// What is lost, as a share, of a figure that is so many times as bad.
fn shares(times: Estimate, figure: Figure) -> Estimate {
    let share = |times: f64| match figure {
        Figure::Throughput => 1.0 - 1.0 / times,
        _ => times - 1.0,
    };
    let Estimate { point, low, high, n } = times;
    Estimate { point: share(point), low: share(low), high: share(high), n }
}
