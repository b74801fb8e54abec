//! A queue per worker; a request joins the ready worker with the fewest
//! requests, the first of equals (join the shortest queue).

use crate::pool::policy::{Action, PoolPolicy, PoolView};
use crate::pool::round_robin::{place, start_own};

/// See the module.
#[derive(Debug)]
pub struct LeastLoaded;

impl PoolPolicy for LeastLoaded {
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action {
        (0u32..)
            .zip(pool.workers)
            .filter(|(_, view)| view.ready)
            .min_by_key(|(_, view)| view.load())
            .map_or(Action::Queue, |(worker, view)| place(worker, view))
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        start_own(pool, worker, free, out);
    }

    fn withdraw(&mut self, _worker: u32) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::WorkerView;
    use crate::pool::policy::testing::READY;

    #[test]
    fn joins_the_shortest_queue() {
        let worker = |busy, queued| WorkerView { busy, slots: 2, queued, ..READY };
        let gone = WorkerView { ready: false, ..READY };
        let cases = [
            (vec![worker(1, 0), worker(0, 0)], Action::Start { worker: 1 }),
            (vec![worker(2, 3), worker(2, 1)], Action::QueueAt { worker: 1 }),
            (vec![worker(1, 0), worker(1, 0)], Action::Start { worker: 0 }),
            (vec![gone, worker(2, 9)], Action::QueueAt { worker: 1 }),
            (vec![gone, gone], Action::Queue),
        ];
        for (workers, expected) in cases {
            let pool = PoolView { workers: &workers, queued: 0 };
            assert_eq!(LeastLoaded.on_arrival(&pool), expected);
        }
    }
}
