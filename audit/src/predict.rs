//! What the model says of a claim: the stated pool under the stated load, on
//! the host that the document has.
//!
//! The point is the mean over replications at the best values of the host's
//! parameters. The interval is a prediction interval: it comes from further
//! replications, in each of which every parameter is drawn anew from its range.

mod metric;
mod spread;

use std::collections::BTreeMap;

use rayon::prelude::*;
use sim::experiment::{CpuModel, Limits, Observer, Outcome, Record, Scenario, Start, simulate};
use sim::host::Host;

use crate::document::{Claim, Configuration, Document};
use crate::variants::Built;

/// Replications at the best values.
const REPLICATIONS: u32 = 3;
/// Replications with drawn parameters.
const DRAWS: u32 = 10;
/// Most requests of a replication.
const MOST_REQUESTS: f64 = 200_000.0;
/// Hard limits of a replication.
const LIMITS: Limits = Limits { events: 50_000_000, in_system: 200_000 };

/// What the model predicts, with a 95 % prediction interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Mean over replications at the best values.
    pub point: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Predictions by claim, and why some configuration has none.
#[derive(Clone, Debug, Default)]
pub struct Predictions {
    /// By id of the claim.
    pub by_claim: BTreeMap<String, Prediction>,
    /// By id of the configuration.
    pub failed: BTreeMap<String, String>,
}

/// How the pool and load of a configuration are built; `None` if it says too
/// little.
pub type Build<'a> = &'a (dyn Fn(&Configuration) -> Option<Result<Built, String>> + Sync);

/// One replication as claims need it.
pub(crate) struct Run {
    outcome: Outcome,
    /// Class and sojourn time in s of what was served after the warm-up,
    /// ascending by time.
    sojourns: Vec<(usize, f64)>,
}

/// What the model says of every claim of `document` that it can say something
/// about.
pub fn predict(document: &Document, build: Build<'_>, host: &Host, seed: u64) -> Predictions {
    let mut groups: BTreeMap<(usize, u64), Vec<&Claim>> = BTreeMap::new();
    for claim in &document.claims {
        let Some(index) = claim.configuration else { continue };
        if claim.figure.is_some() && claim.same_as.is_none() && !claim.given {
            let after = claim.after.unwrap_or(0.0).to_bits();
            groups.entry((index, after)).or_default().push(claim);
        }
    }
    let hosts: Vec<Host> = (0..DRAWS).map(|draw| spread::drawn(host, seed, draw)).collect();
    let said: Vec<_> = groups
        .into_par_iter()
        .map(|((index, after), claims)| {
            let case = Case { document, build, host, hosts: &hosts, seed };
            (index, case.predict(index, f64::from_bits(after), &claims))
        })
        .collect();
    let mut predictions = Predictions::default();
    for (index, result) in said {
        match result {
            Ok(found) => predictions.by_claim.extend(found),
            Err(why) => {
                predictions.failed.insert(document.configurations[index].id.clone(), why);
            }
        }
    }
    predictions
}

struct Case<'a> {
    document: &'a Document,
    build: Build<'a>,
    host: &'a Host,
    hosts: &'a [Host],
    seed: u64,
}

impl Case<'_> {
    fn predict(
        &self,
        index: usize,
        after: f64,
        claims: &[&Claim],
    ) -> Result<Vec<(String, Prediction)>, String> {
        let configuration = &self.document.configurations[index];
        let Some(built) = (self.build)(configuration) else { return Ok(Vec::new()) };
        let built = built?;
        let requests = match built.workload.arrivals.offered_rate() {
            Some(rate) if after > 0.0 => (rate * after).clamp(1.0, MOST_REQUESTS) as u64,
            _ => built.requests,
        };
        let best = |replication| self.run(&built, self.host, requests, replication);
        let best: Vec<Run> = (0..REPLICATIONS).map(best).collect::<Result<_, _>>()?;
        let drawn = self.hosts.iter().zip(REPLICATIONS..);
        let drawn = drawn.map(|(host, replication)| self.run(&built, host, requests, replication));
        let drawn: Vec<Run> = drawn.collect::<Result<_, _>>()?;
        let of = |claim: &&Claim| {
            let value = |run: &Run| metric::of(claim, &built, self.host, run);
            let best: Vec<f64> = best.iter().filter_map(value).collect();
            let drawn: Vec<f64> = drawn.iter().filter_map(value).collect();
            spread::prediction(&best, &drawn).map(|prediction| (claim.id.clone(), prediction))
        };
        Ok(claims.iter().filter_map(of).collect())
    }

    fn run(
        &self,
        built: &Built,
        host: &Host,
        requests: u64,
        replication: u32,
    ) -> Result<Run, String> {
        let scenario = Scenario {
            cpu: CpuModel::ProcessorSharing,
            start: if built.cold { Start::Cold } else { Start::Warm },
            limits: LIMITS,
            ..Scenario::of(&built.workload, host, &built.deployment, requests, self.seed)
        };
        let mut watcher = Watcher::default();
        let outcome =
            simulate(&scenario, replication, &mut watcher).map_err(|error| error.to_string())?;
        let served = watcher.records.iter().filter(|record| {
            record.request >= outcome.warm_up && record.fate == sim::experiment::Fate::Completed
        });
        let time = |r: &Record| (r.class, r.finished.0.saturating_sub(r.scheduled.0) as f64 * 1e-9);
        let mut sojourns: Vec<(usize, f64)> = served.map(time).collect();
        sojourns.sort_by(|a, b| a.1.total_cmp(&b.1));
        Ok(Run { outcome, sojourns })
    }
}

/// Keeps every request's history.
#[derive(Default)]
struct Watcher {
    records: Vec<Record>,
}

impl Observer for Watcher {
    fn record(&mut self, record: &Record) {
        self.records.push(*record);
    }
}
