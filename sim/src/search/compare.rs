//! The choice beside the others: runners-up and rules of thumb.

use crate::host::Host;
use crate::pool::PoolConfig;
use crate::search::assess::{assess, verdict};
use crate::search::constraints::broken;
use crate::search::judge::{Judge, Standing};
use crate::search::report::Reported;
use crate::search::rules::Rule;
use crate::search::ruling::Kind;
use crate::search::units::{bytes, number, percent};
use crate::search::warnings::limited;
use crate::search::{Assessed, Resource, RuleOutcome, RunnerUp};
use crate::stats::{Estimate, Verdict};
use crate::workload::{Goal, Workload};

/// What everything is compared with.
pub(super) struct Reference<'a> {
    pub(super) workload: &'a Workload,
    pub(super) host: &'a Host,
    pub(super) judge: Judge<'a>,
    pub(super) choice: &'a Assessed,
    pub(super) standing: Standing,
    pub(super) indifference: f64,
}

impl Reference<'_> {
    /// A candidate that was shown to the same requests as the choice.
    pub(super) fn runner_up(&self, reported: Reported, startup: f64) -> (Standing, RunnerUp) {
        let standing = self.judge.standing(&reported.deployment, &reported.outcomes, startup);
        let worse_by = standing.over(&self.standing);
        let assessed =
            assess(self.workload, self.host, &reported.deployment, reported.outcomes, startup);
        let why = self.why(&assessed, worse_by);
        (standing, RunnerUp { assessed, worse_by, why })
    }

    /// Why a candidate lost, in a few words.
    fn why(&self, assessed: &Assessed, worse_by: Estimate) -> String {
        let (own, best) = (verdict(self.workload, assessed), verdict(self.workload, self.choice));
        if own == Verdict::Missed && best != Verdict::Missed {
            return self.missed(assessed);
        }
        if worse_by.low > 1.0 {
            return self.loses_by(worse_by.point, assessed.bottleneck.resource);
        }
        let alike = if worse_by.high < 1.0 {
            format!("{} better", percent(1.0 - worse_by.point))
        } else if worse_by.high < 1.0 + self.indifference {
            "as good".to_owned()
        } else {
            "not told apart".to_owned()
        };
        let more = assessed.summary.peak_pss.point - self.choice.summary.peak_pss.point;
        let (slots, chosen) = (assessed.deployment.slots(), self.choice.deployment.slots());
        match more {
            more if more > 0.0 => format!("{alike}, but {} more memory", bytes(more)),
            _ if slots > chosen => format!("{alike}, but {} more slots", slots - chosen),
            _ => format!("{alike}, but less preferred"),
        }
    }

    /// A goal figure that is `times` the choice's.
    fn loses_by(&self, times: f64, busiest: Resource) -> String {
        let (more, many) = match self.judge.goal {
            Goal::Latency => ("slower", "as slow"),
            Goal::Throughput => ("more time", "the time"),
            Goal::Memory => ("more memory", "the memory"),
        };
        let by = if times < 2.0 {
            format!("{} {more}", percent(times - 1.0))
        } else {
            format!("{} times {many}", number(times))
        };
        match self.judge.goal {
            Goal::Memory => by,
            Goal::Latency | Goal::Throughput => format!("{by}; busiest: {}", busiest.name()),
        }
    }

    /// The limit that is missed by most.
    fn missed(&self, assessed: &Assessed) -> String {
        if assessed.summary.over_memory > 0 {
            return "does not fit into the host's memory".to_owned();
        }
        if assessed.summary.saturated {
            let growth = assessed.summary.growth.point;
            let lock = match assessed.bottleneck.resource {
                Resource::Lock => " for the interpreter lock",
                _ => "",
            };
            return format!(
                "cannot keep up{lock}: its queue grows by {} requests/s",
                number(growth)
            );
        }
        let missed = assessed.margins.iter().filter(|margin| margin.verdict == Verdict::Missed);
        let share =
            |margin: &&crate::search::Margin| (margin.predicted.point / margin.limit).ln().abs();
        missed.max_by(|a, b| share(a).total_cmp(&share(b))).map_or_else(
            || "misses a limit".to_owned(),
            |margin| {
                let times = margin.predicted.point / margin.limit;
                format!("{} is {} times the limit", limited(self.workload, margin), number(times))
            },
        )
    }

    /// What following `rule` would cost. `reported` is its pick's figures,
    /// absent if the pick is none or not possible.
    pub(super) fn rule(&self, rule: Rule, reported: Option<(Reported, f64)>) -> RuleOutcome {
        let outcome = |worse_by, verdict, note: String| RuleOutcome {
            rule: rule.name.to_owned(),
            pick: rule.pick.clone(),
            worse_by,
            verdict,
            note: format!("{} {note}", rule.note),
        };
        let Some((reported, startup)) = reported else {
            let why =
                rule.pick.as_ref().and_then(|pool| impossible(self.workload, self.host, pool));
            return outcome(None, None, why.unwrap_or_else(|| "It has no pick here.".to_owned()));
        };
        if reported.deployment == self.choice.deployment {
            let verdict = verdict(self.workload, self.choice);
            return outcome(Some(Estimate::exact(1.0)), Some(verdict), "The choice.".to_owned());
        }
        let (_, runner_up) = self.runner_up(reported, startup);
        let verdict = verdict(self.workload, &runner_up.assessed);
        let note = format!("Here {}.", runner_up.why);
        outcome(Some(runner_up.worse_by), Some(verdict), note)
    }
}

/// Why `pool` cannot be simulated. Too much memory is no obstacle: what that
/// does is worth seeing.
pub(super) fn impossible(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<String> {
    let ruling = broken(workload, host, pool)?;
    (ruling.kind != Kind::Memory && ruling.kind != Kind::MaxWorkers)
        .then(|| format!("Not possible here. {}", ruling.reason))
}
