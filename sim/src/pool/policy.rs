//! The seam between a pool's rule and the engine: policies decide, only the
//! engine acts.

use rand::rngs::ChaCha8Rng;

use crate::pool::{Concurrency, PoolConfig, WorkerChoice};

/// What a policy may see of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerView {
    /// Requests in service.
    pub busy: u32,
    /// Requests that it can have in service.
    pub slots: u32,
    /// Requests in its own queue.
    pub queued: u32,
    /// Started and able to serve.
    pub ready: bool,
    /// Does the thread that accepts connections have to wait before it can run?
    /// An event loop: it is in a turn. Threads under a lock: one of them holds
    /// it. Only policies of shared sockets ask.
    pub engaged: bool,
}

impl WorkerView {
    /// Requests that it has, in service or in its own queue.
    pub fn load(&self) -> u64 {
        u64::from(self.busy) + u64::from(self.queued)
    }
}

/// What a policy may see of the pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolView<'a> {
    /// All workers of this pool, by the index that policies use for them.
    pub workers: &'a [WorkerView],
    /// Requests in the pool's queue.
    pub queued: usize,
}

/// What a policy wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The arriving request starts on `worker`.
    Start {
        /// Has a free slot.
        worker: u32,
    },
    /// The arriving request joins the pool's queue.
    Queue,
    /// The arriving request joins the queue of `worker`.
    QueueAt {
        /// Any worker.
        worker: u32,
    },
    /// The head of the pool's queue starts on `worker`.
    StartQueued {
        /// Has a free slot.
        worker: u32,
    },
    /// The head of the worker's own queue starts.
    StartOwn {
        /// Has a free slot and a queue.
        worker: u32,
    },
}

/// Decides which worker gets which request, and when.
///
/// A worker that is not ready gets no request: not one from the door, and on a
/// free slot none but from its own queue.
pub trait PoolPolicy {
    /// A request is at the door: one of `Start`, `Queue`, `QueueAt`.
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action;

    /// `worker` has a free slot: it finished a request, or `free` slots became
    /// ready. At most `free` actions, `StartQueued` or `StartOwn`.
    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>);

    /// `worker` takes no more requests: it is to be replaced, or has died. Its
    /// free slots are forgotten; it comes back through `on_free` with all of
    /// them. What becomes of its own queue is the engine's business.
    fn withdraw(&mut self, worker: u32);

    /// The event loop of `worker` looks at its sockets: before it would wait,
    /// and after each round of ready tasks. Any number of `StartQueued`, as far
    /// as it has free slots. Only loops that accept for themselves take any.
    fn on_turn(&mut self, pool: &PoolView<'_>, worker: u32, out: &mut Vec<Action>) {
        let _ = (pool, worker, out);
    }
}

/// The policy that `config` names, for so many entries of workers: at least as
/// many as the profile has, more where successors start before the old ones go.
/// `rng` is drawn from only where the kernel's choice is a race.
pub fn policy_for(config: &PoolConfig, workers: u32, rng: ChaCha8Rng) -> Box<dyn PoolPolicy> {
    let race = |per_turn: u32| {
        let slots = config.slots_per_worker();
        let loops = matches!(config.profile.concurrency, Concurrency::EventLoop(_));
        let holds = config.worker_connections.unwrap_or(slots);
        super::AcceptRace::new(holds, loops.then_some(per_turn), rng)
    };
    match config.choice {
        WorkerChoice::SharedQueue => Box::new(super::SharedQueue::default()),
        WorkerChoice::FirstFit => Box::new(super::FirstFit::new(workers)),
        WorkerChoice::LeastBusy => Box::new(super::LeastBusy::new(workers)),
        WorkerChoice::RoundRobin => Box::new(super::RoundRobin::default()),
        WorkerChoice::LeastLoaded => Box::new(super::LeastLoaded),
        WorkerChoice::AcceptOne => Box::new(race(1)),
        WorkerChoice::AcceptAll => Box::new(race(u32::MAX)),
    }
}

