//! Who wins as the two inputs with the nearest flip points move together.

use rayon::prelude::*;

use crate::experiment::SimError;
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::what_if::flips::FlipPoint;
use crate::search::what_if::input::Input;
use crate::search::what_if::trial::Contest;
use crate::workload::Workload;

/// Factors of each input, in half octaves about the stated value.
const HALF_OCTAVES: std::ops::RangeInclusive<i32> = -2..=2;
/// Calendar events that all of this may take, about.
const EVENTS: u64 = 1_000_000;

/// Who wins over two inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct WinnerMap {
    /// The input along each row.
    pub across: Input,
    /// The input from row to row.
    pub down: Input,
    /// Factors on either, ascending; the middle one is 1.
    pub factors: Vec<f64>,
    /// Pools that the cells refer to, the choice first.
    pub pools: Vec<Deployment>,
    /// Row by row; `None` where the inputs cannot be scaled so.
    pub cells: Vec<Vec<Option<MapCell>>>,
}

/// The answer at one pair of factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapCell {
    /// Index of the winner.
    pub pool: usize,
    /// Does it keep every limit?
    pub keeps: bool,
}

/// The map over the first two of `flips`, and the requests that it took; none
/// if fewer than two inputs have a flip point.
pub(super) fn map(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
    flips: &[FlipPoint],
) -> Result<Option<(WinnerMap, u64)>, SimError> {
    let near = flips.iter().filter(|point| point.distance().is_finite());
    let [across, down] = match near.take(2).collect::<Vec<_>>()[..] {
        [first, second] => [first.input.clone(), second.input.clone()],
        _ => return Ok(None),
    };
    let factors: Vec<f64> = HALF_OCTAVES.map(|n| (f64::from(n) / 2.0).exp2()).collect();
    let width = factors.len();
    let runs = contest.runs(workload, (width * width) as u64, EVENTS);
    let cells: Vec<Result<(Option<MapCell>, u64), SimError>> = (0..width * width)
        .into_par_iter()
        .map(|i| {
            let (x, y) = (factors[i % width], factors[i / width]);
            let moved = across
                .scaled(workload, host, x)
                .and_then(|(workload, host)| down.scaled(&workload, &host, y));
            let Some((workload, host)) = moved else { return Ok((None, 0)) };
            let trial = contest.attempt(&workload, &host, runs)?;
            let pick = contest.pick(&trial.standings);
            Ok((Some(MapCell { pool: pick.pool, keeps: pick.keeps }), trial.requests))
        })
        .collect();
    let cells = cells.into_iter().collect::<Result<Vec<_>, SimError>>()?;
    let requests = cells.iter().map(|(_, spent)| spent).sum();
    let rows = cells.chunks(width).map(|row| row.iter().map(|(cell, _)| *cell).collect());
    let cells = rows.collect();
    let pools = contest.pools.clone();
    Ok(Some((WinnerMap { across, down, factors, pools, cells }, requests)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::SearchOptions;
    use crate::search::testing::{cpu_bound, python};
    use crate::search::what_if::flips::flips;
    use crate::workload::{Goal, LatencyLimit, Quantile};

    #[test]
    fn load_and_time_trade_off_along_the_diagonal() {
        let mut workload = cpu_bound(50.0, SimDuration(10_000_000));
        let at_most = SimDuration::SECOND;
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        workload.objective.goal = Some(Goal::Memory);
        let mut host = Host::ideal(4);
        host.memory.interpreter = crate::host::Parameter::exactly(10 << 20);
        let pool = |n| {
            Deployment::from(PoolConfig::new(
                &workload,
                crate::pool::Profile::processes(n),
                python("3.12"),
            ))
        };
        let options = SearchOptions::default();
        let contest = Contest::new(&pool(1), std::iter::once(pool(4)), &options, 8.0);
        let (points, _) = flips(&workload, &host, &contest).unwrap();
        let (map, _) = map(&workload, &host, &contest, &points).unwrap().unwrap();
        assert!([&map.across, &map.down].contains(&&Input::Load), "{map:?}");
        assert!([&map.across, &map.down].contains(&&Input::Bytecode), "{map:?}");
        let at = |row: usize, column: usize| map.cells[row][column].unwrap().pool;
        // One worker does up to twice the work, four beyond.
        assert_eq!((map.factors[2], at(2, 2)), (1.0, 0));
        assert_eq!((at(0, 4), at(4, 0), at(4, 4), at(0, 0)), (0, 0, 1, 0));
        assert_eq!(at(4, 3), at(3, 4));
    }
}
