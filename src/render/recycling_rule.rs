//! When workers are to be replaced.

use sim::search::RecyclingRule;
use sim::stats::Estimate;

use super::layout::Page;
use super::recommendation::Answer;
use super::units::Unit;

/// The rule, and what it costs; nothing if nothing calls for one.
pub fn text(answer: &Answer<'_>, page: &mut Page) {
    let choice = &answer.recommendation.choice.deployment;
    for recycling in &answer.recommendation.recycling {
        match &choice.pools[..] {
            [_] => page.heading("Recycling"),
            pools => page.heading(&format!("Recycling of {}", pools[recycling.pool])),
        }
        page.paragraph("  ", &recycling.why);
        match &recycling.rule {
            Ok(rule) => {
                page.table(&settings(rule));
                page.paragraph("  ", &format!("By formula: {}", cost(rule)));
                page.paragraph("  ", &simulated(rule));
            }
            Err(why) => page.paragraph("  ", &format!("No rule: {why}")),
        }
    }
}

/// What the rule does to requests, simulated.
pub fn simulated(rule: &RecyclingRule) -> String {
    let radius = match &rule.simulated {
        Ok(radius) => radius,
        Err(why) => return format!("Simulated: not run: {why}."),
    };
    let extra = |unit: Unit, estimate: &Estimate| unit.estimate(estimate);
    format!(
        "Simulated, on the same requests as with workers that live for ever and never fail: mean \
         latency {} more, p99 {} more, failed requests {} more.",
        extra(Unit::Seconds, &radius.extra_mean),
        extra(Unit::Seconds, &radius.extra_p99),
        extra(Unit::Share, &radius.extra_failures)
    )
}

/// The rule's settings: name and value.
pub fn settings(rule: &RecyclingRule) -> Vec<[String; 2]> {
    let cycle = &rule.lifecycle;
    let mut rows = Vec::new();
    if let Some(requests) = cycle.max_requests {
        rows.push(["max requests".to_owned(), requests.to_string()]);
        rows.push(["jitter".to_owned(), cycle.max_requests_jitter.to_string()]);
    }
    if let Some(ttl) = cycle.ttl {
        rows.push(["TTL".to_owned(), ttl.to_string()]);
        rows.push(["jitter".to_owned(), cycle.ttl_jitter.to_string()]);
    }
    rows
}

/// A share that never reads as none.
fn chance(share: f64) -> String {
    const LEAST: f64 = 1e-6;
    if share < LEAST {
        return format!("under {}", Unit::Share.show(LEAST));
    }
    Unit::Share.show(share)
}

/// What the rule costs, by formula.
pub fn cost(rule: &RecyclingRule) -> String {
    let answer = &rule.answer;
    let whose = if rule.stated { "" } else { " (the objective does not say)" };
    let leak = answer.leak.map_or(String::new(), |leak| {
        format!(" A worker leaks at most {}.", Unit::Bytes.show(leak.most))
    });
    let down: Vec<String> = answer
        .down
        .iter()
        .take(3)
        .map(|row| {
            let (steady, worst) = (chance(row.steady), chance(row.worst));
            format!("{} or more down {steady} of the time, {worst} at worst", row.down)
        })
        .collect();
    format!(
        "At least {} of {} workers are up, at any moment with {}{whose}. A replacement takes {} \
         of the slots for {}; {} an hour, {} of worker time. {}.{leak}",
        rule.up,
        answer.lives.workers(),
        Unit::Share.show(rule.probability),
        Unit::Share.show(rule.blast_radius),
        Unit::Seconds.show(rule.outage),
        Unit::Requests.show(answer.restarts_per_hour),
        chance(answer.capacity_lost),
        down.join("; ")
    )
}
