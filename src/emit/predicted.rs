//! The prediction as the check script carries it.

use serde::Serialize;
use sim::host::Host;
use sim::stats::Estimate;
use sim::workload::{Arrivals, Quantile, Workload};

use super::facts::widest;
use super::fit::Fitted;
use super::load::Load;
use super::memory::lacks;

/// What the script compares, and the load under which it does.
#[derive(Debug, Serialize)]
pub struct Predicted {
    workload: String,
    pool: String,
    seed: u64,
    load: Load,
    classes: Vec<Class>,
    figures: Vec<Figure>,
}

#[derive(Debug, Serialize)]
struct Class {
    name: String,
    share: f64,
}

/// One predicted figure with the wider of its intervals.
#[derive(Debug, Serialize)]
struct Figure {
    /// `throughput`, `makespan`, `peak_pss`, or `CLASS pNN`.
    name: String,
    /// `/s`, `s` or `MiB`.
    unit: &'static str,
    point: f64,
    low: f64,
    high: f64,
    /// Why it is shown and no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_judged: Option<String>,
}

impl Predicted {
    pub fn of(workload: &Workload, fitted: &Fitted<'_>, host: &Host, seed: u64) -> Self {
        let classes = workload.classes.iter();
        Self {
            workload: workload.name.clone(),
            pool: fitted.choice().deployment.to_string(),
            seed,
            load: Load::of(workload),
            classes: classes.map(|c| Class { name: c.name.clone(), share: c.share }).collect(),
            figures: figures(workload, fitted, host),
        }
    }
}

fn figures(workload: &Workload, fitted: &Fitted<'_>, host: &Host) -> Vec<Figure> {
    const MIB: f64 = 1_048_576.0;
    let summary = &fitted.choice().summary;
    let ranges = &fitted.recommendation.what_if.sensitivity.prediction;
    let peak = figure("peak_pss", "MiB", MIB, &widest(&summary.peak_pss, &ranges.peak_pss));
    let lacking = fitted.choice().deployment.pools.iter().find_map(|pool| lacks(pool, host));
    let mut figures = vec![
        figure("throughput", "/s", 1.0, &widest(&summary.throughput, &ranges.throughput)),
        Figure { not_judged: lacking.map(|what| format!("the prediction lacks {what}")), ..peak },
    ];
    if let Arrivals::Batch { .. } = workload.arrivals {
        figures.push(figure("makespan", "s", 1.0, &widest(&summary.makespan, &ranges.makespan)));
    }
    if !summary.saturated {
        let classes = workload.classes.iter().zip(&summary.classes).zip(&ranges.classes);
        for ((class, simulated), wide) in classes {
            for (i, quantile) in Quantile::ALL.iter().enumerate() {
                let name = format!("{} {}", class.name, quantile.name());
                figures.push(figure(&name, "s", 1.0, &widest(&simulated.quantiles[i], &wide[i])));
            }
        }
    }
    // A figure without a point or an interval cannot be held against anything.
    let all = figures.into_iter();
    all.filter(|f| f.point.is_finite() && f.low.is_finite() && f.high.is_finite()).collect()
}

fn figure(name: &str, unit: &'static str, worth: f64, estimate: &Estimate) -> Figure {
    Figure {
        name: name.to_owned(),
        unit,
        point: estimate.point / worth,
        low: estimate.low / worth,
        high: estimate.high / worth,
        not_judged: None,
    }
}
