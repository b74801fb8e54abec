//! From a workload and a host to a recommendation.

use crate::host::Host;
use crate::pool::Deployment;
use crate::search::answer::{Answer, Findings};
use crate::search::candidates::candidates;
use crate::search::constraints::{absent, broken};
use crate::search::dominated::without_dominated;
use crate::search::hybrid::finalists;
use crate::search::judge::Judge;
use crate::search::pilot::pilot;
use crate::search::pipelines::{Pipelines, pipelines};
use crate::search::race::{Raced, race};
use crate::search::recycling::recycling;
use crate::search::ruling::gather;
use crate::search::screen::screen;
use crate::search::simulator::{Purpose, Simulator};
use crate::search::variants::variants;
use crate::search::{Effort, Exclusion, Progress, Recommendation, SearchError, SearchOptions};
use crate::workload::Workload;

/// Candidates kept if bounds rule out all of them.
const CLOSEST: usize = 24;

/// Finds the best deployment for `workload` on `host`.
///
/// Constraints and operational bounds discard most candidates; the rest race on
/// the same requests. Candidates are single pools, of a workload with stages an
/// executor for each; the best single pool meets hybrids of two. Searching, choosing and reporting use a seed each. The
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
    let mut field = match workload.stages.is_empty() {
        true => Field::narrow(workload, host, options, &mut simulator)?,
        false => Field::staged(workload, host, options)?,
    };
    let deployments = std::mem::take(&mut field.deployments);
    let raced = race(&mut simulator, &judge, workload, options, deployments, progress)?
        .ok_or_else(|| SearchError::NothingPossible(field.excluded.clone()))?;
    let raced = match workload.stages.is_empty() {
        true => raced,
        false => field.second_look(&mut simulator, &judge, raced, options, progress)?,
    };
    progress.step("measuring the choice and the runners-up", 1, 1);
    let hybrids = finalists(workload, host, options, &raced.choice.pools[0])?;
    let answer = Answer::prepare(workload, host, options, &mut simulator, &judge, raced, &hybrids)?;
    let choice = answer.assessed(workload, host);
    progress.step("asking what would change the answer", 1, 1);
    let what_if = answer.what_if(workload, host, options, &choice)?;
    let (recycling, of_rules) = recycling(workload, host, &choice, options)?;
    let requests = simulator.spent + hybrids.requests + what_if.requests + of_rules;
    let findings = Findings { choice, hybrids, what_if, recycling, requests };
    Ok(answer.write(workload, host, options, judge, &field, findings))
}

/// What is left to race, and what is not.
pub(super) struct Field {
    pub(super) deployments: Vec<Deployment>,
    pub(super) excluded: Vec<Exclusion>,
    pub(super) effort: Effort,
    /// Bounds rule out every candidate.
    pub(super) hopeless: bool,
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
        let deployments = pools.into_iter().map(Deployment::from).collect();
        Ok(Self { deployments, excluded, effort, hopeless: screened.hopeless })
    }

    /// A pipeline is a pool for each stage; one for the whole is none.
    fn staged(
        workload: &Workload,
        host: &Host,
        options: &SearchOptions,
    ) -> Result<Self, SearchError> {
        let Pipelines { kept, broken, slow, hopeless } = pipelines(workload, host);
        let (out, bounded) = (broken.len() as u32, slow.len() as u32);
        let excluded = gather(broken.into_iter().chain(slow));
        if kept.is_empty() {
            return Err(SearchError::NothingPossible(excluded));
        }
        let raced = kept.len() as u32;
        let effort = Effort {
            candidates: out + bounded + raced,
            excluded: out,
            bounded,
            raced,
            requests: 0,
            seed: options.seed,
        };
        Ok(Self { deployments: kept, excluded, effort, hopeless })
    }
    /// Races the best pipeline against those that start a stage otherwise or give
    /// it other BLAS threads.
    fn second_look(
        &mut self,
        simulator: &mut Simulator<'_>,
        judge: &Judge<'_>,
        first: Raced,
        options: &SearchOptions,
        progress: &dyn Progress,
    ) -> Result<Raced, SearchError> {
        let (workload, host) = (judge.workload, judge.host);
        let known = |one: &Deployment| first.entrants.iter().any(|e| e.deployment == *one);
        let fresh: Vec<Deployment> =
            variants(workload, host, &first.choice).into_iter().filter(|one| !known(one)).collect();
        if fresh.is_empty() {
            return Ok(first);
        }
        self.effort.candidates += fresh.len() as u32;
        self.effort.raced += fresh.len() as u32;
        let again = std::iter::once(&first.choice).chain(&first.runners_up).cloned();
        let all = again.chain(fresh).collect();
        let second = race(simulator, judge, workload, options, all, progress)?;
        Ok(second.map_or(first.clone(), |second| second.after(first)))
    }
}
