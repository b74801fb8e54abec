//! Workers that go and come back, and memory over time.

use sim::experiment::{BlastRadius, RestartCause, WorkersSummary};
use sim::workload::Quantile;

use super::layout::Page;
use super::simulation::Answer;
use super::units::{Unit, count};

/// Rows of `1 or more down, 2 or more, ...`; the rest is less likely still.
const DOWN_ROWS: usize = 4;

type Rows = Vec<[String; 2]>;

fn row(name: impl Into<String>, value: String) -> [String; 2] {
    [name.into(), value]
}

/// What became of the workers, and what that cost the requests.
pub fn workers(answer: &Answer<'_>, page: &mut Page) {
    let workers = &answer.summary.workers;
    let asked = answer.deployment.pools.iter().any(|pool| pool.lifecycle.recycles());
    if workers.restarts == 0 && !asked {
        return;
    }
    page.heading("Workers");
    if workers.restarts == 0 {
        let time = Unit::Seconds.show(workers.observed);
        let line = format!(
            "None was replaced in {time} of simulated time, all replications together; simulate \
             longer, with --for or --requests, to see it."
        );
        return page.paragraph("  ", &line);
    }
    page.table(&restarts(workers));
    page.table(&outages(workers));
    if let Some(radius) = answer.radius {
        page.heading("Blast radius: against the same requests with workers that live for ever");
        page.table(&blast(workers, radius));
    }
}

fn restarts(workers: &WorkersSummary) -> Rows {
    let causes = RestartCause::ALL.iter().zip(&workers.per_hour_by_cause);
    let seen: Vec<_> = causes.filter(|(_, rate)| rate.point > 0.0).collect();
    let mut rows = vec![row("restarts", Unit::PerHour.estimate(&workers.per_hour))];
    if let [(cause, _)] = seen[..] {
        rows[0][0] = format!("restarts, all by {}", cause.name());
        return rows;
    }
    rows.extend(
        seen.iter().map(|(cause, rate)| {
            row(format!("  by {}", cause.name()), Unit::PerHour.estimate(rate))
        }),
    );
    rows
}

fn outages(workers: &WorkersSummary) -> Rows {
    let mut rows = vec![
        row("slots lost", Unit::Share.estimate(&workers.capacity_lost)),
        row("most at once", Unit::Share.estimate(&workers.worst_capacity_lost)),
    ];
    for (down, share) in (1..).zip(workers.down.iter().take(DOWN_ROWS)) {
        rows.push(row(format!("{down} or more down"), Unit::Share.estimate(share)));
    }
    if workers.down.len() > DOWN_ROWS {
        let all = format!("{} down", count(workers.down.len() as u64, "worker"));
        let share = workers.down_at_least(workers.down.len());
        rows.push(row(format!("at most {all}"), Unit::Share.estimate(&share)));
    }
    rows.push(row("mean outage", Unit::Seconds.estimate(&workers.mean_outage)));
    rows.push(row("longest with one down", Unit::Seconds.estimate(&workers.longest_outage)));
    rows
}

fn blast(workers: &WorkersSummary, radius: &BlastRadius) -> Rows {
    vec![
        row("requests delayed", Unit::Share.estimate(&workers.requests_delayed)),
        row("requests lost", Unit::Share.estimate(&workers.requests_lost)),
        row("mean latency, extra", Unit::Seconds.estimate(&radius.extra_mean)),
        row("p99 latency, extra", Unit::Seconds.estimate(&radius.extra_p99)),
        row("failed requests, extra", Unit::Share.estimate(&radius.extra_failures)),
    ]
}

/// Memory over time.
pub fn memory(answer: &Answer<'_>, page: &mut Page) {
    let (summary, memory) = (answer.summary, &answer.summary.memory);
    page.heading("Memory over time");
    let mut rows = vec![
        row("PSS when idle", Unit::Bytes.estimate(&summary.idle_pss)),
        row("PSS at most", Unit::Bytes.estimate(&summary.peak_pss)),
    ];
    for (quantile, pss) in Quantile::ALL.iter().zip(&memory.pss) {
        rows.push(row(format!("PSS {} of time", quantile.name()), Unit::Bytes.estimate(pss)));
    }
    rows.push(row("RSS at most", Unit::Bytes.estimate(&summary.peak_rss)));
    rows.push(row("largest worker, RSS", Unit::Bytes.estimate(&memory.worst_worker)));
    if memory.kills.high != 0.0 {
        rows.push(row("workers killed", Unit::Requests.estimate(&memory.kills)));
    }
    if memory.swapping.high != 0.0 {
        rows.push(row("time swapping", Unit::Seconds.estimate(&memory.swapping)));
    }
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
