//! The pool for a product: the choice, if the product runs it, else the best of
//! those that it has.

use std::borrow::Cow;

use sim::pool::{Deployment, PoolConfig, PoolKind, Split};
use sim::search::{Assessed, Recommendation, SearchError, recommend};
use sim::workload::{Arrivals, Quantile, Workload};

use super::Source;
use super::error::EmitError;
use super::target::Target;
use crate::exit::Failure;
use crate::progress::Bar;
use crate::render::pool::product_sentence;
use crate::render::recommendation::verdict;
use crate::render::units::Unit;

/// A recommendation that the product can run.
pub struct Fitted<'a> {
    pub recommendation: Cow<'a, Recommendation>,
    /// With the pools that were searched.
    pub workload: Cow<'a, Workload>,
}

/// Finds the pool of `target`.
///
/// # Errors
/// It has none that the workload allows, or the search gave up.
pub fn fit<'a>(target: Target, source: &Source<'a>, bar: &Bar) -> Result<Fitted<'a>, Failure> {
    let choice = &source.recommendation.choice.deployment;
    if runs(target, choice) {
        let recommendation = Cow::Borrowed(source.recommendation);
        return Ok(Fitted { recommendation, workload: Cow::Borrowed(source.workload) });
    }
    if choice.split == Split::ByStage {
        return Err(EmitError::Pipeline(target).into());
    }
    let workload = restricted(target, source.workload);
    match recommend(&workload, source.host, source.options, bar) {
        Ok(found) if runs(target, &found.choice.deployment) => {
            Ok(Fitted { recommendation: Cow::Owned(found), workload: Cow::Owned(workload) })
        }
        Ok(found) => Err(EmitError::NoPool {
            target,
            reasons: vec![format!("the best would be {}", found.choice.deployment)],
        }
        .into()),
        Err(SearchError::NothingPossible(excluded)) => {
            let ruled_out = excluded.iter().map(|e| format!("{}: {}", e.what, e.reason));
            let reasons = refusals(&workload, source.host.logical_cpus()).chain(ruled_out);
            Err(EmitError::NoPool { target, reasons: reasons.collect() }.into())
        }
        Err(other) => Err(other.into()),
    }
}

/// Can `target` run every pool of `deployment`?
fn runs(target: Target, deployment: &Deployment) -> bool {
    let executor = |pool: &PoolConfig| {
        pool.kind == PoolKind::Generic && matches!(pool.profile.family(), "process" | "threads")
    };
    deployment.pools.iter().all(|pool| {
        target.kinds().contains(&pool.kind)
            || (target == Target::Futures && deployment.split == Split::ByStage && executor(pool))
    })
}

/// `workload` with the pools of `target` only: those that it names, if it names
/// any of them.
fn restricted(target: Target, workload: &Workload) -> Workload {
    let mut workload = workload.clone();
    workload.service.pools.retain(|kind| target.kinds().contains(kind));
    if workload.service.pools.is_empty() {
        workload.service.pools = target.usual_kinds().to_vec();
    }
    workload
}

/// What the pools themselves refuse of the workload, each thing once.
fn refusals(workload: &Workload, cpus: u32) -> impl Iterator<Item = String> {
    let mut all = Vec::new();
    for &kind in &workload.service.pools {
        let profile = kind.mechanics().default_profile(cpus);
        for &python in &workload.runtime.python {
            let made = PoolConfig::of_kind(kind, workload, profile, python, cpus);
            all.extend(made.err().filter(|why| !all.contains(why)));
        }
    }
    all.into_iter()
}

impl Fitted<'_> {
    /// The pools and their figures.
    pub fn choice(&self) -> &Assessed {
        &self.recommendation.choice
    }

    /// Which pool this is and, if it is not the free choice, what that costs.
    pub fn about(&self, source: &Source<'_>) -> Vec<String> {
        let choice = self.choice();
        let pools: Vec<String> = choice.deployment.pools.iter().map(product_sentence).collect();
        let limits = match choice.margins.is_empty() {
            true => String::new(),
            false => format!(" Limits: {}.", verdict(self.recommendation.verdict)),
        };
        let mut about = vec![format!(
            "{}: {}. Predicted {}.{limits}",
            choice.deployment,
            pools.join(" + "),
            figures(source.workload, choice)
        )];
        if matches!(self.recommendation, Cow::Owned(_)) {
            let free = &source.recommendation.choice;
            about.push(format!(
                "The free choice is another pool, {}: {}. This one is the best of {}, found by \
                 the same objective on the same requests.",
                free.deployment,
                figures(source.workload, free),
                self.workload
                    .service
                    .pools
                    .iter()
                    .map(|kind| kind.name())
                    .collect::<Vec<_>>()
                    .join(", ")
            ));
        }
        about
    }
}

/// `p99 page 45.0 ms [44.1, 45.9]; throughput 300/s [..]; peak PSS 1.20 GiB [..]`.
fn figures(workload: &Workload, choice: &Assessed) -> String {
    let summary = &choice.summary;
    let mut parts = Vec::new();
    if summary.saturated {
        parts.push("saturated: the queue grows without end".to_owned());
    } else {
        let classes = workload.classes.iter().zip(&summary.classes);
        let p99: Vec<String> = classes
            .map(|(class, figures)| {
                let p99 = &figures.quantiles[Quantile::P99 as usize];
                format!("{} {}", class.name, Unit::Seconds.estimate(p99))
            })
            .collect();
        parts.push(format!("p99 {}", p99.join(", ")));
    }
    if let Arrivals::Batch { .. } = workload.arrivals {
        parts.push(format!("whole batch {}", Unit::Seconds.estimate(&summary.makespan)));
    }
    parts.push(format!("throughput {}", Unit::PerSecond.estimate(&summary.throughput)));
    parts.push(format!("peak PSS {}", Unit::Bytes.estimate(&summary.peak_pss)));
    parts.join("; ")
}
