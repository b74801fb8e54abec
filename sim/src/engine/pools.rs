//! What the engine knows of each pool while it runs.

use std::collections::VecDeque;

use rand::rngs::ChaCha8Rng;

use crate::engine::gate::Gate;
use crate::engine::plan::PoolPlan;
use crate::engine::queues::Deadlines;
use crate::engine::requests::RequestId;
use crate::engine::startup::Startup;
use crate::engine::worker_handler::Circle;
use crate::experiment::PoolOutcome;
use crate::kernel::SimTime;
use crate::pool::{PoolConfig, PoolPolicy, policy_for};
use crate::stats::TimeWeighted;
use crate::workload::Workload;

/// One pool under way.
pub(super) struct PoolState {
    pub(super) policy: Box<dyn PoolPolicy>,
    pub(super) gate: Gate,
    /// Requests that wait for any worker of the pool.
    pub(super) queue: VecDeque<RequestId>,
    /// Requests in any queue, and in the shared one, without the given up.
    pub(super) queued: usize,
    pub(super) queued_shared: usize,
    pub(super) deadlines: Deadlines,
    pub(super) startup: Startup,
    /// Slots of workers that take requests.
    pub(super) slots_up: u64,
    pub(super) tally: PoolTally,
    /// What its worker handler is about, if it has one.
    pub(super) circle: Circle,
}

/// What a pool has done so far.
#[derive(Clone, Debug, Default)]
pub(super) struct PoolTally {
    busy: TimeWeighted,
    served: u64,
    sojourn: u128,
    service: u128,
    peak_queue: u64,
}

impl PoolState {
    pub(super) fn new(
        workload: &Workload,
        pool: &PoolConfig,
        plan: &PoolPlan,
        rng: ChaCha8Rng,
    ) -> Self {
        Self {
            policy: policy_for(pool, plan.entries.len() as u32, rng),
            gate: Gate::new(plan, workload.keys),
            queue: VecDeque::new(),
            queued: 0,
            queued_shared: 0,
            deadlines: VecDeque::new(),
            startup: Startup::default(),
            slots_up: 0,
            tally: PoolTally::default(),
            circle: Circle::default(),
        }
    }
}

impl PoolTally {
    #[inline]
    pub(super) fn slot_taken(&mut self, now: SimTime) {
        self.busy.up(now);
    }

    #[inline]
    pub(super) fn slot_freed(&mut self, now: SimTime) {
        self.busy.down(now);
    }

    #[inline]
    pub(super) fn served(&mut self, now: SimTime, came: SimTime, began: SimTime) {
        self.served += 1;
        self.sojourn += u128::from(now.since(came).0);
        self.service += u128::from(now.since(began).0);
    }

    #[inline]
    pub(super) fn queue_length(&mut self, length: usize) {
        self.peak_queue = self.peak_queue.max(length as u64);
    }

    /// The pool's figures over the whole run of `slots` slots.
    pub(super) fn outcome(&self, now: SimTime, slots: u64) -> PoolOutcome {
        let elapsed = now.as_secs();
        let per_second = |count: f64| if elapsed > 0.0 { count / elapsed } else { 0.0 };
        let mean = |sum: u128| match self.served {
            0 => 0.0,
            n => sum as f64 * 1e-9 / n as f64,
        };
        PoolOutcome {
            throughput: per_second(self.served as f64),
            slots: per_second(self.busy.integral_at(now) as f64 * 1e-9) / slots.max(1) as f64,
            mean_sojourn: mean(self.sojourn),
            mean_service: mean(self.service),
            peak_queue: self.peak_queue,
        }
    }
}
