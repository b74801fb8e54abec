//! Successive elimination on common random numbers: many candidates on few
//! requests, fewer on more, until a handful is left to choose from.

use crate::experiment::SimError;
use crate::pool::{Deployment, PoolKind};
use crate::search::entrant::{Entrant, entrants};
use crate::search::family::Family;
use crate::search::judge::Judge;
use crate::search::lengths::first_requests;
use crate::search::robust::{Robustness, Trial};
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::search::{Progress, SearchOptions};
use crate::workload::Workload;

/// One stage of the race.
struct Stage {
    /// Candidates that stay at most, whatever the intervals say.
    keep: usize,
    /// How many times the indifference a cheaper candidate may be worse and
    /// still be worth another look: less, the longer the runs.
    reach: f64,
    replications: u32,
}

/// Each stage's replications are twice as long as those of the one before.
const STAGES: [Stage; 4] = [
    Stage { keep: 160, reach: 4.0, replications: 2 },
    Stage { keep: 48, reach: 3.0, replications: 3 },
    Stage { keep: 16, reach: 2.0, replications: 4 },
    Stage { keep: 8, reach: 1.0, replications: 4 },
];
/// Pools that stay although they are clearly worse: at other values of the
/// parameters than the best they may not be.
const FINALISTS: usize = 6;
/// Finalists shown beside the choice, whatever their family.
const NEIGHBOURS: usize = 2;
/// One stage may take one part in this many of the budget.
const STAGE_SHARE: u64 = 12;
/// Fewest requests of a replication.
const FEWEST: u64 = 200;

/// The outcome of a race.
#[derive(Clone, Debug)]
pub(super) struct Raced {
    /// The choice.
    pub(super) choice: Deployment,
    /// The next best of all, then the best of each other family.
    pub(super) runners_up: Vec<Deployment>,
    /// All who took part, the furthest first.
    pub(super) entrants: Vec<Entrant>,
    /// How the choice holds over the calibration's ranges.
    pub(super) robustness: Robustness,
}

impl Raced {
    /// This race's outcome, with those of `first` who did not start again among
    /// the entrants.
    pub(super) fn after(mut self, first: Self) -> Self {
        let again = |one: &Entrant| self.entrants.iter().any(|e| e.deployment == one.deployment);
        let gone: Vec<Entrant> = first.entrants.into_iter().filter(|one| !again(one)).collect();
        self.entrants.extend(gone);
        self
    }
}

/// Races `deployments`, of which there must be one at least.
pub(super) fn race(
    simulator: &mut Simulator<'_>,
    judge: &Judge<'_>,
    workload: &Workload,
    options: &SearchOptions,
    deployments: Vec<Deployment>,
    progress: &dyn Progress,
) -> Result<Option<Raced>, SimError> {
    let mut field = entrants(simulator, workload, deployments)?;
    let mut dropped = Vec::new();
    let mut from = 0;
    let steps = STAGES.len() as u64 + 1;
    for (number, stage) in STAGES.iter().enumerate() {
        let &Stage { keep, reach, replications } = stage;
        // The first stage only thins a crowd out.
        if number == 0 && field.len() <= keep {
            continue;
        }
        progress.step(&format!("racing {} candidates", field.len()), number as u64, steps);
        let runs = fitted(
            simulator.affordable(options),
            field.len(),
            Runs {
                purpose: Purpose::Search,
                from,
                replications,
                requests: length(workload, number),
            },
        );
        from += replications;
        measure(simulator, judge, runs, number, &mut field)?;
        let reach = reach * options.indifference;
        dropped.extend(eliminate(&mut field, keep, options.indifference, reach));
    }
    progress.step(&format!("choosing among {}", field.len()), steps - 1, steps);
    let runs = fitted(
        simulator.affordable(options),
        field.len(),
        Runs {
            purpose: Purpose::Selection,
            from: 0,
            replications: 8,
            requests: length(workload, STAGES.len()),
        },
    );
    measure(simulator, judge, runs, STAGES.len(), &mut field)?;
    field.sort_by(|a, b| a.standing.compare(&b.standing));
    let trial = Trial { workload, host: judge.host, options, finalists: &field };
    let chosen = trial.choose(simulator)?;
    Ok(chosen.map(|(choice, robustness)| ranked(field, choice, dropped, robustness)))
}

/// Requests of a replication of stage `number`.
fn length(workload: &Workload, number: usize) -> u64 {
    (first_requests(workload) << number) / 2
}

fn measure(
    simulator: &mut Simulator<'_>,
    judge: &Judge<'_>,
    runs: Runs,
    stage: usize,
    field: &mut [Entrant],
) -> Result<(), SimError> {
    let deployments: Vec<&Deployment> = field.iter().map(|entrant| &entrant.deployment).collect();
    let outcomes = simulator.run(&deployments, runs)?;
    for (entrant, outcomes) in field.iter_mut().zip(&outcomes) {
        entrant.standing = judge.standing(&entrant.deployment, outcomes, entrant.startup);
        let tails = outcomes.iter().map(|outcome| judge.tail(outcome));
        entrant.tail = tails.sum::<f64>() / outcomes.len().max(1) as f64;
        entrant.stage = stage;
    }
    Ok(())
}

