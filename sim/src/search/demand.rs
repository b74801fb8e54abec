//! Mean service demands: what one request takes from each resource.
//!
//! Optimistic on purpose: nothing that arises only from sharing (hand-offs,
//! inflation, queueing) is counted, so that every bound derived from here is
//! one that no schedule can beat.

use crate::engine::dispatch_cost;
use crate::host::Host;
use crate::pool::{Concurrency, Deployment, Dispatcher, PoolConfig, Split};
use crate::workload::{RequestClass, Segment, SegmentKind, Workload};

/// Mean demand of one request, over the mix of classes, in s.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Demand {
    /// On the cores, all threads together.
    pub(super) cores: f64,
    /// On its worker's interpreter lock; 0 where nothing contends for one.
    pub(super) lock: f64,
    /// On a slot: service alone on an idle host.
    pub(super) slot: f64,
    /// On the dispatcher's thread.
    pub(super) dispatcher: f64,
}

impl Demand {
    /// Demands of `workload`'s mix in `pool`.
    pub(super) fn of(workload: &Workload, host: &Host, pool: &PoolConfig) -> Self {
        workload.classes.iter().fold(Self::default(), |sum, class| {
            let one = Self::of_class(class, host, pool);
            Self {
                cores: sum.cores + class.share * one.cores,
                lock: sum.lock + class.share * one.lock,
                slot: sum.slot + class.share * one.slot,
                dispatcher: sum.dispatcher + class.share * one.dispatcher,
            }
        })
    }

    /// Demands in each pool of `deployment`, per request of the whole mix.
    pub(super) fn of_deployment<'d>(
        workload: &Workload,
        host: &Host,
        deployment: &'d Deployment,
    ) -> Vec<(&'d PoolConfig, Self)> {
        let pools = deployment.pools.iter().enumerate();
        pools
            .map(|(i, pool)| (pool, Self::of(&part(workload, &deployment.split, i), host, pool)))
            .collect()
    }

    /// Demands of one class.
    pub(super) fn of_class(class: &RequestClass, host: &Host, pool: &PoolConfig) -> Self {
        let cost = dispatch_cost(host, pool);
        let bytes = (class.request_bytes + class.response_bytes) as f64;
        let dispatcher = if pool.dispatcher == Dispatcher::Kernel {
            0.0
        } else {
            cost.submit.value.as_secs()
                + cost.parent_send.value.as_secs()
                + cost.parent_receive.value.as_secs()
                + cost.parent_per_byte.value * bytes * 1e-9
        };
        let worker = cost.worker.value.as_secs() + cost.worker_per_byte.value * bytes * 1e-9;
        let resumes = match pool.profile.concurrency {
            Concurrency::EventLoop(_) => {
                resumes(class) * host.interpreter.task_switch.value.as_secs()
            }
            _ => 0.0,
        };
        let speed = host.cpu.speed.value;
        let (own, dispatcher) = ((worker + resumes) / speed, dispatcher / speed);
        let mut demand = Self { cores: own + dispatcher, lock: own, slot: own, dispatcher };
        for segment in &class.segments {
            demand.add_segment(segment, host, pool);
        }
        demand.lock = match pool.profile.concurrency {
            Concurrency::Serial => 0.0,
            Concurrency::Threads(_) if pool.lock_free() => 0.0,
            // The dispatcher's thread takes part in the only lock.
            Concurrency::Threads(_) | Concurrency::EventLoop(_)
                if pool.in_parent() && pool.dispatcher == Dispatcher::Python =>
            {
                demand.lock + dispatcher
            }
            _ => demand.lock,
        };
        demand
    }

    fn add_segment(&mut self, segment: &Segment, host: &Host, pool: &PoolConfig) {
        let elapsed = elapsed(segment, host, pool) * segment.duration.mean_secs();
        self.slot += elapsed;
        if segment.kind == SegmentKind::Wait {
            return;
        }
        let width = match segment.kind {
            SegmentKind::Native { parallel: true } => pool.blas_threads.max(1),
            _ => 1,
        };
        self.cores += elapsed * f64::from(width);
        // An event loop stands still during native code too.
        let holds = matches!(segment.kind, SegmentKind::Python | SegmentKind::LockedNative)
            || matches!(pool.profile.concurrency, Concurrency::EventLoop(_));
        self.lock += if holds { elapsed } else { 0.0 };
    }
}

/// What pool `pool` serves of `workload`: its classes, at their shares of the
/// whole, or its stage of each.
pub(super) fn part(workload: &Workload, split: &Split, pool: usize) -> Workload {
    let mut part = workload.clone();
    match split {
        Split::Whole => {}
        Split::ByClass(pools) => {
            let mut route = pools.iter();
            part.classes.retain(|_| route.next().is_some_and(|&p| p as usize == pool));
        }
        Split::ByStage => {
            for class in &mut part.classes {
                class.segments.retain(|segment| segment.stage as usize == pool);
            }
            part.classes.retain(|class| !class.segments.is_empty());
        }
    }
    part
}

