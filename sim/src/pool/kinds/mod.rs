//! The pools that people deploy, one file each: what the queue discipline is,
//! who spends which cost, which defaults hold, and where that can be read.
//!
//! A kind sets the mechanical fields of a [`PoolConfig`]; the engine knows none
//! of them by name. What the workload states (limits on the queue, the life
//! cycle, requests under way) goes before what the product would do by default.
//!
//! Two more files say how several pools stand for one product: `pipeline` for
//! stages with an executor each, `hybrid` for classes with a pool each.

mod asyncio;
mod celery_prefork;
mod celery_threads;
mod eventlet_green_pool;
mod generic;
mod gevent_pool;
mod grpc_process;
mod grpc_thread;
mod grpc_thread_serial;
mod gunicorn_gevent;
mod gunicorn_gthread;
mod gunicorn_sync;
mod hybrid;
mod keyed_async;
mod keyed_baseline;
mod keyed_process;
mod multiprocessing_pool;
mod multiprocessing_thread_pool;
mod pipeline;
mod prefork;
mod process_pool_executor;
mod rule;
mod shape;
mod thread_pool_executor;
mod uvicorn;

pub use rule::Rule;
pub use shape::Shape;

use crate::pool::{Dispatcher, PoolConfig, PoolKind, Profile, StartMethod};
use crate::workload::{PythonVersion, Workload};

/// The mechanics of one pool.
pub trait Kind: Sync {
    /// Which profiles it can have.
    fn shape(&self) -> Shape;

    /// The size that the product takes, or its manual advises, on a host with so
    /// many hardware threads. None looks at a cgroup's quota.
    fn default_profile(&self, logical_cpus: u32) -> Profile;

    /// Who hands requests to its workers; `None`: as the workload says.
    fn dispatcher(&self) -> Option<Dispatcher>;

    /// Sets the mechanical fields of `pool`, whose profile, interpreter and
    /// start method are chosen.
    fn configure(&self, pool: &mut PoolConfig, workload: &Workload, logical_cpus: u32);

    /// How its workers may start, the default first. For pools of one process
    /// it makes no difference.
    fn start_methods(&self, workload: &Workload, python: PythonVersion) -> Vec<StartMethod> {
        let _ = workload;
        any_start_method(python)
    }

    /// By which rules it replaces workers.
    fn rules(&self, python: PythonVersion) -> &'static [Rule] {
        let _ = python;
        &[]
    }

    /// The oldest minor version of Python 3 that it runs on.
    fn oldest_python(&self) -> u8 {
        *PythonVersion::SUPPORTED.start()
    }
}

/// All start methods, the interpreter's default first.
fn any_start_method(python: PythonVersion) -> Vec<StartMethod> {
    let default = python.default_start_method();
    let others = StartMethod::ALL.into_iter().filter(|&method| method != default);
    std::iter::once(default).chain(others).collect()
}

impl PoolKind {
    /// What the pool does, from its file.
    pub fn mechanics(self) -> &'static dyn Kind {
        match self {
            Self::Generic => &generic::Generic,
            Self::MultiprocessingPool => &multiprocessing_pool::MultiprocessingPool,
            Self::ProcessPoolExecutor => &process_pool_executor::ProcessPoolExecutor,
            Self::MultiprocessingThreadPool => &multiprocessing_thread_pool::ThreadPool,
            Self::ThreadPoolExecutor => &thread_pool_executor::ThreadPoolExecutor,
            Self::GeventPool => &gevent_pool::GeventPool,
            Self::EventletGreenPool => &eventlet_green_pool::EventletGreenPool,
            Self::Asyncio => &asyncio::Asyncio,
            Self::GrpcProcess => &grpc_process::GrpcProcess,
            Self::GrpcThread => &grpc_thread::GrpcThread,
            Self::GrpcThreadSerial => &grpc_thread_serial::GrpcThreadSerial,
            Self::KeyedBaseline => &keyed_baseline::KeyedBaseline,
            Self::KeyedAsync => &keyed_async::KeyedAsync,
            Self::KeyedProcess => &keyed_process::KeyedProcess,
            Self::GunicornSync => &gunicorn_sync::GunicornSync,
            Self::GunicornGthread => &gunicorn_gthread::GunicornGthread,
            Self::GunicornGevent => &gunicorn_gevent::GunicornGevent,
            Self::Uvicorn => &uvicorn::Uvicorn,
            Self::CeleryPrefork => &celery_prefork::CeleryPrefork,
            Self::CeleryThreads => &celery_threads::CeleryThreads,
        }
    }

    /// Why this pool cannot have `profile` on `python`, and what it can have.
    pub fn refuses(self, profile: Profile, python: PythonVersion) -> Option<String> {
        let kind = self.mechanics();
        if python.minor < kind.oldest_python() {
            return Some(format!("{self} needs Python 3.{}, not {python}", kind.oldest_python()));
        }
        let shape = kind.shape();
        (!shape.fits(profile)).then(|| format!("{self} cannot be {profile}; {}", shape.advice()))
    }
}

