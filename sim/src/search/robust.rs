//! A choice that stays good over the calibration's ranges: least maximum
//! regret.
//!
//! A calibration states ranges, not values: the host of tomorrow may be slower
//! than that of the day on which it was measured. So the finalists are tried in
//! several *situations*: the best values, and both ends of the range of each
//! parameter that moves a finalist, one at a time. A pool's *regret* in a
//! situation is its goal figure over that of the best finalist there, on the
//! same requests. The pools whose largest regret is least, up to a difference
//! that does not matter or that the replications do not show, are equally good;
//! the leanest of them is the choice.
//! This is the minimax-regret rule of L. J. Savage (The theory of statistical
//! decision, 1951). Limits go before the goal here too: first at the best
//! values, then by how much more a limit is broken than it need be, at worst.
//!
//! Without ranges there is one situation, and the rule is: the leanest of those
//! as good as the best. As with every regret, which pools are compared matters:
//! here those that the race left.

use crate::experiment::SimError;
use crate::host::{End, Host, HostParameter};
use crate::pool::Deployment;
use crate::search::SearchOptions;
use crate::search::entrant::Entrant;
use crate::search::judge::{Judge, Standing};
use crate::search::lengths::first_requests;
use crate::search::minimax::{Regret as Loss, least_regret};
use crate::search::simulator::{Purpose, Runs, Simulator};
use crate::workload::Workload;

/// Parameters followed to the ends of their ranges, the strongest first.
const FOLLOWED: usize = 5;
/// Requests of the one replication that tells which parameters move anything.
const PROBED: u64 = 200;
/// Replications in each situation.
const REPLICATIONS: u32 = 8;
/// Their first: those before it chose the finalists.
const FROM: u32 = 64;
/// These runs may take one part in this many of the budget.
const SHARE: u64 = 6;
/// Fewest requests of a replication.
const FEWEST: u64 = 200;

/// How the choice holds over the calibration's ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Robustness {
    /// Situations in which the finalists were compared: the best values of all
    /// parameters, and single ends of ranges.
    pub situations: u32,
    /// Finalists compared.
    pub finalists: u32,
    /// Where the choice's regret is largest.
    pub worst: Regret,
    /// The leanest of those that are as good as the best at the best values, and
    /// where its regret is largest; `None` if it is the choice.
    pub overruled: Option<(Deployment, Regret)>,
}

/// What a pool loses against the best finalist of a situation.
#[derive(Clone, Debug, PartialEq)]
pub struct Regret {
    /// Its goal figure over that of the best, 1 at least.
    pub times: f64,
    /// Does it break a limit there by more than what does not matter, and by
    /// more than some other finalist?
    pub breaks: bool,
    /// The parameter that is at an end of its range, and that end; `None` at the
    /// best values.
    pub at: Option<(HostParameter, End)>,
}

/// One situation and how every finalist did in it.
struct Situation {
    at: Option<(HostParameter, End)>,
    standings: Vec<Standing>,
}

/// Finalists under trial.
pub(super) struct Trial<'a> {
    pub(super) workload: &'a Workload,
    pub(super) host: &'a Host,
    pub(super) options: &'a SearchOptions,
    /// Their standings are those at the best values.
    pub(super) finalists: &'a [Entrant],
}

