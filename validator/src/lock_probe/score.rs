//! Predicted beside observed, cell by cell.

use serde::Serialize;
use sim::experiment::SimError;
use sim::host::{Host, WakeOrder};
use sim::search::Progress;
use sim::stats::{Estimate, pooled_share};
use sim::workload::PythonVersion;

use super::{Block, Cell, Inputs, Measured, Operation, Spread, noise_floor, predict};

/// Replications of a prediction.
const REPLICATIONS: u32 = 10;

/// A cell with spinners: what the lock adds to one operation.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// Which one.
    pub cell: Cell,
    /// Time of the operation without spinners, in s.
    pub alone: f64,
    /// Added time per operation as measured, in s.
    pub observed: Spread,
    /// The same in the simulation, over replications, for the whole interval of
    /// the share of races won, in s.
    pub predicted: Spread,
    /// How far two repeats of the measurement differ, as a share.
    pub noise: Option<f64>,
    /// Share of operations that lost the lock for over half an interval.
    pub lost: Spread,
    /// CPU time of an operation, in s.
    pub own_cpu: Spread,
    /// How long the thread was ready without a core, per operation, in s.
    pub core_wait: Spread,
    /// The same of all spinners together, in s.
    pub spinner_core_wait: Spread,
}

impl Score {
    /// Predicted over observed, less one.
    pub fn error(&self) -> f64 {
        self.predicted.point / self.observed.point - 1.0
    }

    /// The intervals overlap, or the error is within the noise.
    pub fn indistinguishable(&self) -> bool {
        let apart =
            self.predicted.low > self.observed.high || self.observed.low > self.predicted.high;
        !apart || self.noise.is_some_and(|noise| self.error().abs() <= noise)
    }
}

/// The scored matrix of one interpreter.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Share of its races that an asker wins beyond the wake order's chance.
    pub asker_wins: Estimate,
    /// All cells with spinners.
    pub scores: Vec<Score>,
}

/// Holds the engine's prediction for `host` against `measured`, and tells
/// `progress` of every cell.
///
/// # Errors
/// As the simulation.
pub fn score(
    host: &Host,
    python: PythonVersion,
    measured: &Measured,
    progress: &dyn Progress,
) -> Result<Scored, SimError> {
    let asker_wins = asker_wins(host.interpreter.wake_order, measured);
    let mut cells: Vec<Cell> = measured.blocks.iter().map(Block::cell).collect();
    cells.sort_unstable();
    cells.dedup();
    cells.retain(|cell| cell.spinners > 0);
    let mut scores = Vec::new();
    for (done, &cell) in (0..).zip(&cells) {
        progress.step(&format!("Python {python}, predicting"), done, cells.len() as u64);
        let alone =
            |operation| Spread::of(&times(measured, Cell { operation, spinners: 0, ..cell }));
        let (Some(own), Some(sleep)) = (alone(cell.operation), alone(Operation::Sleep)) else {
            continue;
        };
        let predicted = |asker_wins| {
            let inputs = Inputs { python, sleep: sleep.point, alone: own.point, asker_wins };
            let times = predict(host, &inputs, cell, REPLICATIONS)?;
            Ok(Spread::of(&less(&times, own.point)))
        };
        let Some(mut spread) = predicted(asker_wins.point)? else { continue };
        // A share without an interval was predicted with already.
        for end in [asker_wins.low, asker_wins.high] {
            if end != asker_wins.point
                && let Some(other) = predicted(end)?
            {
                spread.low = spread.low.min(other.low);
                spread.high = spread.high.max(other.high);
            }
        }
        let predicted = spread;
        scores.extend(compare(measured, cell, own.point, predicted));
    }
    Ok(Scored { asker_wins, scores })
}

fn compare(measured: &Measured, cell: Cell, alone: f64, predicted: Spread) -> Option<Score> {
    let of = |value: fn(&Block) -> f64| Spread::of(&values(measured, cell, value));
    let times = times(measured, cell);
    Some(Score {
        cell,
        alone,
        observed: Spread::of(&less(&times, alone))?,
        predicted,
        noise: noise_floor(&times),
        lost: of(Block::lost)?,
        own_cpu: of(Block::own_cpu)?,
        core_wait: of(Block::core_wait)?,
        spinner_core_wait: of(Block::spinner_core_wait)?,
    })
}

fn values(measured: &Measured, cell: Cell, value: fn(&Block) -> f64) -> Vec<f64> {
    measured.blocks.iter().filter(|block| block.cell() == cell).map(value).collect()
}

fn times(measured: &Measured, cell: Cell) -> Vec<f64> {
    values(measured, cell, Block::elapsed)
}

fn less(times: &[f64], alone: f64) -> Vec<f64> {
    times.iter().map(|time| time - alone).collect()
}

/// Of three spinners the asker is followed by itself or by the third. If it lost
/// its race, a random order still gives it the lock every other time; in all
/// other orders it is last, or came first as the only other one.
pub fn asker_wins(order: WakeOrder, measured: &Measured) -> Estimate {
    let trials: Vec<(u64, u64)> =
        measured.races.iter().map(|races| (races.won, races.won + races.lost)).collect();
    let share = pooled_share(&trials);
    if !measured.locked || !share.is_known() {
        return Estimate::exact(0.0);
    }
    let beyond = |share: f64| match order {
        WakeOrder::Random => (2.0 * share - 1.0).max(0.0),
        WakeOrder::Fifo | WakeOrder::Requeue | WakeOrder::Lifo => share,
    };
    Estimate {
        point: beyond(share.point),
        low: beyond(share.low),
        high: beyond(share.high),
        n: share.n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock_probe::Races;

    #[test]
    fn a_random_order_is_no_race_won() {
        let of = |won, lost| Measured {
            locked: true,
            blocks: Vec::new(),
            races: vec![Races { won, lost }; 4],
        };
        assert_eq!(asker_wins(WakeOrder::Random, &of(50, 50)).point, 0.0);
        assert_eq!(asker_wins(WakeOrder::Random, &of(75, 25)).point, 0.5);
        assert_eq!(asker_wins(WakeOrder::Requeue, &of(75, 25)).point, 0.75);
        let unlocked = Measured { locked: false, ..of(75, 25) };
        assert_eq!(asker_wins(WakeOrder::Random, &unlocked).point, 0.0);
    }
}
