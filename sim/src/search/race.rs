//! Successive elimination on common random numbers: many candidates on few
//! requests, fewer on more, until a handful is left to choose from.

use crate::experiment::SimError;
use crate::pool::PoolConfig;
use crate::search::family::Family;
use crate::search::judge::{Judge, Standing};
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::search::{Progress, SearchOptions};
use crate::workload::{Arrivals, Workload};

/// Candidates that stay after each stage at most, whatever the intervals say.
const KEEP: [usize; 3] = [48, 16, 6];
/// Replications in each stage.
const REPLICATIONS: [u32; 3] = [3, 4, 4];
/// Most of the budget that one stage may take.
const STAGE_SHARE: u64 = 10;
/// Fewest requests of a first replication, and of any.
const FEW: u64 = 400;
const FEWEST: u64 = 200;
/// Requests beyond which a replication of a race is never longer.
const MANY: u64 = 20_000;

/// A candidate in the race.
#[derive(Clone, Debug)]
pub(super) struct Entrant {
    pub(super) pool: PoolConfig,
    /// Time until ready [s]; 0 if no limit asks for it.
    pub(super) startup: f64,
    /// In the last stage that it took part in.
    pub(super) standing: Standing,
    /// That stage.
    stage: usize,
}

impl Entrant {
    /// Less memory, then fewer processes, then fewer threads.
    fn cheaper(&self, other: &Self) -> std::cmp::Ordering {
        let threads = |e: &Self| e.pool.profile.slots() * u64::from(e.pool.blas_threads);
        self.standing
            .pss
            .total_cmp(&other.standing.pss)
            .then(self.pool.profile.workers.cmp(&other.pool.profile.workers))
            .then(threads(self).cmp(&threads(other)))
    }
}

/// The outcome of a race.
#[derive(Clone, Debug)]
pub(super) struct Raced {
    /// The choice.
    pub(super) choice: Entrant,
    /// The rest of the finalists, best first.
    pub(super) finalists: Vec<Entrant>,
    /// The best of each family that has no finalist.
    pub(super) champions: Vec<Entrant>,
}

/// Races `pools`, of which there must be one at least.
pub(super) fn race(
    simulator: &mut Simulator<'_>,
    judge: &Judge<'_>,
    workload: &Workload,
    options: &SearchOptions,
    pools: Vec<PoolConfig>,
    progress: &dyn Progress,
) -> Result<Option<Raced>, SimError> {
    let mut field = entrants(simulator, workload, pools)?;
    let mut dropped = Vec::new();
    let mut from = 0;
    let steps = KEEP.len() as u64 + 1;
    for (stage, (&keep, &replications)) in KEEP.iter().zip(&REPLICATIONS).enumerate() {
        progress.step(&format!("racing {} candidates", field.len()), stage as u64, steps);
        let requests = first_requests(workload) << stage;
        let runs = fitted(
            options,
            field.len(),
            Runs { purpose: Purpose::Search, from, replications, requests },
        );
        from += replications;
        measure(simulator, judge, runs, stage, &mut field)?;
        dropped.extend(eliminate(&mut field, keep, options.indifference));
    }
    progress.step(&format!("choosing among {}", field.len()), steps - 1, steps);
    let runs = fitted(
        options,
        field.len(),
        Runs {
            purpose: Purpose::Selection,
            from: 0,
            replications: 8,
            requests: first_requests(workload) << KEEP.len(),
        },
    );
    measure(simulator, judge, runs, KEEP.len(), &mut field)?;
    Ok(choose(field, dropped, options.indifference))
}

fn entrants(
    simulator: &Simulator<'_>,
    workload: &Workload,
    pools: Vec<PoolConfig>,
) -> Result<Vec<Entrant>, SimError> {
    let startups = match workload.objective.startup {
        Some(_) => simulator.startup(&pools.iter().collect::<Vec<_>>())?,
        None => vec![0.0; pools.len()],
    };
    let enter =
        |(pool, startup)| Entrant { pool, startup, standing: Standing::default(), stage: 0 };
    Ok(pools.into_iter().zip(startups).map(enter).collect())
}

fn measure(
    simulator: &mut Simulator<'_>,
    judge: &Judge<'_>,
    runs: Runs,
    stage: usize,
    field: &mut [Entrant],
) -> Result<(), SimError> {
    let pools: Vec<&PoolConfig> = field.iter().map(|entrant| &entrant.pool).collect();
    let outcomes = simulator.run(&pools, runs)?;
    for (entrant, outcomes) in field.iter_mut().zip(&outcomes) {
        entrant.standing = judge.standing(outcomes, entrant.startup);
        entrant.stage = stage;
    }
    Ok(())
}

/// Takes the clearly worse ones out of `field`, then all but `keep`: half of
/// the places for the best by figure, the rest for the cheapest of those that
/// may turn out to be as good.
fn eliminate(field: &mut Vec<Entrant>, keep: usize, indifference: f64) -> Vec<Entrant> {
    field.sort_by(|a, b| a.standing.compare(&b.standing));
    let Some(best) = field.first().map(|entrant| entrant.standing.clone()) else {
        return Vec::new();
    };
    let (mut stay, mut out): (Vec<Entrant>, Vec<Entrant>) = std::mem::take(field)
        .into_iter()
        .partition(|entrant| !entrant.standing.clearly_worse(&best, indifference));
    if stay.len() > keep {
        let mut rest = stay.split_off(keep.div_ceil(2));
        let as_good = |e: &Entrant| e.standing.within(&best, 2.0 * indifference);
        rest.sort_by(|a, b| {
            as_good(b).cmp(&as_good(a)).then_with(|| match as_good(a) {
                true => a.cheaper(b),
                false => a.standing.compare(&b.standing),
            })
        });
        out.extend(rest.split_off(keep - stay.len()));
        stay.extend(rest);
    }
    *field = stay;
    out
}

