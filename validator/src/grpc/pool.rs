//! One pool's queue and slots, and who gets the next request: the policy of the
//! simulator decides here too.

use std::collections::VecDeque;
use std::fmt;

use sim::pool::{
    Action, FirstFit, LeastBusy, PoolConfig, PoolPolicy, PoolView, SharedQueue, WorkerChoice,
    WorkerView,
};

/// What becomes of a request at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It goes to that worker.
    To(u32),
    /// It waits.
    Queued,
    /// The queue is full.
    Saturated,
}

/// A request that a freed slot takes from the queue, and the slot's worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) request: usize,
    pub(super) worker: u32,
}

pub(super) struct Pool {
    policy: Box<dyn PoolPolicy>,
    workers: Vec<WorkerView>,
    queue: VecDeque<usize>,
    cap: usize,
}

impl Pool {
    /// No worker is up yet.
    pub(super) fn new(config: &PoolConfig) -> Self {
        let workers = config.profile.workers;
        let policy: Box<dyn PoolPolicy> = match config.choice {
            WorkerChoice::FirstFit => Box::new(FirstFit::new(workers)),
            WorkerChoice::LeastBusy => Box::new(LeastBusy::new(workers)),
            _ => Box::new(SharedQueue::default()),
        };
        let view = WorkerView { slots: config.slots_per_worker(), ..WorkerView::default() };
        Self {
            policy,
            workers: vec![view; workers as usize],
            queue: VecDeque::new(),
            cap: config.queue_cap.map_or(usize::MAX, |cap| cap as usize),
        }
    }

    pub(super) fn arrive(&mut self, request: usize) -> Admission {
        let view = PoolView { workers: &self.workers, queued: self.queue.len() };
        match self.policy.on_arrival(&view) {
            Action::Start { worker } => {
                self.workers[worker as usize].busy += 1;
                Admission::To(worker)
            }
            _ if self.queue.len() >= self.cap => Admission::Saturated,
            _ => {
                self.queue.push_back(request);
                Admission::Queued
            }
        }
    }

    /// `worker` takes requests from now on, in all of its slots.
    pub(super) fn up(&mut self, worker: u32) -> Vec<Taken> {
        let view = &mut self.workers[worker as usize];
        view.ready = true;
        let slots = view.slots;
        self.offer(worker, slots)
    }

    /// `worker` has finished a request.
    pub(super) fn freed(&mut self, worker: u32) -> Vec<Taken> {
        self.workers[worker as usize].busy -= 1;
        self.offer(worker, 1)
    }

    /// `worker` takes no more requests, and has lost those that it had.
    pub(super) fn down(&mut self, worker: u32) {
        let view = &mut self.workers[worker as usize];
        (view.ready, view.busy) = (false, 0);
        self.policy.withdraw(worker);
    }

    /// Takes `request` out of the queue; false if it is not there any more.
    pub(super) fn give_up(&mut self, request: usize) -> bool {
        let place = self.queue.iter().position(|waiting| *waiting == request);
        place.and_then(|place| self.queue.remove(place)).is_some()
    }

    fn offer(&mut self, worker: u32, slots: u32) -> Vec<Taken> {
        let mut actions = Vec::new();
        let view = PoolView { workers: &self.workers, queued: self.queue.len() };
        self.policy.on_free(&view, worker, slots, &mut actions);
        let mut taken = Vec::with_capacity(actions.len());
        for action in actions {
            if let Action::StartQueued { worker } = action
                && let Some(request) = self.queue.pop_front()
            {
                self.workers[worker as usize].busy += 1;
                taken.push(Taken { request, worker });
            }
        }
        taken
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("workers", &self.workers).field("queue", &self.queue).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::testing::config;
    use sim::pool::PoolKind;

    #[test]
    fn a_full_queue_turns_requests_away_and_serves_in_order() {
        let mut config = config(PoolKind::GrpcProcess, "process:1");
        config.queue_cap = Some(2);
        let mut pool = Pool::new(&config);
        assert_eq!([1, 2, 3].map(|request| pool.arrive(request)), {
            [Admission::Queued, Admission::Queued, Admission::Saturated]
        });
        assert_eq!(pool.up(0), [Taken { request: 1, worker: 0 }]);
        assert_eq!(pool.arrive(4), Admission::Queued);
        assert_eq!(pool.freed(0), [Taken { request: 2, worker: 0 }]);
    }

    #[test]
    fn a_request_is_given_up_once() {
        let mut pool = Pool::new(&config(PoolKind::GrpcProcess, "process:1"));
        pool.arrive(1);
        assert!(pool.give_up(1) && !pool.give_up(1));
        assert_eq!(pool.up(0), []);
        assert_eq!(pool.arrive(2), Admission::To(0));
    }

    #[test]
    fn a_worker_that_is_down_gets_nothing_and_comes_back_with_all_slots() {
        let mut pool = Pool::new(&config(PoolKind::GrpcThread, "thread:2x2"));
        assert_eq!((pool.up(0), pool.up(1)), (vec![], vec![]));
        assert_eq!(pool.arrive(0), Admission::To(0));
        pool.down(0);
        assert_eq!([1, 2, 3].map(|request| pool.arrive(request)), {
            [Admission::To(1), Admission::To(1), Admission::Queued]
        });
        assert_eq!(pool.up(0), [Taken { request: 3, worker: 0 }]);
        assert_eq!(pool.arrive(4), Admission::To(0));
        assert_eq!(pool.arrive(5), Admission::Queued);
    }

    #[test]
    fn serial_workers_have_one_slot_whatever_their_threads() {
        let mut pool = Pool::new(&config(PoolKind::GrpcThreadSerial, "thread:1x25"));
        pool.up(0);
        assert_eq!((pool.arrive(0), pool.arrive(1)), (Admission::To(0), Admission::Queued));
    }
}
