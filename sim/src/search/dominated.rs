//! Candidates that differ from another only in something the model says does
//! not help: a runtime that behaves the same, a lock taken away from workers
//! that never contend for it, a start method that is slower and larger.

use crate::host::Host;
use crate::pool::{Concurrency, PoolConfig};
use crate::process::StartPlan;
use crate::search::demand::bytecode_slowdown;
use crate::search::family::Family;
use crate::search::ruling::{Kind, Ruling};
use crate::search::sharing::Sharing;
use crate::search::units::{bytes, seconds};
use crate::workload::{PythonVersion, Workload};

/// Splits `pools` into those worth a race and the reasons against the rest.
/// All of `pools` must have passed the hard constraints.
pub(super) fn without_dominated(
    workload: &Workload,
    host: &Host,
    pools: Vec<PoolConfig>,
) -> (Vec<PoolConfig>, Vec<Ruling>) {
    let mut rulings = Vec::new();
    let mut kept = Vec::new();
    for pool in &pools {
        match twin_runtime(host, &pools, pool) {
            Some(ruling) => rulings.push(ruling),
            None => kept.push(pool.clone()),
        }
    }
    let mut best = Vec::new();
    for variants in kept.chunk_by(same_but_start) {
        let chosen = variants.iter().min_by(|a, b| {
            let key = |pool| StartFigures::of(workload, host, pool);
            key(a).compare(&key(b))
        });
        let Some(chosen) = chosen else { continue };
        let others = variants.iter().filter(|pool| *pool != chosen);
        rulings.extend(others.map(|pool| slower_start(workload, host, pool, chosen)));
        best.push(chosen.clone());
    }
    (best, rulings)
}

/// Is there a candidate that differs in its runtime only and does as well?
fn twin_runtime(host: &Host, pools: &[PoolConfig], pool: &PoolConfig) -> Option<Ruling> {
    let same_but = |python: PythonVersion| PoolConfig { python, ..pool.clone() };
    let earlier = pools
        .iter()
        .map(|other| other.python)
        .take_while(|&python| python != pool.python)
        .filter(|python| python.free_threaded == pool.python.free_threaded)
        .find(|&python| {
            let twin = same_but(python);
            bytecode_slowdown(host, &twin) == bytecode_slowdown(host, pool) && pools.contains(&twin)
        });
    let python = pool.python;
    if let Some(first) = earlier {
        let reason = format!(
            "The model has no parameter by which {python} differs from {first} here, so {first}, \
             listed earlier, stands for both."
        );
        return Some(Ruling::new(format!("Python {python}"), Kind::Dominated, reason));
    }
    let slowdown = bytecode_slowdown(host, pool);
    let shares_lock = matches!(pool.profile.concurrency, Concurrency::Threads(_));
    if !python.free_threaded || shares_lock || slowdown < 1.0 {
        return None;
    }
    pools
        .iter()
        .map(|other| other.python)
        .find(|&locked| !locked.free_threaded && pools.contains(&same_but(locked)))?;
    let reason = format!(
        "One thread of bytecode per process never contends for a lock, and bytecode on {python} \
         takes {slowdown:.2} times as long."
    );
    Some(Ruling::new(format!("{} on {python}", Family::of(pool).name()), Kind::Dominated, reason))
}

fn same_but_start(a: &PoolConfig, b: &PoolConfig) -> bool {
    *a == PoolConfig { start_method: a.start_method, ..b.clone() }
}

/// What a start method changes.
#[derive(Clone, Copy, Debug)]
struct StartFigures {
    late: bool,
    pss: f64,
    ready: f64,
}

impl StartFigures {
    fn of(workload: &Workload, host: &Host, pool: &PoolConfig) -> Self {
        let ready = ready_estimate(workload, host, pool);
        let late = workload.objective.startup.is_some_and(|limit| ready > limit.as_secs());
        Self { late, pss: Sharing::of(workload, host, pool).settled(), ready }
    }

    /// Within the start-up limit first, then less memory, then sooner ready.
    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        self.late
            .cmp(&other.late)
            .then(self.pss.total_cmp(&other.pss))
            .then(self.ready.total_cmp(&other.ready))
    }
}

