//! A queue per worker, dealt in turn whether the worker is free or not: client
//! side load balancing of gRPC, most balancers' default. While no worker is
//! ready, requests wait before all of them.

use crate::pool::policy::{Action, PoolPolicy, PoolView, WorkerView, fill};

/// See the module.
#[derive(Debug, Default)]
pub struct RoundRobin {
    next: u32,
}

impl PoolPolicy for RoundRobin {
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action {
        let workers = pool.workers.len() as u32;
        for _ in 0..workers {
            let worker = self.next;
            self.next = (self.next + 1) % workers;
            if pool.workers[worker as usize].ready {
                return place(worker, &pool.workers[worker as usize]);
            }
        }
        Action::Queue
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        start_own(pool, worker, free, out);
    }

    fn withdraw(&mut self, _worker: u32) {}
}

/// Starts on a free slot, else joins the worker's queue.
pub(super) fn place(worker: u32, view: &WorkerView) -> Action {
    if view.busy < view.slots && view.queued == 0 {
        Action::Start { worker }
    } else {
        Action::QueueAt { worker }
    }
}

/// Fills free slots with what came while no worker was ready, which is older
/// than anything dealt to one, then from the worker's own queue.
pub(super) fn start_own(pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
    let left = free - fill(pool, worker, free, out);
    let taken = left.min(pool.workers[worker as usize].queued);
    out.extend((0..taken).map(|_| Action::StartOwn { worker }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::testing::READY;

    #[test]
    fn every_worker_gets_its_turn_busy_or_not() {
        let busy = WorkerView { busy: 1, ..READY };
        let workers = [READY, busy, READY];
        let pool = PoolView { workers: &workers, queued: 0 };
        let mut policy = RoundRobin::default();
        let actions: Vec<Action> = (0..4).map(|_| policy.on_arrival(&pool)).collect();
        assert_eq!(
            actions,
            [
                Action::Start { worker: 0 },
                Action::QueueAt { worker: 1 },
                Action::Start { worker: 2 },
                Action::Start { worker: 0 },
            ]
        );
    }

    #[test]
    fn a_starting_worker_is_passed_over() {
        let starting = WorkerView { ready: false, ..READY };
        let pool = PoolView { workers: &[starting, READY], queued: 0 };
        let mut policy = RoundRobin::default();
        assert_eq!(policy.on_arrival(&pool), Action::Start { worker: 1 });
        assert_eq!(policy.on_arrival(&pool), Action::Start { worker: 1 });
    }

    #[test]
    fn what_came_before_any_worker_was_ready_goes_first() {
        let starting = WorkerView { ready: false, queued: 5, ..READY };
        let none_ready = PoolView { workers: &[starting; 2], queued: 0 };
        let mut policy = RoundRobin::default();
        assert_eq!(policy.on_arrival(&none_ready), Action::Queue);
        let up = WorkerView { slots: 3, queued: 5, ..READY };
        let mut out = Vec::new();
        policy.on_free(&PoolView { workers: &[up; 2], queued: 2 }, 1, 3, &mut out);
        let from_pool = Action::StartQueued { worker: 1 };
        assert_eq!(out, [from_pool, from_pool, Action::StartOwn { worker: 1 }]);
    }
}
