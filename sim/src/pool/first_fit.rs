//! One queue; a request goes to the first worker in order that has a free slot.
//!
//! At low load the same few workers get all requests and the others stay cold:
//! the ordered choice of gRPC pool managers such as snakepit's.

use crate::pool::policy::{Action, PoolPolicy, PoolView, fill};

/// See the module.
#[derive(Debug)]
pub struct FirstFit {
    /// Free slots per worker.
    free: Vec<u32>,
    /// One bit per worker with a free slot, 64 to a word.
    any_free: Vec<u64>,
}

impl FirstFit {
    /// For so many workers, none free yet.
    pub fn new(workers: u32) -> Self {
        let words = workers.div_ceil(64) as usize;
        Self { free: vec![0; workers as usize], any_free: vec![0; words] }
    }

    fn first(&self) -> Option<u32> {
        let word = self.any_free.iter().position(|bits| *bits != 0)?;
        Some(word as u32 * 64 + self.any_free[word].trailing_zeros())
    }
}

impl PoolPolicy for FirstFit {
    fn on_arrival(&mut self, _pool: &PoolView<'_>) -> Action {
        let Some(worker) = self.first() else {
            return Action::Queue;
        };
        let free = &mut self.free[worker as usize];
        *free -= 1;
        if *free == 0 {
            self.any_free[worker as usize / 64] &= !(1 << (worker % 64));
        }
        Action::Start { worker }
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        let taken = fill(pool, worker, free, out);
        if taken < free && pool.workers[worker as usize].ready {
            self.free[worker as usize] += free - taken;
            self.any_free[worker as usize / 64] |= 1 << (worker % 64);
        }
    }

    fn withdraw(&mut self, worker: u32) {
        self.free[worker as usize] = 0;
        self.any_free[worker as usize / 64] &= !(1 << (worker % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::testing::READY;

    #[test]
    fn low_numbers_get_all_the_work() {
        let mut policy = FirstFit::new(130);
        let view = |queued| PoolView { workers: &[READY; 130], queued };
        let mut out = Vec::new();
        for worker in (0..130).rev() {
            policy.on_free(&view(0), worker, 1, &mut out);
        }
        for expected in [0, 1, 2] {
            assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: expected });
        }
        policy.on_free(&view(0), 1, 1, &mut out);
        assert_eq!(policy.on_arrival(&view(0)), Action::Start { worker: 1 });
        for _ in 3..130 {
            policy.on_arrival(&view(0));
        }
        assert_eq!(policy.on_arrival(&view(0)), Action::Queue);
        policy.on_free(&view(1), 99, 1, &mut out);
        assert_eq!(out, [Action::StartQueued { worker: 99 }]);
    }
}