fn slower_start(
    workload: &Workload,
    host: &Host,
    pool: &PoolConfig,
    chosen: &PoolConfig,
) -> Ruling {
    let figures = |pool| StartFigures::of(workload, host, pool);
    let (loses, wins) = (figures(pool), figures(chosen));
    let reason = format!(
        "Requests are served alike once workers are up; for {}, {} would hold about {} and be \
         ready after about {}, {} holds {} and is ready after {}.",
        pool.profile,
        pool.start_method,
        bytes(loses.pss),
        seconds(loses.ready),
        chosen.start_method,
        bytes(wins.pss),
        seconds(wins.ready),
    );
    Ruling {
        // The largest difference is the one worth reading.
        distance: wins.pss - loses.pss,
        ..Ruling::new(
            format!("start by {} instead of {}", pool.start_method, chosen.start_method),
            Kind::Dominated,
            reason,
        )
    }
}

/// About when the last worker is ready, in s: batch by batch, bound by the
/// launcher or by the cores.
pub(super) fn ready_estimate(workload: &Workload, host: &Host, pool: &PoolConfig) -> f64 {
    let plan = StartPlan::new(host, &workload.runtime, pool);
    let workers = pool.profile.workers;
    let batch = f64::from(pool.start_batch.unwrap_or(workers).clamp(1, workers));
    let batches = (f64::from(workers) / batch).ceil();
    let launched = batch * plan.launch + plan.child;
    let worked = batch * (plan.launch + plan.child) / host.usable_cpus();
    let pause = if pool.start_batch.is_some() { pool.start_delay.as_secs() } else { 0.0 };
    (plan.boot + plan.threads.total()) * 1e-9 + batches * (launched.max(worked) * 1e-9 + pause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::pool::{Profile, StartMethod};
    use crate::search::testing::{cpu_bound, python};

    fn host() -> Host {
        let mut host = Host::ideal(4);
        host.interpreter.free_threaded_313 = Parameter::exactly(1.2);
        host.interpreter.free_threaded_314 = Parameter::exactly(1.1);
        host.memory.interpreter = Parameter::exactly(10 << 20);
        host.memory.cow_plateau = Parameter::exactly(0.5);
        host.start.fork_per_mib = Parameter::exactly(SimDuration::MILLISECOND);
        host.start.interpreter = Parameter::exactly(SimDuration(20_000_000));
        host
    }

    fn workload() -> Workload {
        let mut workload = cpu_bound(10.0, SimDuration::MILLISECOND);
        workload.runtime.import_bytes = 100 << 20;
        workload.runtime.import_time = SimDuration::SECOND;
        workload
    }

    fn kept(pools: &[(&str, &str)]) -> Vec<String> {
        let workload = workload();
        let pools: Vec<PoolConfig> = pools
            .iter()
            .map(|(profile, version)| {
                PoolConfig::new(&workload, profile.parse().unwrap(), python(version))
            })
            .collect();
        let count = pools.len();
        let (kept, rulings) = without_dominated(&workload, &host(), pools);
        assert_eq!(kept.len() + rulings.len(), count, "{rulings:?}");
        kept.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_runtimes_are_raced_once() {
        assert_eq!(kept(&[("threads:4", "3.13"), ("threads:4", "3.12")]), ["threads:4 py3.13"]);
        let both = [("threads:4", "3.13t"), ("threads:4", "3.14t")];
        assert_eq!(kept(&both), ["threads:4 py3.13t", "threads:4 py3.14t"]);
    }

    #[test]
    fn serial_workers_stay_on_the_faster_build() {
        let both = [("process:4", "3.12"), ("process:4", "3.13t"), ("threads:4", "3.13t")];
        assert_eq!(kept(&both), ["process:4 py3.12 fork", "threads:4 py3.13t"]);
        assert_eq!(kept(&both[1..2]), ["process:4 py3.13t fork"]);
    }

    #[test]
    fn the_start_method_follows_from_memory_unless_start_up_is_limited() {
        let mut workload = workload();
        let variants = |workload: &Workload, workers| -> Vec<PoolConfig> {
            let pool = PoolConfig::new(workload, Profile::processes(workers), python("3.12"));
            StartMethod::ALL.map(|start_method| PoolConfig { start_method, ..pool.clone() }).into()
        };
        let best = |workload: &Workload, workers| {
            let (kept, rulings) = without_dominated(workload, &host(), variants(workload, workers));
            assert_eq!((kept.len(), rulings.len()), (1, 2));
            kept[0].start_method
        };
        // One worker: the loaded parent that fork needs does not pay.
        assert_eq!(best(&workload, 1), StartMethod::Spawn);
        assert_eq!(best(&workload, 16), StartMethod::Fork);
        // Copying a grown parent's page tables three times takes longer than
        // importing three times on four cores.
        assert_eq!(best(&workload, 3), StartMethod::Fork);
        workload.objective.startup = Some(SimDuration(1_100_000_000));
        assert_eq!(best(&workload, 3), StartMethod::Forkserver);
    }
}
