//! The choice among pools that somebody names, and what rules of thumb pick
//! there: the same bounds, race and rules as in [`recommend`](super::recommend()).

use crate::host::Host;
use crate::pool::{Deployment, PoolConfig};
use crate::search::constraints::broken;
use crate::search::judge::Judge;
use crate::search::race::race;
use crate::search::ruling::gather;
use crate::search::screen::screen;
use crate::search::simulator::{Purpose, Simulator};
use crate::search::{Progress, SearchError, SearchOptions, rules};
use crate::workload::Workload;

/// Pools kept if bounds rule out all of them.
const CLOSEST: usize = 24;

/// A rule of thumb and the pool that it picks.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleOfThumb {
    /// Short name.
    pub name: &'static str,
    /// Its pick; `None` if it says nothing here.
    pub pick: Option<PoolConfig>,
    /// Who says so, and what had to be read into it.
    pub note: String,
}

/// What the usual rules pick for `workload` on `host`.
pub fn rules_of_thumb(workload: &Workload, host: &Host) -> Vec<RuleOfThumb> {
    let plain =
        |rule: rules::Rule| RuleOfThumb { name: rule.name, pick: rule.pick, note: rule.note };
    rules::rules(workload, host).into_iter().map(plain).collect()
}

/// The pool of `pools` that a recommendation among them alone would name.
///
/// # Errors
/// Constraints exclude all of them, or the simulator passed a limit.
pub fn choose(
    workload: &Workload,
    host: &Host,
    pools: Vec<PoolConfig>,
    options: &SearchOptions,
    progress: &dyn Progress,
) -> Result<PoolConfig, SearchError> {
    let mut simulator = Simulator::new(workload, host, options.cpu, options.seed);
    let judge = Judge::new(workload, host);
    let (mut rulings, mut possible) = (Vec::new(), Vec::new());
    for pool in pools {
        match broken(workload, host, &pool) {
            Some(ruling) => rulings.push(ruling),
            None => possible.push(pool),
        }
    }
    let excluded = gather(rulings);
    let seed = Purpose::Search.seed(options.seed);
    let kept = screen(workload, host, possible, seed, CLOSEST).kept;
    let deployments = kept.into_iter().map(Deployment::from).collect();
    let raced = race(&mut simulator, &judge, workload, options, deployments, progress)?;
    let choice = raced.and_then(|raced| raced.choice.pools.into_iter().next());
    choice.ok_or(SearchError::NothingPossible(excluded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::{cpu_bound, python};

    fn pools(workload: &Workload, profiles: &[&str]) -> Vec<PoolConfig> {
        let pool = |text: &&str| PoolConfig::new(workload, text.parse().unwrap(), python("3.12"));
        profiles.iter().map(pool).collect()
    }

    #[test]
    fn the_choice_is_one_of_those_named() {
        let mut workload = cpu_bound(150.0, SimDuration(10_000_000));
        workload.runtime.thread_safe = false;
        let (host, options) = (Host::ideal(2), SearchOptions::default());
        let choose =
            |profiles: &[&str]| choose(&workload, &host, pools(&workload, profiles), &options, &());
        // One core's worth is too little for 1.5.
        assert_eq!(choose(&["process:1", "process:2"]).unwrap().profile.to_string(), "process:2");
        assert_eq!(choose(&["process:1"]).unwrap().profile.to_string(), "process:1");
        assert!(matches!(choose(&[]), Err(SearchError::NothingPossible(_))));
        assert!(matches!(choose(&["threads:4"]), Err(SearchError::NothingPossible(_))));
    }

    #[test]
    fn every_rule_is_told() {
        let workload = cpu_bound(1.0, SimDuration(20_000_000));
        let names: Vec<&str> =
            rules_of_thumb(&workload, &Host::ideal(8)).iter().map(|rule| rule.name).collect();
        assert_eq!(names, ["2n+1", "n", "sqrt", "min(32, n+4)", "decision tree"]);
    }
}
