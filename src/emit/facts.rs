//! The settings of a pool, each with its value and its reason: what templates
//! are filled with.

use serde::Serialize;
use sim::host::Host;
use sim::pool::{Concurrency, PoolConfig, PoolKind, Split, StartMethod};
use sim::search::Assessed;
use sim::stats::Estimate;

use super::Source;
use super::fit::Fitted;
use super::memory::Memory;
use super::replaced::Replaced;
use super::served::{graceful, kill_after};
use super::target::{Product, Target};
use crate::render::pool::served;
use crate::render::recommendation::{calibration, difference, host};
use crate::render::units::{Unit, count};

/// A value and why it is that.
#[derive(Clone, Debug, Serialize)]
pub struct Setting<T> {
    pub value: T,
    pub why: String,
}

impl<T> Setting<T> {
    pub fn new(value: T, why: impl Into<String>) -> Self {
        Self { value, why: why.into() }
    }
}

/// Everything that a template may say.
#[derive(Debug, Serialize)]
pub struct Facts {
    /// What the file is for and how to make it again, one paragraph each.
    pub head: Vec<String>,
    pub workload: String,
    /// `3.12` or `3.13t`.
    pub python: String,
    pub memory: Memory,
    /// CPUs that the prediction is for.
    pub cpus: Setting<f64>,
    /// Are there several pools?
    pub several: bool,
    /// Are the pools a pipeline's?
    pub staged: bool,
    pub pools: Vec<PoolFacts>,
}

/// One pool.
#[derive(Debug, Serialize)]
pub struct PoolFacts {
    /// Its classes as part of a name; none if it is the only pool.
    pub name: Option<String>,
    /// Classes (of a pipeline: the stage) that it serves.
    pub serves: Vec<String>,
    #[serde(skip)]
    pub product: Product,
    /// `sync`, `gthread`, `prefork`, `process`, ...
    pub class: Setting<&'static str>,
    pub workers: Setting<u32>,
    /// Requests at once in each worker.
    pub slots: Setting<u32>,
    /// `fork`, `spawn` or `forkserver`.
    pub start: Setting<&'static str>,
    /// Are its workers processes that could be started otherwise?
    pub in_parent: bool,
    pub blas: Setting<u32>,
    /// Threads beside an event loop.
    pub offload_threads: u32,
    pub replaced: Replaced,
    /// Seconds after which a request's worker is killed.
    pub kill_after: Setting<Option<u64>>,
    /// Seconds in which a worker that goes may finish.
    pub graceful: Setting<u64>,
    pub queue_cap: Option<u32>,
    pub queue_timeout_ms: Option<u64>,
    pub start_batch: Option<u32>,
    pub start_delay_ms: u64,
}

impl Facts {
    pub fn of(target: Target, source: &Source<'_>, fitted: &Fitted<'_>) -> Self {
        let deployment = &fitted.choice().deployment;
        let pools: Vec<PoolFacts> = (0..deployment.pools.len())
            .map(|number| PoolFacts::of(number, source, fitted))
            .collect();
        Self {
            head: head(target, source, fitted),
            workload: source.workload.name.clone(),
            python: fitted.choice().pool().python.to_string(),
            memory: Memory::of(fitted, source.host),
            cpus: cpus(source.host, fitted.choice()),
            several: pools.len() > 1,
            staged: deployment.split == Split::ByStage,
            pools,
        }
    }
}

fn head(target: Target, source: &Source<'_>, fitted: &Fitted<'_>) -> Vec<String> {
    let mut head = vec![format!(
        "Written by planner for {target}: workload `{}` on {}.",
        source.workload.name,
        host(source.host)
    )];
    head.extend(fitted.about(source));
    let command = source.command;
    let ends = match source.host.discrepancy.is_empty() {
        true => "",
        false => ", their ends moved by how far the model was off in real runs",
    };
    head.push(format!(
        "Intervals are 95 % intervals{ends}; {}. Seed {}. The same again: {command}",
        calibration(source.host),
        source.options.seed
    ));
    head
}

fn cpus(host: &Host, choice: &Assessed) -> Setting<f64> {
    let busy = Unit::Share.estimate(&choice.summary.cores);
    let why = format!("The CPUs that the prediction is for; {busy} of them are busy on average.");
    Setting::new(host.usable_cpus(), why)
}

impl PoolFacts {
    fn of(number: usize, source: &Source<'_>, fitted: &Fitted<'_>) -> Self {
        let choice = fitted.choice();
        let pool = &choice.deployment.pools[number];
        let serves: Vec<String> =
            served(source.workload, &choice.deployment, number).map(str::to_owned).collect();
        let several = choice.deployment.pools.len() > 1;
        Self {
            name: several.then(|| identifier(&serves.join("_"))),
            product: Product::of(pool.kind),
            class: Setting::new(class(pool), why_class(fitted, pool)),
            workers: Setting::new(pool.profile.workers, why_workers(choice, pool)),
            slots: Setting::new(pool.slots_per_worker(), why_slots(source, choice)),
            start: Setting::new(pool.start_method.name(), why_start(fitted, pool)),
            in_parent: pool.in_parent(),
            blas: Setting::new(pool.blas_threads, why_blas(source.host, pool)),
            offload_threads: pool.offload_threads,
            replaced: Replaced::of(number, fitted),
            kill_after: kill_after(pool, choice),
            graceful: graceful(pool, choice),
            queue_cap: pool.queue_cap,
            queue_timeout_ms: pool.queue_timeout.map(|time| time.as_millis().round() as u64),
            start_batch: pool.start_batch,
            start_delay_ms: pool.start_delay.as_millis().round() as u64,
            serves,
        }
    }
}

