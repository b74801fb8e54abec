//! What servers cost per request.

use std::path::Path;

use sim::host::{DispatchCost, Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::PoolKind;
use sim::stats::Estimate;

use super::layout::Page;
use super::units::{Unit, count};
use crate::commands::servers::Measured;

/// The whole answer.
pub fn text(host: &Host, measured: &Measured, out: &Path) -> String {
    let Measured { rounds, failed, interrupted } = measured;
    let mut page = Page::default();
    if !rounds.is_empty() {
        page.heading(
            "CPU time of a request that does nothing: middle of the runs, with their range",
        );
        let head = ["server", "runs", "who", "us per request", "", "ns per byte"];
        let mut rows = vec![head.map(str::to_owned)];
        for (kind, rounds) in rounds {
            if let Some(cost) = host.dispatch.pools.get(kind) {
                rows.extend(sides(*kind, cost, rounds.len()));
            }
        }
        page.table(&rows);
        processes(&mut page, host, rounds.keys());
        page.line("");
        page.line(&format!("  {}: the calibration with these in it", out.display()));
    }
    if !failed.is_empty() {
        page.heading("Not run");
        for (kind, why) in failed {
            let runs = rounds.get(kind).map_or(0, Vec::len) as u64;
            let after =
                if runs > 0 { format!(" after {}", count(runs, "run")) } else { String::new() };
            page.hanging("  ", "    ", &format!("{kind}: not run{after}: {why}"));
        }
    }
    if *interrupted {
        page.heading("Interrupted");
        let what = if rounds.is_empty() {
            "nothing was measured"
        } else {
            "the figures are of the runs that were finished"
        };
        page.line(&format!("  {what}"));
    }
    page.finish()
}

/// What the servers are without an application.
fn processes<'a>(page: &mut Page, host: &Host, kinds: impl Iterator<Item = &'a PoolKind>) {
    let head = ["server", "who", "memory", "CPU time of its start"];
    let mut rows = vec![head.map(str::to_owned)];
    for (kind, cost) in kinds.filter_map(|kind| Some((kind, host.servers.get(kind)?))) {
        let row = |who: &str, memory: &Parameter<u64>, start: &Parameter<SimDuration>| {
            let memory = Unit::Bytes.estimate(&estimate(memory, |bytes| bytes as f64));
            let start = Unit::Seconds.estimate(&estimate(start, SimDuration::as_secs));
            [kind.to_string(), who.to_owned(), memory, start]
        };
        rows.push(row("serves nothing", &cost.parent_memory, &cost.parent_start));
        rows.push(row("worker", &cost.worker_memory, &cost.worker_start));
    }
    if rows.len() > 1 {
        page.heading("Processes without an application, beyond a bare interpreter");
        page.table(&rows);
    }
}

fn estimate<T: Copy>(parameter: &Parameter<T>, number: impl Fn(T) -> f64) -> Estimate {
    let [point, low, high] = [parameter.value, parameter.low, parameter.high].map(number);
    Estimate { point, low, high, n: 0 }
}

/// A row for each who spends something.
fn sides(kind: PoolKind, cost: &DispatchCost, rounds: usize) -> Vec<[String; 6]> {
    let all: [(&str, &Parameter<SimDuration>, &Parameter<f64>); 4] = [
        ("caller", &cost.submit, &cost.parent_per_byte),
        ("sends", &cost.parent_send, &cost.parent_per_byte),
        ("receives", &cost.parent_receive, &cost.parent_per_byte),
        ("worker", &cost.worker, &cost.worker_per_byte),
    ];
    let spends = all.into_iter().filter(|(_, time, _)| time.high.0 > 0);
    spends
        .map(|(who, time, byte)| {
            let us = |time: SimDuration| time.0 as f64 / 1e3;
            [
                kind.to_string(),
                count(rounds as u64, "run"),
                who.to_owned(),
                format!("{:.0}", us(time.value)),
                format!("[{:.0}, {:.0}]", us(time.low), us(time.high)),
                format!("{:.2}", byte.value),
            ]
        })
        .collect()
}
