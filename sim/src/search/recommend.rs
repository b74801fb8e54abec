//! From a workload and a host to a recommendation.

use crate::host::Host;
use crate::pool::PoolConfig;
use crate::search::assess::{assess, verdict};
use crate::search::candidates::candidates;
use crate::search::compare::{Reference, impossible};
use crate::search::constraints::{absent, broken};
use crate::search::dominated::without_dominated;
use crate::search::frontier::{contenders, frontier};
use crate::search::hybrid::{Rival, hybrids};
use crate::search::judge::{Judge, Standing};
use crate::search::lengths::one_period;
use crate::search::pilot::pilot;
use crate::search::race::{Raced, race};
use crate::search::report::{Report, Reported, report};
use crate::search::rules::{Rule, rules};
use crate::search::ruling::gather;
use crate::search::sanity::sanity;
use crate::search::screen::screen;
use crate::search::simulator::{Purpose, Simulator};
use crate::search::warnings::{Confession, of_hybrids, warnings};
use crate::search::what_if::Contest;
use crate::search::{
    Assessed, Effort, Exclusion, Frontier, Hybrids, Progress, Recommendation, RuleOutcome,
    RunnerUp, SearchError, SearchOptions, WhatIf,
};
use crate::workload::Workload;

/// Candidates kept if bounds rule out all of them.
const CLOSEST: usize = 24;

/// Finds the best pool for `workload` on `host`.
///
/// Constraints and operational bounds discard most candidates; the rest race on
/// the same requests. Searching, choosing and reporting use a seed each. The
/// result does not depend on the number of threads.
///
/// # Errors
/// Nothing is possible, or the simulator passed a limit.
pub fn recommend(
    workload: &Workload,
    host: &Host,
    options: &SearchOptions,
    progress: &dyn Progress,
) -> Result<Recommendation, SearchError> {
    let mut simulator = Simulator::new(workload, host, options.cpu, options.seed);
    let judge = Judge::new(workload, host);
    let mut field = Field::narrow(workload, host, options, &mut simulator)?;
    let pools = std::mem::take(&mut field.pools);
    let raced = race(&mut simulator, &judge, workload, options, pools, progress)?
        .ok_or_else(|| SearchError::NothingPossible(field.excluded.clone()))?;
    progress.step("measuring the choice and the runners-up", 1, 1);
    let answer = Answer::prepare(workload, host, options, &mut simulator, &judge, raced)?;
    let choice = answer.assessed(workload, host);
    let hybrids = answer.hybrids(workload, host, options)?;
    progress.step("asking what would change the answer", 1, 1);
    let what_if = answer.what_if(workload, host, options, &choice)?;
    let requests = simulator.spent + hybrids.requests + what_if.requests;
    let beside = Beside { hybrids, what_if, requests };
    Ok(answer.write(workload, host, options, judge, &field, choice, beside))
}

/// What is left to race, and what is not.
struct Field {
    pools: Vec<PoolConfig>,
    excluded: Vec<Exclusion>,
    effort: Effort,
    hopeless: bool,
}

impl Field {
    fn narrow(
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
        simulator: &mut Simulator<'_>,
    ) -> Result<Self, SearchError> {
        let all = candidates(workload, host);
        let count = all.len() as u32;
        let mut rulings = Vec::new();
        let mut possible = Vec::new();
        for pool in all {
            match broken(workload, host, &pool) {
                Some(ruling) => rulings.push(ruling),
                None => possible.push(pool),
            }
        }
        let mut excluded = absent(workload);
        if possible.is_empty() {
            excluded.extend(gather(rulings));
            return Err(SearchError::NothingPossible(excluded));
        }
        let (distinct, twins) = without_dominated(workload, host, possible);
        excluded.extend(gather(rulings.into_iter().chain(twins)));
        let out = count - distinct.len() as u32;
        let seed = Purpose::Search.seed(options.seed);
        let screened = screen(workload, host, distinct, seed, CLOSEST);
        excluded.extend(screened.exclusions);
        let (pools, slow) = pilot(simulator, workload, host, screened.kept)?;
        let effort = Effort {
            candidates: count,
            excluded: out,
            bounded: screened.bounded + slow.len() as u32,
            raced: pools.len() as u32,
            requests: 0,
            seed: options.seed,
        };
        excluded.extend(gather(slow));
        Ok(Self { pools, excluded, effort, hopeless: screened.hopeless })
    }
}

/// What is asked beside the answer, and the requests that all of it took.
struct Beside {
    hybrids: Hybrids,
    what_if: WhatIf,
    requests: u64,
}

/// Everything measured for the answer.
struct Answer {
    choice: Reported,
    startup: f64,
    others: Vec<(Reported, f64)>,
    rules: Vec<(Rule, Option<(Reported, f64)>)>,
    frontier: Frontier,
    /// Requests of one replication.
    requests: u64,
}

