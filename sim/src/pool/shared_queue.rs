//! One queue from which idle workers take, the longest idle first.
//!
//! Workers that block on one pipe or one accept queue are woken in the order in
//! which they began to wait: `multiprocessing` task pipes, processes that block
//! in `accept`, the call queue of `ProcessPoolExecutor`.

use std::collections::VecDeque;

use crate::pool::policy::{Action, PoolPolicy, PoolView, fill};

/// See the module.
#[derive(Debug, Default)]
pub struct SharedQueue {
    /// A worker appears once for each free slot.
    idle: VecDeque<u32>,
}

impl PoolPolicy for SharedQueue {
    fn on_arrival(&mut self, _pool: &PoolView<'_>) -> Action {
        self.idle.pop_front().map_or(Action::Queue, |worker| Action::Start { worker })
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        let taken = fill(pool, worker, free, out);
        if pool.workers[worker as usize].ready {
            self.idle.extend((taken..free).map(|_| worker));
        }
    }

    fn withdraw(&mut self, worker: u32) {
        self.idle.retain(|&idle| idle != worker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::testing::READY;

    #[test]
    fn the_longest_idle_worker_goes_first() {
        let mut policy = SharedQueue::default();
        let view = |queued| PoolView { workers: &[READY; 3], queued };
        let mut out = Vec::new();
        for worker in [2, 0, 1] {
            policy.on_free(&view(0), worker, 1, &mut out);
        }
        assert!(out.is_empty());
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 2 });
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 0 });
        policy.on_free(&view(0), 2, 1, &mut out);
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 1 });
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 2 });
        assert_eq!(policy.on_arrival(&view(0)), Action::Queue);
        policy.on_free(&view(1), 1, 2, &mut out);
        assert_eq!(out, [Action::StartQueued { worker: 1 }]);
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 1 });
    }
}
