//! One cell, drawn.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use sim::pool::PoolKind;

use super::law;
use super::space::{Range, Space, Weights};

/// How a length varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Constant,
    Exponential,
    /// 99 % point over median.
    Lognormal(f64),
    /// Standard deviation over mean.
    Gamma(f64),
}

/// A kind of work with its length: the median of a lognormal, else the mean, in s.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Work {
    pub(super) kind: &'static str,
    pub(super) length: f64,
    pub(super) shape: Shape,
}

/// A class of requests. Sizes in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) share: f64,
    pub(super) work: Vec<Work>,
    pub(super) payload: f64,
    pub(super) working_set: f64,
}

/// How requests come. Rates in requests/s, times in s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Load {
    Open { rate: f64 },
    Closed { clients: f64, think: f64 },
    Batch,
    Bursts { rate: f64, on: f64 },
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draw {
    pub(super) pool: PoolKind,
    pub(super) mix: &'static str,
    pub(super) slots: f64,
    pub(super) classes: Vec<Class>,
    pub(super) load: Load,
    pub(super) spawned: bool,
    pub(super) life: Option<f64>,
    pub(super) requests: u64,
}

/// Fewest requests of a cell: those that a 95 % point needs.
const FEWEST: f64 = 40.0;
/// Most requests of a cell.
const MOST: f64 = 2000.0;
/// Bursts come at twice the mean rate for a third of the time, and at half of it else.
pub(super) const BURST: f64 = 2.0;
/// Least time of a burst, in s, and least number of requests in it.
const LEAST_BURST: (f64, f64) = (0.15, 4.0);

/// Of several processes?
pub(super) fn of_processes(kind: PoolKind) -> bool {
    matches!(kind, PoolKind::MultiprocessingPool | PoolKind::ProcessPoolExecutor)
}

impl Draw {
    /// Draws a cell of that pool, load and mix.
    pub(super) fn new(
        space: &Space,
        pool: PoolKind,
        load: &str,
        mix: &'static str,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let classes = classes(space, mix, rng);
        let processes = of_processes(pool);
        let recycled = chance(rng, space.chances.recycling) && processes && load != "batch";
        let spawned = chance(rng, space.chances.spawn) && processes;
        let mut drawn = Self {
            pool,
            mix,
            slots: logarithmic(space.ranges.slots, rng).round(),
            classes,
            load: Load::Batch,
            // An executor that replaces its workers refuses to fork them.
            spawned: spawned || (recycled && pool == PoolKind::ProcessPoolExecutor),
            life: recycled.then(|| logarithmic(space.ranges.life, rng).round()),
            requests: 0,
        };
        let capacity = law::capacity(space, &drawn);
        let (level, clients) = (even(space.ranges.load, rng), even(space.ranges.clients, rng));
        let (thinks, patience) = (chance(rng, 0.5), rng.random_range(0.5..2.0));
        drawn.load = match load {
            "open" => Load::Open { rate: level * capacity },
            "bursts" => {
                let rate = level.min(1.0 / BURST) * capacity;
                Load::Bursts { rate, on: LEAST_BURST.0.max(LEAST_BURST.1 / (BURST * rate)) }
            }
            "closed" => Load::Closed {
                clients: (clients * drawn.slots).round().max(1.0),
                think: if thinks { patience * law::service(space, &drawn) } else { 0.0 },
            },
            _ => Load::Batch,
        };
        let wanted = space.run * law::throughput(space, &drawn);
        drawn.requests = wanted.clamp(FEWEST, MOST).round() as u64;
        drawn
    }
}

fn classes(space: &Space, mix: &'static str, rng: &mut ChaCha8Rng) -> Vec<Class> {
    let simple: Vec<&'static str> =
        space.mixes.iter().map(|(name, _)| *name).filter(|name| *name != "mixed").collect();
    if mix != "mixed" || simple.is_empty() {
        return vec![class(space, "only", mix, 1.0, rng)];
    }
    let first = rng.random_range(0..simple.len());
    let second = (first + rng.random_range(1..simple.len().max(2))) % simple.len();
    let share = f64::from(rng.random_range(20_u32..=80)) / 100.0;
    vec![
        class(space, "first", simple[first], share, rng),
        class(space, "second", simple[second], 1.0 - share, rng),
    ]
}

fn class(space: &Space, name: &'static str, mix: &str, share: f64, rng: &mut ChaCha8Rng) -> Class {
    let kinds: &[&'static str] = match mix {
        "waits" => &["python", "wait"],
        "native" => &["python", "native"],
        "locked" => &["locked_native", "python"],
        _ => &["python"],
    };
    let work = kinds.iter().map(|kind| work(space, kind, rng)).collect();
    let sized = |happens: f64, range: Range, rng: &mut ChaCha8Rng| {
        let size = logarithmic(range, rng).round();
        if chance(rng, happens) { size } else { 0.0 }
    };
    Class {
        name,
        share,
        work,
        payload: sized(space.chances.payload, space.ranges.payload, rng),
        working_set: sized(space.chances.working_set, space.ranges.working_set, rng),
    }
}

fn work(space: &Space, kind: &'static str, rng: &mut ChaCha8Rng) -> Work {
    let ranges = &space.ranges;
    let range = match kind {
        "python" => ranges.python,
        "wait" => ranges.wait,
        "native" => ranges.native,
        _ => ranges.locked_native,
    };
    let (tail, spread) = (even(ranges.tail, rng), even(ranges.spread, rng));
    let shape = match pick(&space.shapes, rng) {
        "exponential" => Shape::Exponential,
        "lognormal" => Shape::Lognormal(tail),
        "gamma" => Shape::Gamma((spread * 100.0).round() / 100.0),
        _ => Shape::Constant,
    };
    Work { kind, length: rounded(logarithmic(range, rng)), shape }
}

/// `seconds` to three digits, and whole microseconds.
pub(super) fn rounded(seconds: f64) -> f64 {
    let unit = 10_f64.powf((seconds * 1e6).log10().floor() - 2.0).max(1.0);
    ((seconds * 1e6 / unit).round() * unit).max(1.0) / 1e6
}

fn chance(rng: &mut ChaCha8Rng, share: f64) -> bool {
    rng.random_range(0.0..1.0) < share
}

fn even(range: Range, rng: &mut ChaCha8Rng) -> f64 {
    range.low + (range.high - range.low) * rng.random_range(0.0..1.0)
}

fn logarithmic(range: Range, rng: &mut ChaCha8Rng) -> f64 {
    (range.low * (range.high / range.low).powf(rng.random_range(0.0..1.0)))
        .clamp(range.low, range.high)
}

fn pick(weights: &Weights, rng: &mut ChaCha8Rng) -> &'static str {
    let total: u64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut at = rng.random_range(0..total.max(1));
    for (name, weight) in weights {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return name,
        }
    }
    ""
}
