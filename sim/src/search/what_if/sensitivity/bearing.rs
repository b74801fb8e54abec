//! Which parameters change anything at all.

use rayon::prelude::*;

use crate::experiment::SimError;
use crate::host::{End, Host, HostParameter};
use crate::search::what_if::trial::{Contest, Trial};
use crate::workload::Workload;

/// A parameter that changes something.
pub(super) struct Bearing {
    pub(super) parameter: HostParameter,
    /// Which pools of the contest it changes.
    pub(super) on: Vec<bool>,
}

/// Those of `ranged` that change anything in a short run of any pool, and the
/// requests that it took to see.
pub(super) fn bearing(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
    ranged: Vec<HostParameter>,
) -> Result<(Vec<Bearing>, u64), SimError> {
    let at_best = (0..contest.pools.len())
        .map(|pool| Probed::new(workload, host, contest.only(pool)))
        .collect::<Result<Vec<Probed<'_>>, SimError>>()?;
    let screened: Vec<Result<(Bearing, u64), SimError>> = ranged
        .into_par_iter()
        .map(|parameter| {
            let (mut on, mut requests) = (Vec::new(), 0);
            for pool in &at_best {
                let (changes, spent) = pool.changes_with(&parameter, host)?;
                on.push(changes);
                requests += spent;
            }
            Ok((Bearing { parameter, on }, requests))
        })
        .collect();
    let screened = screened.into_iter().collect::<Result<Vec<_>, SimError>>()?;
    let probed: u64 = at_best.iter().map(|pool| pool.trial.requests).sum();
    let requests = probed + screened.iter().map(|(_, spent)| spent).sum::<u64>();
    let all = screened.into_iter().map(|(bearing, _)| bearing);
    Ok((all.filter(|bearing| bearing.on.contains(&true)).collect(), requests))
}

/// One pool in a short run at the best values.
struct Probed<'a> {
    workload: &'a Workload,
    contest: Contest,
    trial: Trial,
    startups: Vec<f64>,
}

impl<'a> Probed<'a> {
    fn new(workload: &'a Workload, host: &Host, contest: Contest) -> Result<Self, SimError> {
        let trial = contest.attempt(workload, host, contest.probe())?;
        let startups = contest.startups(workload, host)?;
        Ok(Self { workload, contest, trial, startups })
    }

    /// Does anything change at either end, and how many requests did it take to
    /// see? The first end that does is enough.
    fn changes_with(
        &self,
        parameter: &HostParameter,
        host: &Host,
    ) -> Result<(bool, u64), SimError> {
        let mut requests = 0;
        for end in ends(parameter) {
            let moved = host.at_end(&parameter.name, end);
            if self.contest.startups(self.workload, &moved)? != self.startups {
                return Ok((true, requests));
            }
            let trial = self.contest.attempt(self.workload, &moved, self.contest.probe())?;
            requests += trial.requests;
            if trial.outcomes != self.trial.outcomes {
                return Ok((true, requests));
            }
        }
        Ok((false, requests))
    }
}

/// The ends at which a parameter is not already.
fn ends(parameter: &HostParameter) -> impl Iterator<Item = End> + '_ {
    End::BOTH.into_iter().filter(|end| parameter.at(*end) != parameter.value)
}