impl Trial<'_> {
    /// Which finalist has the least maximum regret, and how it holds; `None` of
    /// no finalist. What that takes is counted by `simulator`.
    pub(super) fn choose(
        &self,
        simulator: &mut Simulator<'_>,
    ) -> Result<Option<(usize, Robustness)>, SimError> {
        let standings = self.finalists.iter().map(|one| one.standing.clone()).collect();
        let mut situations = vec![Situation { at: None, standings }];
        if self.finalists.len() > 1 {
            for parameter in self.moving(simulator)? {
                for end in End::BOTH.into_iter().filter(|&end| parameter.at(end) != parameter.value)
                {
                    let moved = self.host.at_end(&parameter.name, end);
                    let runs = self.runs(simulator);
                    let standings = self.standings(&moved, runs, simulator)?;
                    situations.push(Situation { at: Some((parameter.clone(), end)), standings });
                }
            }
        }
        Ok(self.decide(&situations))
    }

    fn decide(&self, situations: &[Situation]) -> Option<(usize, Robustness)> {
        let indifference = self.options.indifference;
        let all: Vec<&[Standing]> = situations.iter().map(|one| &one.standings[..]).collect();
        let robust = least_regret(&all, indifference);
        let choice = self.leanest(&robust.equals)?;
        let usual = self.leanest(&least_regret(&all[..1], indifference).equals)?;
        let regret = |pool: usize| {
            let Loss { times, broken, at, .. } = robust.losses[pool];
            Regret {
                times: times.max(1.0),
                breaks: broken > indifference,
                at: situations[at].at.clone(),
            }
        };
        let overruled =
            (usual != choice).then(|| (self.finalists[usual].deployment.clone(), regret(usual)));
        let robustness = Robustness {
            situations: situations.len() as u32,
            finalists: self.finalists.len() as u32,
            worst: regret(choice),
            overruled,
        };
        Some((choice, robustness))
    }

    /// The plainest of those with least memory. Memory that differs by less than
    /// what does not matter is the same memory: else its noise, and with it the
    /// seed, would decide.
    fn leanest(&self, among: &[usize]) -> Option<usize> {
        let pss = |&at: &usize| self.finalists[at].standing.pss;
        let least = among.iter().map(pss).fold(f64::INFINITY, f64::min);
        let lean = among.iter().filter(|at| pss(at) <= least * (1.0 + self.options.indifference));
        lean.copied().min_by(|&a, &b| self.finalists[a].plainer(&self.finalists[b]))
    }

    /// Parameters whose range moves the goal figure or a limit of any finalist by
    /// more than what does not matter, the strongest first.
    fn moving(&self, simulator: &mut Simulator<'_>) -> Result<Vec<HostParameter>, SimError> {
        let runs =
            Runs { purpose: Purpose::Selection, from: FROM, replications: 1, requests: PROBED };
        let base = self.standings(self.host, runs, simulator)?;
        let mut moving: Vec<(f64, HostParameter)> = Vec::new();
        let ranged = self.host.parameters().into_iter().filter(|one| one.low < one.high);
        for parameter in ranged {
            let mut farthest = 0.0_f64;
            for end in End::BOTH.into_iter().filter(|&end| parameter.at(end) != parameter.value) {
                let moved = self.host.at_end(&parameter.name, end);
                let there = self.standings(&moved, runs, simulator)?;
                let each = there.iter().zip(&base).map(|(there, base)| there.distance(base));
                farthest = each.fold(farthest, f64::max);
            }
            if farthest > self.options.indifference.ln_1p() {
                moving.push((farthest, parameter));
            }
        }
        moving.sort_by(|a, b| b.0.total_cmp(&a.0));
        moving.truncate(FOLLOWED);
        Ok(moving.into_iter().map(|(_, parameter)| parameter).collect())
    }

    fn runs(&self, simulator: &Simulator<'_>) -> Runs {
        let runs = self.finalists.len() as u64 * u64::from(REPLICATIONS) * 2 * FOLLOWED as u64;
        let affordable = simulator.affordable(self.options) / SHARE / runs.max(1);
        Runs {
            purpose: Purpose::Selection,
            from: FROM,
            replications: REPLICATIONS,
            requests: (2 * first_requests(self.workload)).min(affordable.max(FEWEST)),
        }
    }

    /// How every finalist does on `host`.
    fn standings(
        &self,
        host: &Host,
        runs: Runs,
        spent: &mut Simulator<'_>,
    ) -> Result<Vec<Standing>, SimError> {
        let pools: Vec<&Deployment> = self.finalists.iter().map(|one| &one.deployment).collect();
        let (cpu, seed) = (self.options.cpu, self.options.seed);
        let mut simulator = Simulator::new(self.workload, host, cpu, seed);
        let outcomes = simulator.run(&pools, runs)?;
        let startups = match self.workload.objective.startup {
            Some(_) => simulator.startup(&pools)?,
            None => vec![0.0; pools.len()],
        };
        spent.spent += simulator.spent;
        spent.events += simulator.events;
        let judge = Judge::new(self.workload, host);
        let each = pools.iter().zip(&outcomes).zip(startups);
        Ok(each.map(|((pool, runs), startup)| judge.standing(pool, runs, startup)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::CpuModel;
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, entrant};

    /// The choice among `finalists`, and how it holds on `host`.
    fn chosen(workload: &Workload, host: &Host, finalists: &[Entrant]) -> (String, Robustness) {
        let options = SearchOptions::default();
        let mut simulator = Simulator::new(workload, host, CpuModel::default(), 1);
        let trial = Trial { workload, host, options: &options, finalists };
        let (at, robustness) = trial.choose(&mut simulator).unwrap().unwrap();
        (finalists[at].deployment.pools[0].profile.to_string(), robustness)
    }

    fn without_ranges(finalists: &[Entrant]) -> (String, Robustness) {
        let workload = cpu_bound(1.0, SimDuration::MILLISECOND);
        chosen(&workload, &Host::ideal(4), finalists)
    }

    #[test]
    fn without_ranges_the_leanest_of_the_equals_is_chosen() {
        let among = |figure| [entrant("process:8", 1.0, 8.0), entrant("process:6", figure, 6.0)];
        let (choice, robustness) = without_ranges(&among(1.03));
        assert_eq!(choice, "process:6");
        assert_eq!((robustness.situations, robustness.worst.at), (1, None));
        assert_eq!(robustness.overruled, None);
        assert_eq!(without_ranges(&among(1.07)).0, "process:8");
    }

    #[test]
    fn near_ties_in_memory_go_to_the_runtime_listed_first() {
        let mut later = entrant("process:2", 1.0, 8.0);
        later.preference = 1;
        let chosen = |pss| without_ranges(&[later.clone(), entrant("process:8", 1.02, pss)]).0;
        assert_eq!((chosen(8.3), chosen(7.9)), ("process:8".into(), "process:8".into()));
        assert_eq!(chosen(8.5), "process:2");
    }

    /// At the speed of the calibration one process does as well as four; on a
    /// host of half that speed it overflows.
    fn host_that_slows_down() -> Host {
        let speed = Parameter { low: 0.5, high: 1.5, ..Parameter::exactly(1.0) };
        let mut host = Host::ideal(4);
        host.cpu.speed = speed;
        host
    }

    #[test]
    fn the_leaner_is_not_chosen_where_a_slower_host_would_swamp_it() {
        let workload = cpu_bound(70.0, SimDuration(10_000_000));
        let finalists = [entrant("process:4", 1.0, 4.0), entrant("process:1", 1.02, 1.0)];
        let (choice, robustness) = chosen(&workload, &host_that_slows_down(), &finalists);
        assert_eq!((choice.as_str(), robustness.situations), ("process:4", 3));
        assert!(robustness.worst.times < 1.06 && !robustness.worst.breaks, "{robustness:?}");
        let (lean, regret) = robustness.overruled.unwrap();
        assert_eq!(lean, finalists[1].deployment);
        let (parameter, end) = regret.at.clone().unwrap();
        assert_eq!((parameter.name.as_str(), end), ("cpu.speed", End::Low));
        // A growing queue breaks what the other keeps.
        assert!(regret.breaks && regret.times > 2.0, "{regret:?}");
        let (same, _) = chosen(&workload, &Host::ideal(4), &finalists);
        assert_eq!(same, "process:1");
    }

    #[test]
    fn a_range_that_moves_nothing_is_not_followed() {
        let mut host = Host::ideal(4);
        host.interpreter.task_switch.high = SimDuration::SECOND;
        let workload = cpu_bound(20.0, SimDuration(10_000_000));
        let finalists = [entrant("process:4", 1.0, 4.0), entrant("process:2", 1.0, 2.0)];
        let (choice, robustness) = chosen(&workload, &host, &finalists);
        assert_eq!((choice.as_str(), robustness.situations), ("process:2", 1));
    }
}