/// The cheapest of those as good as the best finalist, the other finalists,
/// and the best of each family that fell out on the way.
fn choose(mut field: Vec<Entrant>, dropped: Vec<Entrant>, indifference: f64) -> Option<Raced> {
    field.sort_by(|a, b| a.standing.compare(&b.standing));
    let best = field.first()?.standing.clone();
    let as_good = |e: &&Entrant| e.standing.within(&best, indifference);
    let choice = field.iter().filter(as_good).min_by(|a, b| a.cheaper(b))?.clone();
    field.retain(|entrant| entrant.pool != choice.pool);
    let mut champions: Vec<Entrant> = Vec::new();
    let mut by_progress = dropped;
    by_progress.sort_by(|a, b| b.stage.cmp(&a.stage).then_with(|| a.standing.compare(&b.standing)));
    for entrant in by_progress {
        let family = Family::of(&entrant.pool);
        let seen = |e: &Entrant| Family::of(&e.pool) == family;
        if !seen(&choice) && !field.iter().any(seen) && !champions.iter().any(seen) {
            champions.push(entrant);
        }
    }
    Some(Raced { choice, finalists: field, champions })
}

/// Requests that a first, rough replication needs: past the start, a hundred of
/// each class with a limit, and some cycles of the load.
fn first_requests(workload: &Workload) -> u64 {
    let limited =
        workload.objective.latency.iter().map(|limit| workload.classes[limit.class].share);
    let rarest = limited.fold(1.0, f64::min);
    ((100.0 / rarest).ceil() as u64).max(cycle_requests(workload)).clamp(FEW, MANY)
}

/// Requests after which the load has shown all its moods: a turn of every
/// client, a few bursts, one period.
pub(super) fn cycle_requests(workload: &Workload) -> u64 {
    let rate = workload.arrivals.offered_rate().unwrap_or(0.0);
    let cycle = match &workload.arrivals {
        Arrivals::Closed { clients, .. } => 4.0 * f64::from(*clients),
        Arrivals::OnOff { mean_on, mean_off, .. } => {
            3.0 * (mean_on.as_secs() + mean_off.as_secs()) * rate
        }
        Arrivals::Varying { points } => points.last().map_or(0.0, |(end, _)| end.as_secs()) * rate,
        _ => 0.0,
    };
    cycle.ceil() as u64
}

/// `runs` cut to the stage's share of the budget.
fn fitted(options: &SearchOptions, candidates: usize, runs: Runs) -> Runs {
    let replications = candidates as u64 * u64::from(runs.replications);
    let affordable = options.budget / STAGE_SHARE / replications.max(1);
    Runs { requests: runs.requests.min(affordable.max(FEWEST)), ..runs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};

    fn entrant(profile: &str, figure: f64, pss: f64) -> Entrant {
        let workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        // A little noise of its own, so that intervals have a width.
        let figure = [0.98, 1.01, 1.0, 1.01].map(|noise| figure * noise).to_vec();
        Entrant {
            pool: PoolConfig::new(&workload, profile.parse().unwrap(), python("3.12")),
            startup: 0.0,
            standing: Standing { excess: vec![0.0; 4], figure, pss },
            stage: 0,
        }
    }

    fn names(field: &[Entrant]) -> Vec<String> {
        field.iter().map(|e| e.pool.profile.to_string()).collect()
    }

    #[test]
    fn the_clearly_worse_go_first_then_the_dear() {
        let mut field = vec![
            entrant("process:2", 3.0, 2.0),
            entrant("process:8", 1.0, 8.0),
            entrant("process:7", 1.01, 7.0),
            entrant("process:6", 1.02, 6.0),
            entrant("process:9", 1.001, 9.0),
        ];
        let out = eliminate(&mut field, 3, 0.05);
        assert_eq!(names(&field), ["process:8", "process:9", "process:6"]);
        assert_eq!(names(&out), ["process:2", "process:7"]);
    }

    #[test]
    fn among_equals_the_least_memory_wins_and_families_keep_a_champion() {
        let field = vec![entrant("process:8", 1.0, 8.0), entrant("process:6", 1.03, 6.0)];
        let dropped = vec![entrant("threads:8", 2.0, 1.0), entrant("threads:9", 1.9, 1.0)];
        let raced = choose(field, dropped, 0.05).unwrap();
        assert_eq!(raced.choice.pool.profile.to_string(), "process:6");
        assert_eq!(names(&raced.finalists), ["process:8"]);
        assert_eq!(names(&raced.champions), ["threads:9"]);
        let field = vec![entrant("process:8", 1.0, 8.0), entrant("process:6", 1.07, 6.0)];
        let raced = choose(field, Vec::new(), 0.05).unwrap();
        assert_eq!(raced.choice.pool.profile.to_string(), "process:8");
        assert!(choose(Vec::new(), Vec::new(), 0.05).is_none());
    }
}
