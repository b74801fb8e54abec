//! Laws about rates: what goes through, how long it stays, what it needs.

use super::{Case, Finding, Law, at_most};
use crate::figure::{Dimension, digits, show};
use crate::quantity::Quantity;

/// A mean is at least half the median: half of all requests take that long.
const MEAN_OVER_MEDIAN: f64 = 0.5;
/// Sampling noise of an achieved rate over the offered one.
const NOISE: f64 = 0.02;

fn throughput<'a>(case: &Case<'a>) -> Option<super::Item<'a>> {
    case.get(Quantity::Throughput)
}

/// N = X R.
pub(super) fn little(case: &Case<'_>) -> Vec<Finding> {
    let (Some(rate), Some(time)) = (throughput(case), case.typical()) else { return Vec::new() };
    let inside = rate.figure.value * time.figure.value;
    let text = format!("N = {} x {} = {}", rate.figure, time.figure, digits(inside));
    let least = match time.quantity {
        Quantity::Mean => 1.0,
        _ => MEAN_OVER_MEDIAN,
    };
    let least = least * rate.figure.range.low * time.figure.range.low;
    let (limit, what) = match (case.in_flight, case.slots) {
        (Some(limit), _) => (limit, "can be under way at once"),
        _ => return vec![follows(case, [rate, time], text, least)],
    };
    let words = format!("{text} requests in the system, but {} {what}", digits(limit));
    vec![at_most(Law::Little, &[rate, time], least, limit, words)]
}

/// What Little's law says where it has nothing to break: how many slots were
/// busy, and which orderings cannot have been.
fn follows(case: &Case<'_>, items: [super::Item<'_>; 2], inside: String, least: f64) -> Finding {
    let mut words = format!("{inside} requests in the system");
    if let Some(slots) = case.slots {
        words.push_str(&format!(", beside {} slots", digits(slots)));
    }
    for (what, limit) in case.orderings.iter().filter(|(_, limit)| least > *limit) {
        words.push_str(&format!("; so it was not {what}, which lets in {}", digits(*limit)));
    }
    at_most(Law::Little, &items, 0.0, 1.0, words)
}

/// U = X D: the CPU time per request that rate and busy cores imply is no more
/// than the request's time in the system allows.
pub(super) fn utilisation(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(cpu) = case.get(Quantity::Cpu) else { return findings };
    if let Some(cpus) = case.cpus {
        let words =
            format!("{} busy cores of {} hardware threads", digits(cpu.figure.value), digits(cpus));
        findings.push(at_most(Law::Utilisation, &[cpu], cpu.figure.range.low, cpus, words));
    }
    let (Some(rate), Some(time)) = (throughput(case), case.typical()) else { return findings };
    let Some(cores) = case.cores_per_request else { return findings };
    let cores = case.cpus.map_or(cores, |cpus| cores.min(cpus)).min(cpu.figure.value.max(1.0));
    let needed = cpu.figure.value / rate.figure.value;
    let longest = Quantity::QUANTILES.iter().rev().find_map(|(quantity, _)| case.get(*quantity));
    let most = longest.map_or(time, |item| item).figure.range.high.max(time.figure.range.high);
    let words = format!(
        "{} busy core(s) over {} are {} of CPU per request, but one that stays {} on {} core(s) \
         can use {} at most",
        digits(cpu.figure.value),
        rate.figure,
        show(needed, Dimension::Time),
        time.figure,
        digits(cores),
        show(time.figure.value * cores, Dimension::Time)
    );
    let least = cpu.figure.range.low / rate.figure.range.high;
    let mut finding = at_most(Law::Utilisation, &[rate, time, cpu], least, most * cores, words);
    if !finding.holds {
        finding.off = needed / (time.figure.value * cores);
    }
    findings.push(finding);
    findings
}

/// X <= C / D.
pub(super) fn bottleneck(case: &Case<'_>) -> Vec<Finding> {
    let (Some(rate), Some((demand, how)), Some(cpus)) = (throughput(case), &case.demand, case.cpus)
    else {
        return Vec::new();
    };
    let busy = rate.figure.value * demand;
    let words = format!(
        "each request takes {how} = {} of CPU, so {} need {} busy cores; there are {} hardware \
         threads",
        show(*demand, Dimension::Time),
        rate.figure,
        digits(busy),
        digits(cpus)
    );
    vec![at_most(Law::Bottleneck, &[rate], rate.figure.range.low * demand, cpus, words)]
}

/// X <= N / (R + Z).
pub(super) fn interactive(case: &Case<'_>) -> Vec<Finding> {
    let (Some(rate), Some(time), Some(clients)) = (throughput(case), case.typical(), case.clients)
    else {
        return Vec::new();
    };
    let (least, at_least) = match time.quantity {
        Quantity::Mean => (1.0, String::new()),
        _ => (
            MEAN_OVER_MEDIAN,
            format!(" (median {}, so the mean is half of it or more)", time.figure),
        ),
    };
    let cycle = least * time.figure.value + case.think;
    let words = format!(
        "{} client(s) that wait {} for each reply{at_least} send at most {}; {} are printed",
        digits(clients),
        show(cycle, Dimension::Time),
        show(clients / cycle, Dimension::Rate),
        rate.figure
    );
    let most = clients / (least * time.figure.range.low + case.think);
    vec![at_most(Law::InteractiveResponse, &[rate, time], rate.figure.range.low, most, words)]
}

/// Nothing is served that was not offered.
pub(super) fn offered(case: &Case<'_>) -> Vec<Finding> {
    let Some(offered) = case.get(Quantity::Offered) else { return Vec::new() };
    let rates = [Quantity::Throughput, Quantity::PeakThroughput];
    let served = rates.iter().filter_map(|quantity| case.get(*quantity));
    let judged = served.map(|rate| {
        let words = format!("{} served of {} offered", rate.figure, offered.figure);
        let most = offered.figure.range.high * (1.0 + NOISE);
        at_most(Law::Offered, &[rate], rate.figure.range.low, most, words)
    });
    judged.collect()
}
