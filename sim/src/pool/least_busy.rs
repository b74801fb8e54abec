//! One queue; a request goes to the worker with the most free slots, the first
//! of equals.
//!
//! The load-aware choice of pool managers whose workers serve several requests
//! at once: `route requests to least-busy workers` in snakepit's guide to worker
//! profiles. Unlike [`LeastLoaded`](crate::pool::LeastLoaded) it commits no
//! request to a worker before that has a free slot.

use crate::pool::policy::{Action, PoolPolicy, PoolView, fill};

/// See the module.
#[derive(Debug)]
pub struct LeastBusy {
    /// Free slots per worker.
    free: Vec<u32>,
}

impl LeastBusy {
    /// For so many workers, none free yet.
    pub fn new(workers: u32) -> Self {
        Self { free: vec![0; workers as usize] }
    }
}

impl PoolPolicy for LeastBusy {
    fn on_arrival(&mut self, _pool: &PoolView<'_>) -> Action {
        let mut most = 0;
        let mut best = None;
        for (worker, free) in (0u32..).zip(&mut self.free) {
            if *free > most {
                most = *free;
                best = Some((worker, free));
            }
        }
        best.map_or(Action::Queue, |(worker, free)| {
            *free -= 1;
            Action::Start { worker }
        })
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        let taken = fill(pool, worker, free, out);
        if pool.workers[worker as usize].ready {
            self.free[worker as usize] += free - taken;
        }
    }

    fn withdraw(&mut self, worker: u32) {
        self.free[worker as usize] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::testing::READY;

    #[test]
    fn requests_spread_before_they_pile_up() {
        let mut policy = LeastBusy::new(3);
        let view = |queued| PoolView { workers: &[READY; 3], queued };
        let mut out = Vec::new();
        for worker in 0..3 {
            policy.on_free(&view(0), worker, 2, &mut out);
        }
        for expected in [0, 1, 2, 0, 1, 2] {
            assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: expected });
        }
        assert_eq!(policy.on_arrival(&view(0)), Action::Queue);
        policy.on_free(&view(1), 2, 2, &mut out);
        assert_eq!(out, [Action::StartQueued { worker: 2 }]);
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 2 });
    }
}