/// Time on an idle host over the stated duration.
pub(super) fn elapsed(segment: &Segment, host: &Host, pool: &PoolConfig) -> f64 {
    let work = match segment.kind {
        SegmentKind::Python => bytecode_slowdown(host, pool),
        SegmentKind::Native { parallel: true } => 1.0 / host.blas_speedup(pool.blas_threads),
        SegmentKind::Native { parallel: false } | SegmentKind::LockedNative => 1.0,
        SegmentKind::Wait => return 1.0,
    };
    work / host.cpu.speed.value
}

/// Bytecode time in `pool`'s interpreter over that of the build with a lock.
pub(super) fn bytecode_slowdown(host: &Host, pool: &PoolConfig) -> f64 {
    match (pool.python.free_threaded, pool.python.minor) {
        (false, _) => 1.0,
        (true, ..=13) => host.interpreter.free_threaded_313.value,
        (true, _) => host.interpreter.free_threaded_314.value,
    }
}

/// Times that an event loop takes up a request: once, and after every wait.
fn resumes(class: &RequestClass) -> f64 {
    let waits = class.segments.iter().filter(|s| s.kind == SegmentKind::Wait);
    1.0 + waits.map(|s| f64::from(s.reacquires.unwrap_or(1).max(1))).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Parameter;
    use crate::kernel::SimDuration;
    use crate::pool::Profile;
    use crate::search::testing::{constant, open, python};

    fn mixed() -> Workload {
        let echo = RequestClass::new("echo", 0.5, vec![constant(SegmentKind::Python, 2)]);
        let matmul = RequestClass::new(
            "matmul",
            0.5,
            vec![
                constant(SegmentKind::LockedNative, 4),
                constant(SegmentKind::Native { parallel: true }, 80),
                constant(SegmentKind::Wait, 10),
            ],
        );
        open(10.0, vec![echo, matmul])
    }

    fn demand(profile: &str, version: &str, blas: u32, host: &Host) -> Demand {
        let workload = mixed();
        let mut pool = PoolConfig::new(&workload, profile.parse().unwrap(), python(version));
        pool.blas_threads = blas;
        Demand::of(&workload, host, &pool)
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn each_resource_gets_its_segments() {
        let demand = demand("threads:4", "3.12", 1, &Host::ideal(4));
        assert!(close(demand.cores, 0.043), "{demand:?}");
        assert!(close(demand.lock, 0.003), "{demand:?}");
        assert!(close(demand.slot, 0.048), "{demand:?}");
        assert_eq!(demand.dispatcher, 0.0);
    }

    #[test]
    fn blas_threads_shorten_the_slot_and_waste_what_amdahl_says() {
        let mut host = Host::ideal(4);
        host.cpu.blas_serial_share = Parameter::exactly(0.1);
        let demand = demand("process:4", "3.12", 4, &host);
        // 80 ms at a speed-up of 1 / (0.1 + 0.9 / 4).
        assert!(close(demand.slot, (0.002 + 0.004 + 0.08 * 0.325 + 0.010) / 2.0), "{demand:?}");
        assert!(close(demand.cores, (0.002 + 0.004 + 4.0 * 0.08 * 0.325) / 2.0), "{demand:?}");
    }

    #[test]
    fn free_threads_have_no_lock_and_slower_bytecode() {
        let mut host = Host::ideal(4);
        host.interpreter.free_threaded_313 = Parameter::exactly(1.5);
        let demand = demand("threads:4", "3.13t", 1, &host);
        assert_eq!(demand.lock, 0.0);
        assert!(close(demand.cores, 0.0435), "{demand:?}");
    }

    #[test]
    fn an_event_loop_holds_everything_but_waits_and_pays_for_resuming() {
        let mut host = Host::ideal(4);
        host.interpreter.task_switch = Parameter::exactly(SimDuration::MILLISECOND);
        let demand = demand("async:1x100", "3.12", 1, &host);
        assert!(close(demand.lock, 0.043 + 0.0015), "{demand:?}");
    }

    #[test]
    fn a_python_parent_dispatches_under_the_lock_it_shares() {
        let mut host = Host::ideal(4);
        host.dispatch.python_thread.parent_send = Parameter::exactly(SimDuration::MILLISECOND);
        let mut workload = mixed();
        workload.service.dispatcher = Dispatcher::Python;
        let pool = PoolConfig::new(&workload, Profile::threads(1, 4), python("3.12"));
        let demand = Demand::of(&workload, &host, &pool);
        assert!(close(demand.dispatcher, 0.001), "{demand:?}");
        assert!(close(demand.lock, 0.004), "{demand:?}");
    }
}
