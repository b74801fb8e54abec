//! From the end of a race to the answer: what is measured, and how it is put
//! together.

use crate::host::Host;
use crate::pool::Deployment;
use crate::search::assess::{assess, verdict};
use crate::search::compare::{Reference, impossible};
use crate::search::frontier::{contenders, frontier};
use crate::search::hybrid::Finalists;
use crate::search::judge::{Judge, Standing};
use crate::search::lengths::one_period;
use crate::search::promotion::{Rules, promote};
use crate::search::race::Raced;
use crate::search::recommend::Field;
use crate::search::report::{Report, Reported, report};
use crate::search::rules::{Rule, rules};
use crate::search::sanity::sanity;
use crate::search::simulator::Simulator;
use crate::search::warnings::{Confession, warnings};
use crate::search::what_if::Contest;
use crate::search::{
    Assessed, Effort, Frontier, Hybrid, Hybrids, Recommendation, Recycling, Robustness,
    RuleOutcome, RunnerUp, SearchError, SearchOptions, WhatIf,
};
use crate::workload::Workload;

/// The choice, what is asked beside it, and the requests that all of it took.
pub(super) struct Findings {
    pub(super) choice: Assessed,
    pub(super) hybrids: Finalists,
    pub(super) what_if: WhatIf,
    pub(super) recycling: Vec<Recycling>,
    pub(super) requests: u64,
}

/// Everything measured for the answer.
pub(super) struct Answer {
    choice: Reported,
    startup: f64,
    others: Vec<(Reported, f64)>,
    /// The single pool in whose place the choice is, if that is a hybrid.
    replaced: Option<(Reported, f64)>,
    /// Hybrids that are not the choice.
    hybrids: Vec<(Reported, f64)>,
    rules: Vec<(Rule, Option<(Reported, f64)>)>,
    frontier: Frontier,
    /// How the choice holds; none if it was replaced after the race.
    robustness: Option<Robustness>,
    /// Requests of one replication.
    requests: u64,
}

impl Answer {
    pub(super) fn prepare(
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
        simulator: &mut Simulator<'_>,
        judge: &Judge<'_>,
        raced: Raced,
        hybrids: &Finalists,
    ) -> Result<Self, SearchError> {
        let rules = rules(workload, host);
        let front = contenders(workload, host, &raced.entrants, options.indifference);
        let robust = (raced.choice.clone(), raced.robustness);
        let shown: Vec<Deployment> = std::iter::once(raced.choice)
            .chain(raced.runners_up)
            .chain(hybrids.deployments.iter().cloned())
            .collect();
        let mut rough: Vec<Deployment> = Vec::new();
        for pool in rules.iter().filter_map(|rule| rule.pick.as_ref()) {
            let one = Deployment::from(pool.clone());
            let known = shown.contains(&one) || rough.contains(&one);
            if !known && impossible(workload, host, pool).is_none() {
                rough.push(one);
            }
        }
        let known = |one: &Deployment| shown.contains(one) || rough.contains(one);
        let unknown: Vec<Deployment> = front.iter().filter(|pool| !known(pool)).cloned().collect();
        rough.extend(unknown);
        let Report { shown, rough, requests } =
            report(simulator, judge, workload, options, shown, rough)?;
        let all: Vec<&Reported> = shown.iter().chain(&rough).collect();
        let deployments: Vec<&Deployment> = all.iter().map(|r| &r.deployment).collect();
        let startups = simulator.startup(&deployments)?;
        let rules = rules
            .into_iter()
            .map(|rule| {
                let pick = rule.pick.clone().map(Deployment::from);
                let place = all.iter().position(|r| Some(&r.deployment) == pick.as_ref());
                let reported = place.map(|i| (all[i].clone(), startups[i]));
                (rule, reported)
            })
            .collect();
        let mut shown: Vec<(Reported, f64)> =
            shown.into_iter().zip(startups.iter().copied()).collect();
        let beside = rough.iter().zip(startups[shown.len()..].iter().copied());
        let on_front = beside.filter(|(reported, _)| front.contains(&reported.deployment));
        let mut hybrids = shown.split_off(shown.len() - hybrids.deployments.len());
        overrule(judge, &mut shown);
        let replaced = promote(&Rules { workload, host, judge, options }, &mut shown, &mut hybrids);
        let kept = shown.iter().chain(&replaced).chain(&hybrids);
        let measured: Vec<(&Reported, f64)> =
            kept.map(|(reported, startup)| (reported, *startup)).chain(on_front).collect();
        let frontier = frontier(workload, host, &measured, options.indifference);
        let mut shown = shown.into_iter();
        // `shown` begins with the choice, so there is always one.
        let (choice, startup) =
            shown.next().ok_or_else(|| SearchError::NothingPossible(Vec::new()))?;
        let others = shown.collect();
        let robustness = (choice.deployment == robust.0).then_some(robust.1);
        Ok(Self {
            choice,
            startup,
            others,
            replaced,
            hybrids,
            rules,
            frontier,
            robustness,
            requests,
        })
    }

