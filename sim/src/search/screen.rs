//! Bounds applied: candidates that cannot carry the load, or whose latency
//! limits even an empty system misses, are not simulated.

use crate::host::Host;
use crate::pool::PoolConfig;
use crate::search::bounds::Bounds;
use crate::search::demand::elapsed;
use crate::search::family::Family;
use crate::search::ruling::{Kind, Ruling};
use crate::search::units::{number, seconds};
use crate::search::{Exclusion, Resource};
use crate::workload::{Arrivals, Trace, TraceRow, Workload};

/// Requests drawn to see how long each class takes in an empty system.
const DRAWN: usize = 4000;
/// Fewest of a class that say anything about its quantiles.
const FEWEST: usize = 100;
/// The drawn quantile must miss its limit by this factor: it is an estimate.
const CLEARLY: f64 = 1.05;

/// What bounds leave to be raced.
#[derive(Clone, Debug)]
pub(super) struct Screened {
    /// To be raced; never empty unless the input was.
    pub(super) kept: Vec<PoolConfig>,
    /// How many were ruled out.
    pub(super) bounded: u32,
    /// Why, gathered.
    pub(super) exclusions: Vec<Exclusion>,
    /// Not one candidate passed, so the best by bounds are kept all the same.
    pub(super) hopeless: bool,
}

/// Applies the bounds to `pools`. If none passes, the `fewest` that come
/// closest are kept, so that there is something to answer with.
pub(super) fn screen(
    workload: &Workload,
    host: &Host,
    pools: Vec<PoolConfig>,
    seed: u64,
    fewest: usize,
) -> Screened {
    let rows: Vec<TraceRow> = Trace::new(workload, seed, 0).take(DRAWN).collect();
    let rulings: Vec<Option<Ruling>> = pools
        .iter()
        .map(|pool| capacity(workload, host, pool).or_else(|| latency(workload, host, pool, &rows)))
        .collect();
    let hopeless = rulings.iter().all(Option::is_some);
    let spared = if hopeless { closest(&rulings, fewest) } else { Vec::new() };
    let mut kept = Vec::new();
    let mut out = Vec::new();
    for (i, (pool, ruling)) in pools.into_iter().zip(rulings).enumerate() {
        match ruling {
            Some(ruling) if !spared.contains(&i) => out.push(ruling),
            _ => kept.push(pool),
        }
    }
    Screened {
        kept,
        bounded: out.len() as u32,
        exclusions: crate::search::ruling::gather(out),
        hopeless,
    }
}

/// Those whose rulings came closest to passing, capacity before latency: a
/// pool that misses a limit still serves.
fn closest(rulings: &[Option<Ruling>], fewest: usize) -> Vec<usize> {
    let mut order: Vec<(bool, f64, usize)> = rulings
        .iter()
        .enumerate()
        .filter_map(|(i, ruling)| {
            ruling.as_ref().map(|r| (r.kind == Kind::Capacity, r.distance, i))
        })
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    order.into_iter().take(fewest).map(|(_, _, i)| i).collect()
}

/// Requests per second to be served in the long run. A replay is finite and may
/// be served late, so its rate asks for nothing.
fn served_rate(workload: &Workload) -> f64 {
    let offered = match &workload.arrivals {
        Arrivals::Replay { .. } => 0.0,
        other => other.offered_rate().unwrap_or(0.0),
    };
    offered * (1.0 - workload.objective.failures.unwrap_or(0.0))
}

fn capacity(workload: &Workload, host: &Host, pool: &PoolConfig) -> Option<Ruling> {
    let bounds = Bounds::of(workload, host, pool);
    let (served, limit) = (served_rate(workload), workload.objective.throughput.unwrap_or(0.0));
    // A queue in front of a resource that is always busy never ends.
    let short = |bound: f64| served > 0.0 && bound <= served || bound < limit;
    let (resource, bound) = bounds.tightest().filter(|(_, bound)| short(*bound))?;
    let needed = served.max(limit);
    let family = Family::of(pool).name();
    let (state, cause) = match resource {
        Resource::Lock => ("lock too busy", "holds its interpreter lock so long that it allows"),
        Resource::Cores => ("cores too busy", "needs the cores so long that they allow"),
        Resource::Workers => ("too few slots", "has so few slots that they allow"),
        Resource::Dispatcher => {
            ("dispatcher too busy", "takes its dispatcher so long that it allows")
        }
        Resource::Memory => return None,
    };
    let reason = format!(
        "Even the best of them, {pool}, {cause} at most {} requests/s of the {} needed.",
        number(bound),
        number(needed)
    );
    let what = format!("{family}: {state}");
    Some(Ruling { distance: -bound, ..Ruling::new(what, Kind::Capacity, reason) })
}