/// A name that Python can import.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// As the product spells it.
fn class(pool: &PoolConfig) -> &'static str {
    match pool.kind {
        PoolKind::GunicornSync => "sync",
        PoolKind::GunicornGthread => "gthread",
        PoolKind::GunicornGevent => "gevent",
        PoolKind::CeleryPrefork => "prefork",
        PoolKind::CeleryThreads => "threads",
        _ => match pool.profile.concurrency {
            Concurrency::Serial => "process",
            Concurrency::Threads(_) => "thread",
            Concurrency::Interpreters(_) => "interpreter",
            Concurrency::EventLoop(_) => "loop",
        },
    }
}

fn why_class(fitted: &Fitted<'_>, pool: &PoolConfig) -> String {
    let others = &fitted.recommendation.runners_up;
    let other_kind = others.iter().find(|r| {
        let rival = r.assessed.pool();
        (rival.kind, rival.profile.family()) != (pool.kind, pool.profile.family())
    });
    match other_kind.or(others.first()) {
        Some(rival) => format!(
            "{}. Next best by the goal's figure: {} {}, {} ({}).",
            pool.kind,
            rival.assessed.pool().kind,
            rival.assessed.deployment,
            difference(&rival.worse_by),
            rival.why.trim_end_matches('.')
        ),
        None => format!("{}: the only pool that the workload allows here.", pool.kind),
    }
}

fn why_workers(choice: &Assessed, pool: &PoolConfig) -> String {
    let bottleneck = &choice.bottleneck;
    format!(
        "{}. Predicted throughput {}; closest to its end: {}, {} in use.",
        count(pool.profile.workers, "worker"),
        Unit::PerSecond.estimate(&choice.summary.throughput),
        bottleneck.resource.name(),
        Unit::Share.estimate(&bottleneck.utilisation)
    )
}

fn why_slots(source: &Source<'_>, choice: &Assessed) -> String {
    let summary = &choice.summary;
    if summary.saturated {
        return "Requests at once in each worker. The pool is saturated.".to_owned();
    }
    let classes = source.workload.classes.iter().zip(&summary.classes);
    let p99: Vec<String> = classes
        .map(|(class, c)| format!("{} {}", class.name, Unit::Seconds.estimate(&c.quantiles[2])))
        .collect();
    format!("Requests at once in each worker. Predicted p99: {}.", p99.join(", "))
}

fn why_start(fitted: &Fitted<'_>, pool: &PoolConfig) -> String {
    let choice = fitted.choice();
    let how = match pool.start_method {
        _ if pool.in_parent() => "There is one process, which starts itself",
        StartMethod::Fork => "Workers are copies of a parent that has imported the application",
        StartMethod::Spawn => "Each worker is a fresh interpreter with its own imports",
        StartMethod::Forkserver => "Workers are forked clean and import the application themselves",
    };
    let startup = Unit::Seconds.estimate(&choice.startup);
    let parent = match fitted.workload.runtime.fork_safe || pool.in_parent() {
        true => "",
        false => " The workload says that it is not safe to fork after its imports.",
    };
    format!("{how}. Predicted start-up of all: {startup}.{parent}")
}

fn why_blas(host: &Host, pool: &PoolConfig) -> String {
    let native = u64::from(pool.blas_threads) * pool.slots();
    format!(
        "Native threads of one request: at most {} x {} = {native} on {} CPUs. Without a limit each \
         library starts one for every CPU that it sees.",
        pool.slots(),
        pool.blas_threads,
        host.usable_cpus()
    )
}

/// The wider of the two intervals, if it is known.
pub fn widest(simulated: &Estimate, over_ranges: &Estimate) -> Estimate {
    let usable =
        over_ranges.is_known() && over_ranges.low.is_finite() && over_ranges.high.is_finite();
    match usable {
        true => Estimate {
            low: over_ranges.low.min(simulated.low),
            high: over_ranges.high.max(simulated.high),
            ..*simulated
        },
        false => *simulated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_become_names_of_modules() {
        assert_eq!(identifier("web page-2_é"), "web_page_2__");
    }

    #[test]
    fn an_interval_is_widened_only_by_one_that_is_known() {
        let simulated = Estimate { point: 5.0, low: 4.0, high: 6.0, n: 8 };
        let ranges = Estimate { point: 5.5, low: 4.5, high: 9.0, n: 8 };
        let both = widest(&simulated, &ranges);
        assert_eq!((both.point, both.low, both.high), (5.0, 4.0, 9.0));
        assert_eq!(widest(&simulated, &Estimate::unknown()), simulated);
    }
}