    pub(super) fn assessed(&self, workload: &Workload, host: &Host) -> Assessed {
        let Reported { deployment, outcomes, .. } = &self.choice;
        assess(workload, host, deployment, outcomes.clone(), self.startup)
    }

    pub(super) fn what_if(
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
        let others = self.replaced.iter().chain(&self.others);
        let others = others.map(|(reported, _)| reported.deployment.clone());
        let contest = Contest::new(&choice.deployment, others, options, density);
        Ok(WhatIf::ask(workload, host, &contest, choice)?)
    }

    pub(super) fn write(
        self,
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
        judge: Judge<'_>,
        field: &Field,
        findings: Findings,
    ) -> Recommendation {
        let Findings { choice, hybrids, what_if, recycling, requests } = findings;
        let standing = judge.standing(&self.choice.deployment, &self.choice.outcomes, self.startup);
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
        let replaced = ranked(&reference, self.replaced);
        let runners_up = replaced.into_iter().chain(ranked(&reference, self.others)).collect();
        let best = ranked(&reference, self.hybrids);
        let best = best.into_iter().map(|r| Hybrid::new(workload, r.assessed, r.worse_by));
        let Finalists { tried, requests: on_hybrids, .. } = hybrids;
        let hybrids = Hybrids { tried, best: best.collect(), requests: on_hybrids };
        let rules: Vec<RuleOutcome> =
            self.rules.into_iter().map(|(rule, figures)| reference.rule(rule, figures)).collect();
        let warnings = warnings(workload, host, &choice, &what_if.sensitivity, verdict, confession);
        Recommendation {
            goal: judge.goal,
            verdict,
            runners_up,
            excluded: field.excluded.clone(),
            rules,
            warnings,
            sanity: sanity(workload, host, &choice),
            effort: Effort { requests, ..field.effort },
            recycling,
            hybrids,
            frontier: self.frontier,
            robustness: self.robustness,
            what_if,
            choice,
        }
    }
}

/// Puts another pool in the choice's place if the longer runs of the report
/// show that the choice breaks a limit and the other keeps them all: rare, and
/// worth more than the purity of the report's seed.
fn overrule(judge: &Judge<'_>, shown: &mut [(Reported, f64)]) {
    let standings: Vec<Standing> = shown
        .iter()
        .map(|(r, startup)| judge.standing(&r.deployment, &r.outcomes, *startup))
        .collect();
    let breaks = |standing: &Standing| standing.mean_excess() > 0.0;
    if standings.first().is_some_and(breaks) {
        let keeps = (0..shown.len()).filter(|&i| !breaks(&standings[i]));
        if let Some(best) = keeps.min_by(|&a, &b| standings[a].compare(&standings[b])) {
            shown.swap(0, best);
        }
    }
}

/// Runners-up, best first.
fn ranked(
    reference: &Reference<'_>,
    others: impl IntoIterator<Item = (Reported, f64)>,
) -> Vec<RunnerUp> {
    let mut all: Vec<_> = others
        .into_iter()
        .map(|(reported, startup)| reference.runner_up(reported, startup))
        .collect();
    all.sort_by(|a, b| a.0.compare(&b.0));
    all.into_iter().map(|(_, runner_up)| runner_up).collect()
}
