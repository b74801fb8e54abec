//! Simulated pools: figures with intervals, and a time line.

use sim::experiment::{BlastRadius, Snapshot, Summary};
use sim::host::Host;
use sim::pool::{Deployment, Split};
use sim::workload::Workload;

use super::layout::Page;
use super::recommendation::{calibration, host, predicted};
use super::sparkline::{Ramp, Shown, sparkline};
use super::units::{Unit, count};
use super::{lives, pool};

/// Columns of the time line.
const TIMELINE: usize = 48;

/// A line of which the dips matter.
const UP: &str = "workers up";

/// Name, unit and value of a line.
type Series = (&'static str, Unit, fn(&Snapshot) -> f64);

/// Everything that the text is made of.
pub struct Answer<'a> {
    pub workload: &'a Workload,
    pub host: &'a Host,
    pub deployment: &'a Deployment,
    pub summary: &'a Summary,
    /// What restarts cost the requests, if there was any.
    pub radius: Option<&'a BlastRadius>,
    /// Of the first replication.
    pub snapshots: &'a [Snapshot],
    pub cold: bool,
    pub requests: u64,
    pub seed: u64,
    /// Repeats this answer.
    pub command: String,
}

impl Answer<'_> {
    /// Names of the classes or stages that pool `index` serves; none if there is
    /// only one pool.
    pub fn served_by(&self, index: usize) -> Vec<&str> {
        match &self.deployment.split {
            Split::Whole => Vec::new(),
            Split::ByStage => vec![&self.workload.stages[index].name],
            Split::ByClass(pools) => {
                let classes = self.workload.classes.iter().zip(pools);
                let served = classes.filter(|(_, pool)| **pool as usize == index);
                served.map(|(class, _)| class.name.as_str()).collect()
            }
        }
    }
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    headline(answer, &mut page);
    page.heading("Predicted, with 95 % intervals");
    predicted(answer.workload, answer.summary, Vec::new(), &mut page);
    busy(answer, &mut page);
    pools(answer, &mut page);
    lives::workers(answer, &mut page);
    lives::memory(answer, &mut page);
    timeline(answer, &mut page);
    page.heading("How sure");
    // What the model is off by was measured beyond the ranges of the parameters,
    // which are not in these intervals: it cannot be added to them.
    let neither = if answer.host.discrepancy.is_empty() { "" } else { " or of the model" };
    let line = format!(
        "{} replications of {}, seed {}. Intervals cover the simulation's own error, not that of \
         the parameters{neither}: {}.",
        answer.summary.outcomes.len(),
        count(answer.requests, "request"),
        answer.seed,
        calibration(answer.host)
    );
    page.paragraph("  ", &line);
    page.hanging("  Repeat: ", "    ", &answer.command);
    page.finish()
}

fn headline(answer: &Answer<'_>, page: &mut Page) {
    let pools = &answer.deployment.pools;
    let start = if answer.cold { "cold" } else { "warm" };
    let place = format!("for `{}` on {}; {start} start.", answer.workload.name, host(answer.host));
    if let ([pool], Split::Whole) = (&pools[..], &answer.deployment.split) {
        page.heading(&pool.to_string());
        return page.paragraph("  ", &format!("{}, {place}", pool::sentence(pool)));
    }
    let what = match answer.deployment.split {
        Split::ByStage => "Pipeline of",
        _ => "Hybrid of",
    };
    page.heading(&format!("{what} {}", count(pools.len() as u64, "pool")));
    for (index, pool) in pools.iter().enumerate() {
        let served = answer.served_by(index).join(", ");
        let line = format!("{pool}: {}.", pool::sentence(pool));
        page.hanging(&format!("  {served}: "), "      ", &line);
    }
    page.paragraph("  ", &format!("Together {place}"));
}

fn busy(answer: &Answer<'_>, page: &mut Page) {
    let summary = answer.summary;
    page.heading("In use");
    let shares = [
        ("cores", &summary.cores),
        ("interpreter lock", &summary.lock),
        ("slots", &summary.slots),
        ("dispatcher", &summary.dispatcher),
    ];
    let mut rows: Vec<[String; 2]> = shares
        .iter()
        .map(|(name, share)| [(*name).to_owned(), Unit::Share.estimate(share)])
        .collect();
    let number = |name: &str, estimate| [name.to_owned(), Unit::Requests.estimate(estimate)];
    rows.push(number("requests in system", &summary.mean_in_system));
    rows.push(number("longest queue", &summary.peak_queue));
    page.table(&rows);
}

/// Each pool, if there are several.
fn pools(answer: &Answer<'_>, page: &mut Page) {
    if answer.deployment.pools.len() < 2 {
        return;
    }
    page.heading("Each pool");
    for (index, pool) in answer.summary.pools.iter().enumerate() {
        page.line(&format!("  {}", answer.served_by(index).join(", ")));
        let rows = [
            ("throughput", Unit::PerSecond.estimate(&pool.throughput)),
            ("slots busy", Unit::Share.estimate(&pool.slots)),
            ("mean wait", Unit::Seconds.estimate(&pool.mean_wait)),
            ("mean service", Unit::Seconds.estimate(&pool.mean_service)),
            ("longest queue", Unit::Requests.estimate(&pool.peak_queue)),
        ];
        page.table(&rows.map(|(name, value)| [format!("  {name}"), value]));
    }
}

fn timeline(answer: &Answer<'_>, page: &mut Page) {
    let Some(last) = answer.snapshots.last() else {
        return;
    };
    page.heading(&format!("First replication, 0 to {}", Unit::Seconds.show(last.at.as_secs())));
    let ramp = Ramp::from_environment();
    let series: [Series; 5] = [
        ("queue", Unit::Requests, |s| s.queued as f64),
        ("busy slots", Unit::Requests, |s| s.busy_slots as f64),
        ("runnable", Unit::Requests, |s| f64::from(s.runnable)),
        (UP, Unit::Requests, |s| f64::from(s.fewest_ready)),
        ("PSS", Unit::Bytes, |s| s.pss as f64),
    ];
    for (name, unit, value) in series {
        let values: Vec<f64> = answer.snapshots.iter().map(value).collect();
        let top = values.iter().copied().fold(0.0, f64::max);
        let shown = if name == UP { Shown::Dips } else { Shown::Peaks };
        let line = sparkline(&values, top, TIMELINE, shown, ramp);
        page.line(&format!("  {name:<10} |{line:<TIMELINE$}| up to {}", unit.show(top)));
    }
}
