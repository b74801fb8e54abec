//! The seam between a pool's rule and the engine: policies decide, only the
//! engine acts.

use crate::pool::{PoolConfig, WorkerChoice};

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
}

/// What a policy may see of the pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolView<'a> {
    /// All workers.
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
pub trait PoolPolicy {
    /// A request is at the door: one of `Start`, `Queue`, `QueueAt`.
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action;

    /// `worker` has a free slot: it finished a request, or `free` slots became
    /// ready. At most `free` actions, `StartQueued` or `StartOwn`.
    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>);
}

/// The policy that `config` names.
pub fn policy_for(config: &PoolConfig) -> Box<dyn PoolPolicy> {
    let workers = config.profile.workers;
    match config.choice {
        WorkerChoice::SharedQueue => Box::new(super::SharedQueue::default()),
        WorkerChoice::FirstFit => Box::new(super::FirstFit::new(workers)),
        WorkerChoice::RoundRobin => Box::new(super::RoundRobin::default()),
        WorkerChoice::LeastLoaded => Box::new(super::LeastLoaded),
    }
}
