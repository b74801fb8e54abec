//! One simulated profile: figures with intervals, and a time line.

use sim::experiment::{Snapshot, Summary};
use sim::host::Host;
use sim::pool::PoolConfig;
use sim::workload::Workload;

use super::layout::Page;
use super::pool;
use super::recommendation::{calibration, host, predicted};
use super::sparkline::{Ramp, sparkline};
use super::units::Unit;

/// Columns of the time line.
const TIMELINE: usize = 48;

/// Name, unit and value of a line.
type Series = (&'static str, Unit, fn(&Snapshot) -> f64);

/// Everything that the text is made of.
pub struct Answer<'a> {
    pub workload: &'a Workload,
    pub host: &'a Host,
    pub pool: &'a PoolConfig,
    pub summary: &'a Summary,
    /// Of the first replication.
    pub snapshots: &'a [Snapshot],
    pub cold: bool,
    pub requests: u64,
    pub seed: u64,
    /// Repeats this answer.
    pub command: String,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    page.heading(&answer.pool.to_string());
    let start = if answer.cold { "cold" } else { "warm" };
    let line = format!(
        "{}, for `{}` on {}; {start} start.",
        pool::sentence(answer.pool),
        answer.workload.name,
        host(answer.host)
    );
    page.paragraph("  ", &line);
    page.heading("Predicted, with 95 % intervals");
    predicted(answer.workload, answer.summary, Vec::new(), &mut page);
    busy(answer, &mut page);
    timeline(answer, &mut page);
    page.heading("How sure");
    let line = format!(
        "{} replications of {} requests, seed {}. Intervals cover the simulation's own error, not \
         that of the parameters: {}.",
        answer.summary.outcomes.len(),
        answer.requests,
        answer.seed,
        calibration(answer.host)
    );
    page.paragraph("  ", &line);
    page.hanging("  Repeat: ", "    ", &answer.command);
    page.finish()
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
    if summary.over_memory > 0 {
        let line = format!(
            "OVER MEMORY: the host's memory did not suffice in {} of {} replications.",
            summary.over_memory,
            summary.outcomes.len()
        );
        page.paragraph("  ", &line);
    }
}

fn timeline(answer: &Answer<'_>, page: &mut Page) {
    let Some(last) = answer.snapshots.last() else {
        return;
    };
    page.heading(&format!("First replication, 0 to {}", Unit::Seconds.show(last.at.as_secs())));
    let ramp = Ramp::from_environment();
    let series: [Series; 4] = [
        ("queue", Unit::Requests, |s| s.queued as f64),
        ("busy slots", Unit::Requests, |s| s.busy_slots as f64),
        ("runnable", Unit::Requests, |s| f64::from(s.runnable)),
        ("PSS", Unit::Bytes, |s| s.pss as f64),
    ];
    for (name, unit, value) in series {
        let values: Vec<f64> = answer.snapshots.iter().map(value).collect();
        let top = values.iter().copied().fold(0.0, f64::max);
        let line = sparkline(&values, top, TIMELINE, ramp);
        page.line(&format!("  {name:<10} |{line:<TIMELINE$}| up to {}", unit.show(top)));
    }
}
