//! A queue per worker; a request joins the ready worker with the fewest
//! requests, the first of equals (join the shortest queue).

use crate::pool::policy::{Action, PoolPolicy, PoolView};
use crate::pool::round_robin::{place, start_own};

/// See the module.
#[derive(Debug)]
pub struct LeastLoaded;

impl PoolPolicy for LeastLoaded {
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action {
        let least = (0u32..)
            .zip(pool.workers)
            .min_by_key(|(_, w)| (!w.ready, u64::from(w.busy) + u64::from(w.queued)));
        match least {
            Some((worker, view)) if view.ready => place(worker, view),
            Some((worker, _)) => Action::QueueAt { worker },
            None => Action::Queue,
        }
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        start_own(pool, worker, free, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::WorkerView;

    #[test]
    fn joins_the_shortest_queue() {
        let worker = |busy, queued| WorkerView { busy, slots: 2, queued, ready: true };
        let cases = [
            (vec![worker(1, 0), worker(0, 0)], Action::Start { worker: 1 }),
            (vec![worker(2, 3), worker(2, 1)], Action::QueueAt { worker: 1 }),
            (vec![worker(1, 0), worker(1, 0)], Action::Start { worker: 0 }),
        ];
        for (workers, expected) in cases {
            let pool = PoolView { workers: &workers, queued: 0 };
            assert_eq!(LeastLoaded.on_arrival(&pool), expected);
        }
    }
}