impl Answer {
    fn prepare(
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
        simulator: &mut Simulator<'_>,
        judge: &Judge<'_>,
        raced: Raced,
    ) -> Result<Self, SearchError> {
        let rules = rules(workload, host);
        let front = contenders(workload, host, &raced.entrants, options.indifference);
        let shown: Vec<PoolConfig> =
            std::iter::once(raced.choice).chain(raced.runners_up).collect();
        let mut rough: Vec<PoolConfig> = Vec::new();
        for pool in rules.iter().filter_map(|rule| rule.pick.as_ref()) {
            let known = shown.contains(pool) || rough.contains(pool);
            if !known && impossible(workload, host, pool).is_none() {
                rough.push(pool.clone());
            }
        }
        let known = |pool: &PoolConfig| shown.contains(pool) || rough.contains(pool);
        let unknown: Vec<PoolConfig> = front.iter().filter(|pool| !known(pool)).cloned().collect();
        rough.extend(unknown);
        let Report { shown, rough, requests } = report(simulator, workload, options, shown, rough)?;
        let all: Vec<&Reported> = shown.iter().chain(&rough).collect();
        let pools: Vec<&PoolConfig> = all.iter().map(|reported| &reported.pool).collect();
        let startups = simulator.startup(&pools)?;
        let rules = rules
            .into_iter()
            .map(|rule| {
                let place = all.iter().position(|r| Some(&r.pool) == rule.pick.as_ref());
                let reported = place.map(|i| (all[i].clone(), startups[i]));
                (rule, reported)
            })
            .collect();
        let mut shown: Vec<(Reported, f64)> =
            shown.into_iter().zip(startups.iter().copied()).collect();
        overrule(judge, &mut shown);
        let beside = rough.iter().zip(&startups[shown.len()..]);
        let on_front = beside.filter(|(reported, _)| front.contains(&reported.pool));
        let measured: Vec<(&Reported, f64)> =
            shown.iter().map(|(r, s)| (r, *s)).chain(on_front.map(|(r, s)| (r, *s))).collect();
        let frontier = frontier(workload, host, &measured, options.indifference);
        let mut shown = shown.into_iter();
        // `shown` begins with the choice, so there is always one.
        let (choice, startup) =
            shown.next().ok_or_else(|| SearchError::NothingPossible(Vec::new()))?;
        Ok(Self { choice, startup, others: shown.collect(), rules, frontier, requests })
    }

    fn assessed(&self, workload: &Workload, host: &Host) -> Assessed {
        let Reported { pool, outcomes, .. } = &self.choice;
        assess(workload, host, pool, outcomes.clone(), self.startup)
    }

    fn hybrids(
        &self,
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
    ) -> Result<Hybrids, SearchError> {
        let Reported { pool, outcomes, .. } = &self.choice;
        let rival = Rival { pool, outcomes, startup: self.startup, requests: self.requests };
        Ok(hybrids(workload, host, options, &rival)?)
    }

    fn what_if(
        &self,
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
        choice: &Assessed,
    ) -> Result<WhatIf, SearchError> {
        let outcomes = &self.choice.outcomes;
        let events = outcomes.iter().map(|outcome| outcome.events).sum::<u64>();
        let requests = outcomes.iter().map(|outcome| outcome.counts.arrived).sum::<u64>();
        let density = events as f64 / requests.max(1) as f64;
        let others = self.others.iter().map(|(reported, _)| reported.pool.clone());
        let contest = Contest::new(&choice.pool, others, options, density);
        Ok(WhatIf::ask(workload, host, &contest, choice)?)
    }

    fn write(
        self,
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
        judge: Judge<'_>,
        field: &Field,
        choice: Assessed,
        beside: Beside,
    ) -> Recommendation {
        let Beside { hybrids, what_if, requests } = beside;
        let standing = judge.standing(&self.choice.pool, &self.choice.outcomes, self.startup);
        let imprecise = !self.choice.precise;
        let verdict = verdict(workload, &choice);
        let partial = self.requests < one_period(workload);
        let confession = Confession { hopeless: field.hopeless, imprecise, partial };
        let reference = Reference {
            workload,
            host,
            judge,
            choice: &choice,
            standing,
            indifference: options.indifference,
        };
        let runners_up = ranked(&reference, self.others);
        let rules: Vec<RuleOutcome> =
            self.rules.into_iter().map(|(rule, figures)| reference.rule(rule, figures)).collect();
        Recommendation {
            goal: judge.goal,
            verdict,
            runners_up,
            excluded: field.excluded.clone(),
            rules,
            warnings: {
                let mut all =
                    warnings(workload, host, &choice, &what_if.sensitivity, verdict, confession);
                all.extend(of_hybrids(&hybrids, verdict, options.indifference));
                all
            },
            sanity: sanity(workload, host, &choice),
            effort: Effort { requests, ..field.effort },
            hybrids,
            frontier: self.frontier,
            what_if,
            choice,
        }
    }
}

/// Puts another pool in the choice's place if the longer runs of the report
/// show that the choice breaks a limit and the other keeps them all: rare, and
/// worth more than the purity of the report's seed.
fn overrule(judge: &Judge<'_>, shown: &mut [(Reported, f64)]) {
    let standings: Vec<Standing> =
        shown.iter().map(|(r, startup)| judge.standing(&r.pool, &r.outcomes, *startup)).collect();
    let breaks = |standing: &Standing| standing.mean_excess() > 0.0;
    if standings.first().is_some_and(breaks) {
        let keeps = (0..shown.len()).filter(|&i| !breaks(&standings[i]));
        if let Some(best) = keeps.min_by(|&a, &b| standings[a].compare(&standings[b])) {
            shown.swap(0, best);
        }
    }
}

/// Runners-up, best first.
fn ranked(reference: &Reference<'_>, others: Vec<(Reported, f64)>) -> Vec<RunnerUp> {
    let mut all: Vec<_> = others
        .into_iter()
        .map(|(reported, startup)| reference.runner_up(reported, startup))
        .collect();
    all.sort_by(|a, b| a.0.compare(&b.0));
    all.into_iter().map(|(_, runner_up)| runner_up).collect()
}