impl PoolConfig {
    /// The pool `kind` of that profile as it would be deployed for `workload` on
    /// a host with so many hardware threads.
    ///
    /// # Errors
    /// The profile, the interpreter or a rule of the workload's life cycle is
    /// none that this pool has; the text says which it has.
    pub fn of_kind(
        kind: PoolKind,
        workload: &Workload,
        profile: Profile,
        python: PythonVersion,
        logical_cpus: u32,
    ) -> Result<Self, String> {
        if let Some(why) = kind.refuses(profile, python) {
            return Err(why);
        }
        rule::check(kind, &workload.service.lifecycle, python)?;
        let mechanics = kind.mechanics();
        let mut pool = Self::new(workload, profile, python);
        pool.kind = kind;
        if let Some(dispatcher) = mechanics.dispatcher() {
            pool.dispatcher = dispatcher;
        }
        if let Some(&method) = mechanics.start_methods(workload, python).first() {
            pool.start_method = method;
        }
        mechanics.configure(&mut pool, workload, logical_cpus);
        Ok(pool)
    }
}

#[cfg(test)]
mod testing {
    //! What the tables of all kinds use.

    use super::*;
    use crate::kernel::SimDuration;
    use crate::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind};

    /// Short waits, one after another.
    pub(super) fn workload() -> Workload {
        let millisecond = Distribution::Constant(SimDuration::MILLISECOND);
        let class =
            RequestClass::new("request", 1.0, vec![Segment::new(SegmentKind::Wait, millisecond)]);
        Workload::new("any", Arrivals::Poisson { rate: 1.0 }, vec![class])
    }

    pub(super) fn of(kind: PoolKind, profile: &str, workload: &Workload) -> PoolConfig {
        let python = "3.12".parse().unwrap();
        PoolConfig::of_kind(kind, workload, profile.parse().unwrap(), python, 8).unwrap()
    }

    pub(super) fn pool(kind: PoolKind, profile: &str) -> PoolConfig {
        of(kind, profile, &workload())
    }

    /// Each of `profiles` is refused with `advice`.
    pub(super) fn refuses(kind: PoolKind, profiles: &[&str], advice: &str) {
        for profile in profiles {
            let python = "3.12".parse().unwrap();
            let why = kind.refuses(profile.parse().unwrap(), python).unwrap();
            assert!(why.contains(advice), "{profile}: {why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::workload;
    use super::*;
    use crate::pool::{MAX_SLOTS, MAX_THREADS, MAX_WORKERS};

    #[test]
    fn every_default_size_is_one_that_the_pool_can_have() {
        for kind in PoolKind::ALL {
            for cpus in [1, 2, 8, 64, 1024] {
                let profile = kind.mechanics().default_profile(cpus);
                assert_eq!(kind.refuses(profile, "3.13".parse().unwrap()), None, "{kind}");
                assert!(profile.workers <= MAX_WORKERS, "{kind}: {profile}");
                assert!(profile.slots_per_worker() <= MAX_THREADS, "{kind}: {profile}");
                assert!((1..=MAX_SLOTS).contains(&profile.slots()), "{kind}: {profile}");
            }
        }
    }

    #[test]
    fn every_pool_but_the_generic_refuses_some_shape() {
        for kind in PoolKind::ALL {
            let refused = ["process:8", "threads:8", "thread:4x25", "interpreters:8", "async:4x10"]
                .iter()
                .filter(|text| {
                    kind.refuses(text.parse().unwrap(), "3.13".parse().unwrap()).is_some()
                })
                .count();
            assert_eq!(refused == 0, kind == PoolKind::Generic, "{kind} refuses {refused}");
        }
    }

    #[test]
    fn a_pool_keeps_what_it_was_asked_for() {
        let mut workload = workload();
        workload.service.queue_cap = Some(7);
        workload.service.max_in_flight = Some(3);
        for kind in PoolKind::ALL {
            let profile = kind.mechanics().default_profile(4);
            let python = "3.13".parse().unwrap();
            let pool = PoolConfig::of_kind(kind, &workload, profile, python, 4).unwrap();
            assert_eq!((pool.kind, pool.profile, pool.python), (kind, profile, python));
            assert_eq!((pool.queue_cap, pool.max_in_flight), (Some(7), Some(3)), "{kind}");
            let methods = kind.mechanics().start_methods(&workload, python);
            assert_eq!(methods.first(), Some(&pool.start_method), "{kind}");
        }
    }

    #[test]
    fn the_documentation_has_a_row_for_each_pool() {
        let document = include_str!("../../../../docs/pools.md");
        let rows = document.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, PoolKind::ALL.len());
        for kind in PoolKind::ALL {
            let start = format!("| `{kind}` |");
            let row = document.lines().find(|line| line.starts_with(&start)).unwrap();
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let size = kind.mechanics().default_profile(8);
            assert_eq!(cells[5], format!("`{size}`"), "{kind}");
            let rules = kind.mechanics().rules("3.12".parse().unwrap());
            let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
            let listed = if names.is_empty() { "-".to_owned() } else { names.join(", ") };
            assert_eq!(cells[6], listed, "{kind}");
        }
    }
}
