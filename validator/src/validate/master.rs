//! The process of a server that starts workers and serves nothing: the model has
//! its pages, what forked workers copy of them, and its boot only as far as any
//! Python has them.

use sim::host::Host;
use sim::pool::{PoolConfig, PoolKind, StartMethod};

use super::measure::Case;
use crate::run::Application;
use crate::servers::{self, Imports};

/// What it adds to a prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Master {
    /// Memory, in bytes.
    pub(super) bytes: u64,
    /// Time before the first worker is launched, in s.
    pub(super) boot: f64,
}

impl Master {
    /// Of `case` on `host`, as it was seen before the server was started.
    pub(super) fn of(case: &Case, host: &Host, application: Option<Application>) -> Self {
        let parent = application.and_then(|it| it.parent);
        let (Some(parent), Some(pool)) = (parent, case.deployment.pools.first()) else {
            return Self::default();
        };
        let bare = host.memory.interpreter.value;
        let boot = |less: u64| parent.import_cpu_ns.saturating_sub(less) as f64 / 1e9;
        match pool.start_method {
            // A bare interpreter's boot and pages are in the model.
            StartMethod::Forkserver => Self {
                bytes: parent.private_bytes.saturating_sub(bare) + copied(host, pool, parent),
                boot: boot(host.start.interpreter.value.0),
            },
            // The first process is the only worker.
            StartMethod::Spawn if pool.profile.workers == 1 => Self::default(),
            // Beside it stands the resource tracker of `multiprocessing`.
            StartMethod::Spawn => Self { bytes: parent.private_bytes + bare, boot: boot(0) },
            // It has the application, as in the model.
            StartMethod::Fork => Self::default(),
        }
    }
}

/// What the workers of `pool` copy of the pages of `parent`, beyond what the model
/// has: of a bare interpreter's if there are several, of nothing if there is one of
/// threads or greenlets, which it takes for the only process.
fn copied(host: &Host, pool: &PoolConfig, parent: Imports) -> u64 {
    let known = if pool.in_parent() { 0 } else { host.memory.interpreter.value };
    let pages = parent.private_bytes.saturating_sub(known) as f64;
    let copies = host.memory.cow_plateau.value * f64::from(pool.profile.workers);
    (pages * copies).round() as u64
}

/// Is a pool of `kind` ready once its workers are, rather than once all slots have
/// answered?
pub(super) fn ready_with_its_workers(kind: PoolKind) -> bool {
    matches!(
        kind,
        PoolKind::MultiprocessingPool
            | PoolKind::GeventPool
            | PoolKind::EventletGreenPool
            | PoolKind::Asyncio
    ) || servers::HTTP.contains(&kind)
        || servers::CELERY.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Set, shipped};
    use super::*;
    use sim::host::Parameter;
    use sim::kernel::SimDuration;

    fn master(cell: &str) -> Master {
        let cell = shipped(Set::Servers).unwrap().into_iter().find(|it| it.name == cell).unwrap();
        let mut host = Host::ideal(2);
        host.memory.interpreter = Parameter::exactly(3_000_000);
        host.memory.cow_plateau = Parameter::exactly(0.1);
        host.start.interpreter = Parameter::exactly(SimDuration(50_000_000));
        let case = Case::new(&cell, "3.13".parse().unwrap(), &host, 1).unwrap();
        let imports = |private_bytes, ms: u64| Imports {
            private_bytes,
            library_bytes: 10_000_000,
            import_cpu_ns: ms * 1_000_000,
        };
        let (parent, worker) = (imports(13_000_000, 150), imports(15_000_000, 180));
        let application = Application {
            shared_bytes: None,
            private_bytes: worker.private_bytes,
            import_cpu_ns: worker.import_cpu_ns,
            parent: Some(parent),
        };
        Master::of(&case, &host, Some(application))
    }

    #[test]
    fn an_arbiter_has_what_gunicorn_imports() {
        // Two workers copy a tenth of what a bare interpreter has not.
        assert_eq!(master("sync-page-2"), Master { bytes: 12_000_000, boot: 0.1 });
        assert_eq!(master("gthread-fetch-1x16"), Master { bytes: 11_300_000, boot: 0.1 });
    }

    #[test]
    fn a_supervisor_and_a_tracker_are_there_if_it_has_several_workers() {
        assert_eq!(master("uvicorn-parse-2x100"), Master { bytes: 16_000_000, boot: 0.15 });
        assert_eq!(master("uvicorn-mixed-1x100"), Master::default());
    }
}
