//! A queue per worker, dealt in turn whether the worker is free or not: client
//! side load balancing of gRPC, `SO_REUSEPORT`, most balancers' default.

use crate::pool::policy::{Action, PoolPolicy, PoolView, WorkerView};

/// See the module.
#[derive(Debug, Default)]
pub struct RoundRobin {
    next: u32,
}

impl PoolPolicy for RoundRobin {
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action {
        let workers = pool.workers.len() as u32;
        // Workers that are still starting get no turn, if any other is ready.
        for _ in 0..workers {
            let worker = self.next;
            self.next = (self.next + 1) % workers;
            if pool.workers[worker as usize].ready {
                return place(worker, &pool.workers[worker as usize]);
            }
        }
        let worker = self.next;
        self.next = (self.next + 1) % workers;
        Action::QueueAt { worker }
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        start_own(pool, worker, free, out);
    }
}

/// Starts on a free slot, else joins the worker's queue.
pub(super) fn place(worker: u32, view: &WorkerView) -> Action {
    if view.busy < view.slots && view.queued == 0 {
        Action::Start { worker }
    } else {
        Action::QueueAt { worker }
    }
}

/// Fills free slots from the worker's own queue.
pub(super) fn start_own(pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
    let taken = free.min(pool.workers[worker as usize].queued);
    out.extend((0..taken).map(|_| Action::StartOwn { worker }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_gets_its_turn_busy_or_not() {
        let ready = WorkerView { slots: 1, ready: true, ..WorkerView::default() };
        let busy = WorkerView { busy: 1, ..ready };
        let workers = [ready, busy, ready];
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
        let ready = WorkerView { slots: 1, ready: true, ..WorkerView::default() };
        let starting = WorkerView { ready: false, ..ready };
        let pool = PoolView { workers: &[starting, ready], queued: 0 };
        let mut policy = RoundRobin::default();
        assert_eq!(policy.on_arrival(&pool), Action::Start { worker: 1 });
        assert_eq!(policy.on_arrival(&pool), Action::Start { worker: 1 });
    }
}
