//! A hybrid in the place of the best single pool.

use crate::host::Host;
use crate::search::SearchOptions;
use crate::search::assess::{assess, verdict};
use crate::search::judge::{Judge, Standing};
use crate::search::report::Reported;
use crate::stats::Verdict;
use crate::workload::Workload;

/// By what a hybrid is held against a single pool.
pub(super) struct Rules<'a> {
    pub(super) workload: &'a Workload,
    pub(super) host: &'a Host,
    pub(super) judge: &'a Judge<'a>,
    pub(super) options: &'a SearchOptions,
}

/// Puts the best of `hybrids` in the place of the choice, the first of `shown`,
/// if it alone keeps every limit or is better by more than what does not
/// matter. Two pools are more to run than one: a near tie is not worth them.
/// Returns the single pool that was replaced.
pub(super) fn promote(
    rules: &Rules<'_>,
    shown: &mut [(Reported, f64)],
    hybrids: &mut Vec<(Reported, f64)>,
) -> Option<(Reported, f64)> {
    let mut standings: Vec<(Standing, usize)> =
        hybrids.iter().enumerate().map(|(i, hybrid)| (rules.standing(hybrid), i)).collect();
    standings.sort_by(|a, b| a.0.compare(&b.0));
    let best = standings.first()?.1;
    let wins = rules.alone_keeps_all(&hybrids[best], shown)
        || rules.clearly_better(&hybrids[best], shown.first()?);
    wins.then(|| std::mem::replace(&mut shown[0], hybrids.remove(best)))
}

impl Rules<'_> {
    fn standing(&self, (reported, startup): &(Reported, f64)) -> Standing {
        self.judge.standing(&reported.deployment, &reported.outcomes, *startup)
    }

    fn keeps_all(&self, (reported, startup): &(Reported, f64)) -> bool {
        let Reported { deployment, outcomes, .. } = reported;
        let assessed = assess(self.workload, self.host, deployment, outcomes.clone(), *startup);
        verdict(self.workload, &assessed) == Verdict::Met
    }

    fn alone_keeps_all(&self, hybrid: &(Reported, f64), pools: &[(Reported, f64)]) -> bool {
        self.keeps_all(hybrid) && !pools.iter().any(|pool| self.keeps_all(pool))
    }

    /// On the same requests, and without breaking what the pool keeps.
    fn clearly_better(&self, hybrid: &(Reported, f64), pool: &(Reported, f64)) -> bool {
        let (own, other) = (self.standing(hybrid), self.standing(pool));
        let ratio = own.over(&other);
        ratio.point < 1.0 - self.options.indifference
            && ratio.high < 1.0
            && own.mean_excess() <= other.mean_excess()
            && (self.keeps_all(hybrid) || !self.keeps_all(pool))
    }
}