/// The limit that an empty system misses by most.
fn latency(
    workload: &Workload,
    host: &Host,
    pool: &PoolConfig,
    rows: &[TraceRow],
) -> Option<Ruling> {
    let misses = workload.objective.latency.iter().filter_map(|limit| {
        let alone =
            empty_quantile(workload, host, pool, rows, limit.class, limit.quantile.probability())?;
        let at_most = limit.at_most.as_secs();
        (alone > CLEARLY * at_most).then_some((alone / at_most, alone, limit))
    });
    let (ratio, alone, limit) = misses.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let reason = format!(
        "Even the best of them, {pool}, takes {} for the {} of `{}` in an empty system; the limit \
         is {}.",
        seconds(alone),
        limit.quantile.name(),
        workload.classes[limit.class].name,
        seconds(limit.at_most.as_secs())
    );
    let what = format!("{}: too slow at blas={}", Family::of(pool).name(), pool.blas_threads);
    Some(Ruling { distance: ratio, ..Ruling::new(what, Kind::Latency, reason) })
}

/// Quantile of the service time of `class` alone on an idle host, in s.
fn empty_quantile(
    workload: &Workload,
    host: &Host,
    pool: &PoolConfig,
    rows: &[TraceRow],
    class: usize,
    probability: f64,
) -> Option<f64> {
    let factors: Vec<f64> = workload.classes[class]
        .segments
        .iter()
        .map(|segment| elapsed(segment, host, pool))
        .collect();
    let alone = |row: &TraceRow| -> f64 {
        row.segments.iter().zip(&factors).map(|(time, factor)| time.as_secs() * factor).sum()
    };
    let mut times: Vec<f64> = rows.iter().filter(|row| row.class == class).map(alone).collect();
    if times.len() < FEWEST {
        return None;
    }
    let rank = ((times.len() as f64 * probability) as usize).min(times.len() - 1);
    let (_, time, _) = times.select_nth_unstable_by(rank, f64::total_cmp);
    Some(*time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::{constant, cpu_bound, open, python};
    use crate::workload::{LatencyLimit, Quantile, RequestClass, SegmentKind};

    fn pools(workload: &Workload, profiles: &[&str]) -> Vec<PoolConfig> {
        let pool = |text: &&str| PoolConfig::new(workload, text.parse().unwrap(), python("3.12"));
        profiles.iter().map(pool).collect()
    }

    fn names(pools: &[PoolConfig]) -> Vec<String> {
        pools.iter().map(|pool| pool.profile.to_string()).collect()
    }

    #[test]
    fn what_cannot_carry_the_load_is_not_raced() {
        let workload = cpu_bound(250.0, SimDuration(10_000_000));
        let all = pools(&workload, &["process:2", "process:3", "threads:9", "thread:3x3"]);
        let screened = screen(&workload, &Host::ideal(4), all, 1, 1);
        assert_eq!(names(&screened.kept), ["process:3", "thread:3x3"]);
        assert_eq!((screened.bounded, screened.hopeless), (2, false));
        let reasons: Vec<&str> = screened.exclusions.iter().map(|e| e.reason.as_str()).collect();
        assert!(reasons.iter().any(|r| r.contains("lock") && r.contains("100 requests/s")));
        assert!(reasons.iter().any(|r| r.contains("slots") && r.contains("200 requests/s")));
    }

    #[test]
    fn what_misses_a_limit_alone_is_not_raced() {
        let parallel = constant(SegmentKind::Native { parallel: true }, 100);
        let mut workload = open(1.0, vec![RequestClass::new("matmul", 1.0, vec![parallel])]);
        let at_most = SimDuration(60_000_000);
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        let one = PoolConfig::new(&workload, "process:4".parse().unwrap(), python("3.12"));
        let two = PoolConfig { blas_threads: 2, ..one.clone() };
        let screened = screen(&workload, &Host::ideal(4), vec![one, two.clone()], 1, 1);
        assert_eq!(screened.kept, [two]);
        assert!(screened.exclusions[0].reason.contains("100 ms for the p99 of `matmul`"));
    }

    #[test]
    fn if_nothing_passes_the_closest_stay() {
        let workload = cpu_bound(1000.0, SimDuration(10_000_000));
        let all = pools(&workload, &["process:2", "process:3", "threads:9"]);
        let screened = screen(&workload, &Host::ideal(4), all, 1, 1);
        assert_eq!(names(&screened.kept), ["process:3"]);
        assert!(screened.hopeless && screened.bounded == 2);
    }
}