/// How many of `free` slots of `worker` the pool's queue can fill: none if it
/// is not ready.
pub(super) fn fill(pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) -> u32 {
    let ready = pool.workers[worker as usize].ready;
    let waiting = u32::try_from(pool.queued).unwrap_or(u32::MAX);
    let taken = if ready { free.min(waiting) } else { 0 };
    out.extend((0..taken).map(|_| Action::StartQueued { worker }));
    taken
}

#[cfg(test)]
pub(super) mod testing {
    //! What the tables of all policies use.

    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;

    use super::WorkerView;

    /// One slot, free.
    pub(in crate::pool) const READY: WorkerView =
        WorkerView { busy: 0, slots: 1, queued: 0, ready: true, engaged: false };

    /// Random numbers that are the same every time.
    pub(in crate::pool) fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(1)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{READY, rng};
    use super::*;
    use crate::pool::Profile;
    use crate::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

    fn every_policy(profile: Profile, workers: u32) -> Vec<(WorkerChoice, Box<dyn PoolPolicy>)> {
        let wait = Segment::new(
            SegmentKind::Wait,
            Distribution::Constant(crate::kernel::SimDuration::MILLISECOND),
        );
        let class = RequestClass::new("request", 1.0, vec![wait]);
        let workload = Workload::new("any", Arrivals::Poisson { rate: 1.0 }, vec![class]);
        let python = workload.runtime.python[0];
        let mut config = PoolConfig::new(&workload, profile, python);
        WorkerChoice::ALL
            .into_iter()
            .map(|choice| {
                config.choice = choice;
                (choice, policy_for(&config, workers, rng()))
            })
            .collect()
    }

    #[test]
    fn no_policy_chooses_a_worker_that_was_withdrawn_until_it_is_back() {
        let mut out = Vec::new();
        for (choice, mut policy) in every_policy(Profile::processes(3), 4) {
            // A pool of three and a successor in the fourth entry.
            let mut views = [READY; 4];
            for worker in 0..4 {
                policy.on_free(&PoolView { workers: &views, queued: 0 }, worker, 1, &mut out);
            }
            for worker in [0, 2] {
                views[worker as usize].ready = false;
                policy.withdraw(worker);
            }
            for expected_free in (0..2).rev() {
                let action = policy.on_arrival(&PoolView { workers: &views, queued: 0 });
                let Action::Start { worker } = action else {
                    panic!("{choice:?}: {action:?} with {} free", expected_free + 1);
                };
                assert!(worker == 1 || worker == 3, "{choice:?} chose {worker}");
                views[worker as usize].busy += 1;
            }
            let action = policy.on_arrival(&PoolView { workers: &views, queued: 0 });
            let waits =
                [Action::Queue, Action::QueueAt { worker: 1 }, Action::QueueAt { worker: 3 }];
            assert!(waits.contains(&action), "{choice:?}: {action:?}");

            views[2].ready = true;
            let back = PoolView { workers: &views, queued: 1 };
            policy.on_free(&back, 2, 1, &mut out);
            assert_eq!(out.pop(), Some(Action::StartQueued { worker: 2 }), "{choice:?}");
            assert!(out.is_empty(), "{choice:?}");
        }
    }

    #[test]
    fn a_draining_worker_takes_nothing_from_the_pool() {
        let draining = WorkerView { ready: false, ..READY };
        let pool = PoolView { workers: &[draining], queued: 3 };
        let mut out = Vec::new();
        for (choice, mut policy) in every_policy(Profile::threads(1, 4), 1) {
            policy.withdraw(0);
            policy.on_free(&pool, 0, 1, &mut out);
            policy.on_turn(&pool, 0, &mut out);
            assert!(out.is_empty(), "{choice:?}: {out:?}");
            assert_eq!(policy.on_arrival(&pool), Action::Queue, "{choice:?}");
        }
    }
}