/// Takes the clearly worse ones out of `field`, then all but `keep`: half of
/// the places for the best by figure, the rest for the cheapest of those that
/// may turn out to be as good.
fn eliminate(field: &mut Vec<Entrant>, keep: usize, indifference: f64, reach: f64) -> Vec<Entrant> {
    field.sort_by(|a, b| a.standing.compare(&b.standing));
    let Some(best) = field.first().map(|entrant| entrant.standing.clone()) else {
        return Vec::new();
    };
    let (mut stay, mut out): (Vec<Entrant>, Vec<Entrant>) = std::mem::take(field)
        .into_iter()
        .partition(|entrant| !entrant.standing.clearly_worse(&best, indifference));
    while stay.len() < keep.min(FINALISTS)
        && let Some(next) = out.iter().position(|one| one.standing.keeps_as(&best))
    {
        stay.push(out.remove(next));
    }
    if stay.len() > keep {
        let mut rest = stay.split_off(keep.div_ceil(2));
        let as_good = |e: &Entrant| e.standing.within(&best, reach);
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

/// The choice among `field`, the next best finalists, and the best of each family
/// that is not among them.
fn ranked(
    field: Vec<Entrant>,
    choice: usize,
    dropped: Vec<Entrant>,
    robustness: Robustness,
) -> Raced {
    let choice = field[choice].deployment.clone();
    // Who got further did better; finalists got furthest.
    let mut others: Vec<Entrant> = field.into_iter().chain(dropped).collect();
    others.sort_by(|a, b| b.stage.cmp(&a.stage).then_with(|| a.standing.compare(&b.standing)));
    let mut runners_up: Vec<Deployment> = Vec::new();
    for entrant in others.iter().filter(|e| e.deployment != choice) {
        let neighbour = entrant.stage == STAGES.len() && runners_up.len() < NEIGHBOURS;
        let mut shown = std::iter::once(&choice).chain(&runners_up);
        if neighbour || shown.all(|known| kinds(known) != kinds(&entrant.deployment)) {
            runners_up.push(entrant.deployment.clone());
        }
    }
    Raced { choice, runners_up, entrants: others, robustness }
}

/// What people tell `deployment` apart by: product and family of each pool.
fn kinds(deployment: &Deployment) -> Vec<(PoolKind, Family)> {
    deployment.pools.iter().map(|pool| (pool.kind, Family::of(pool))).collect()
}

/// `runs` cut to the stage's share of the budget, which is `budget` in all.
fn fitted(budget: u64, candidates: usize, runs: Runs) -> Runs {
    let replications = candidates as u64 * u64::from(runs.replications);
    let affordable = budget / STAGE_SHARE / replications.max(1);
    Runs { requests: runs.requests.min(affordable.max(FEWEST)), ..runs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Regret;
    use crate::search::testing::entrant;

    fn profile(deployment: &Deployment) -> String {
        deployment.pools[0].profile.to_string()
    }

    fn names(field: &[Entrant]) -> Vec<String> {
        field.iter().map(|e| profile(&e.deployment)).collect()
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
        let out = eliminate(&mut field, 3, 0.05, 0.1);
        assert_eq!(names(&field), ["process:8", "process:9", "process:6"]);
        assert_eq!(names(&out), ["process:2", "process:7"]);
    }

    #[test]
    fn finalists_and_each_family_s_champion_are_shown() {
        let mut field = vec![entrant("process:8", 1.0, 8.0), entrant("process:6", 1.03, 6.0)];
        field.iter_mut().for_each(|entrant| entrant.stage = STAGES.len());
        let dropped = vec![entrant("threads:8", 2.0, 1.0), entrant("threads:9", 1.9, 1.0)];
        let worst = Regret { times: 1.0, breaks: false, at: None };
        let robustness = Robustness { situations: 1, finalists: 2, worst, overruled: None };
        let raced = ranked(field, 1, dropped, robustness);
        assert_eq!(profile(&raced.choice), "process:6");
        let shown: Vec<String> = raced.runners_up.iter().map(profile).collect();
        assert_eq!(shown, ["process:8", "threads:9"]);
    }

    #[test]
    fn a_few_of_the_clearly_worse_stay_if_they_keep_the_limits() {
        let mut breaks = entrant("process:1", 1.5, 1.0);
        breaks.standing.excess = vec![0.5; 4];
        let mut field =
            vec![entrant("process:3", 1.0, 3.0), entrant("process:2", 2.0, 2.0), breaks];
        let out = eliminate(&mut field, 8, 0.05, 0.1);
        assert_eq!(
            (names(&field), names(&out)),
            (vec!["process:3".into(), "process:2".into()], vec!["process:1".into()])
        );
    }
}
