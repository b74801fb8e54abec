//! Workers that accept from one listening socket: whoever is first has it.
//!
//! Prefork servers watch the socket with `select` or with an epoll instance each
//! and without `EPOLLEXCLUSIVE`, so that a connection wakes every worker whose
//! accepting thread waits. They race for it and the losers get `EAGAIN`: each is
//! as likely to win. (Processes that *block* in `accept` are woken one at a
//! time, the longest waiting first: [`SharedQueue`](crate::pool::SharedQueue).)
//! `ep_poll_callback` in Linux, `fs/eventpoll.c`.
//!
//! * Winning needs room for a connection, not a free slot: a worker of threads
//!   accepts up to `worker_connections`, and requests wait for its threads while
//!   other workers idle.
//! * An event loop accepts only between its turns. When all are in one, the
//!   connection stays in the kernel's queue, and the next loop to look takes
//!   one from there, or all.
//! * A worker whose threads compute has to get its lock first, and loses to any
//!   that need not.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::pool::policy::{Action, PoolPolicy, PoolView, WorkerView, fill};
use crate::pool::round_robin::place;

/// Draws before the candidates are counted.
const DRAWS: usize = 4;

/// See the module.
#[derive(Debug)]
pub struct AcceptRace {
    /// Most requests that a worker has, in service or in its own queue.
    holds: u64,
    /// Connections that a loop accepts in one turn; `None`: a thread of its own
    /// accepts, whatever the others do.
    per_turn: Option<u32>,
    rng: ChaCha8Rng,
}

impl AcceptRace {
    /// Each worker has at most `holds` requests; a loop takes `per_turn` of them
    /// at a time.
    pub fn new(holds: u32, per_turn: Option<u32>, rng: ChaCha8Rng) -> Self {
        Self { holds: u64::from(holds), per_turn, rng }
    }

    /// One of the workers for which `may` holds, each as likely.
    fn draw(&mut self, workers: &[WorkerView], may: impl Fn(&WorkerView) -> bool) -> Option<u32> {
        for _ in 0..DRAWS {
            let drawn = self.rng.random_range(0..workers.len());
            if may(&workers[drawn]) {
                return Some(drawn as u32);
            }
        }
        let candidates = workers.iter().filter(|view| may(view)).count();
        let winner = (candidates > 0).then(|| self.rng.random_range(0..candidates))?;
        (0u32..).zip(workers).filter(|(_, view)| may(view)).map(|(worker, _)| worker).nth(winner)
    }
}

impl PoolPolicy for AcceptRace {
    fn on_arrival(&mut self, pool: &PoolView<'_>) -> Action {
        // What waits in the kernel's queue goes first.
        if pool.queued > 0 {
            return Action::Queue;
        }
        let holds = self.holds;
        let room = |view: &WorkerView| view.ready && view.load() < holds;
        let mut winner = self.draw(pool.workers, |view| room(view) && !view.engaged);
        if winner.is_none() && self.per_turn.is_none() {
            winner = self.draw(pool.workers, room);
        }
        winner.map_or(Action::Queue, |worker| place(worker, &pool.workers[worker as usize]))
    }

    fn on_free(&mut self, pool: &PoolView<'_>, worker: u32, free: u32, out: &mut Vec<Action>) {
        // A worker has accepted its own before it comes to the kernel's queue.
        let own = free.min(pool.workers[worker as usize].queued);
        out.extend((0..own).map(|_| Action::StartOwn { worker }));
        fill(pool, worker, free - own, out);
    }

    fn withdraw(&mut self, _worker: u32) {}

    fn on_turn(&mut self, pool: &PoolView<'_>, worker: u32, out: &mut Vec<Action>) {
        let view = &pool.workers[worker as usize];
        let free = view.slots.saturating_sub(view.busy);
        fill(pool, worker, free.min(self.per_turn.unwrap_or(0)), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::policy::testing::{READY, rng};

    fn race(holds: u32, per_turn: Option<u32>) -> AcceptRace {
        AcceptRace::new(holds, per_turn, rng())
    }

    #[test]
    fn each_waiting_worker_wins_as_often() {
        // Of six, one is busy and one not ready.
        let mut workers = [READY; 6];
        workers[1].busy = 1;
        workers[4].ready = false;
        let pool = PoolView { workers: &workers, queued: 0 };
        let mut policy = race(1, None);
        let mut wins = [0u32; 6];
        let rounds = 40_000;
        for _ in 0..rounds {
            let Action::Start { worker } = policy.on_arrival(&pool) else {
                panic!("four workers wait");
            };
            wins[worker as usize] += 1;
        }
        assert_eq!((wins[1], wins[4]), (0, 0));
        // Five standard deviations of a binomial with p = 1/4 are 433.
        for worker in [0, 2, 3, 5] {
            assert!(wins[worker].abs_diff(rounds / 4) < 433, "{wins:?}");
        }
    }

    #[test]
    fn a_request_may_wait_for_a_busy_worker_while_another_idles() {
        let busy = WorkerView { busy: 1, ..READY };
        let pool = PoolView { workers: &[busy, READY], queued: 0 };
        let mut policy = race(1000, None);
        let actions: Vec<Action> = (0..100).map(|_| policy.on_arrival(&pool)).collect();
        let at_busy = actions.iter().filter(|&&a| a == Action::QueueAt { worker: 0 }).count();
        let at_idle = actions.iter().filter(|&&a| a == Action::Start { worker: 1 }).count();
        assert_eq!(at_busy + at_idle, 100);
        assert!((30..70).contains(&at_busy), "{at_busy}");
        // Without room for more than its slots it never does.
        let mut policy = race(1, None);
        assert!((0..100).all(|_| policy.on_arrival(&pool) == Action::Start { worker: 1 }));
    }

    #[test]
    fn who_needs_its_lock_first_loses_to_who_does_not() {
        let computing = WorkerView { busy: 1, slots: 2, engaged: true, ..READY };
        let waiting = WorkerView { busy: 2, slots: 2, queued: 7, ..READY };
        let pool = PoolView { workers: &[computing, waiting], queued: 0 };
        let mut policy = race(1000, None);
        assert!((0..50).all(|_| policy.on_arrival(&pool) == Action::QueueAt { worker: 1 }));
        // All compute: one of them gets its lock.
        let pool = PoolView { workers: &[computing], queued: 0 };
        assert_eq!(policy.on_arrival(&pool), Action::Start { worker: 0 });
        // A full worker stops accepting.
        let pool = PoolView { workers: &[waiting], queued: 0 };
        assert_eq!(race(9, None).on_arrival(&pool), Action::Queue);
    }

    #[test]
    fn a_loop_accepts_between_turns_one_or_all() {
        let in_turn = WorkerView { busy: 1, slots: 10, engaged: true, ..READY };
        let cases = [(1, 1), (u32::MAX, 5)];
        for (per_turn, taken) in cases {
            let mut policy = race(10, Some(per_turn));
            let pool = PoolView { workers: &[in_turn; 2], queued: 5 };
            assert_eq!(policy.on_arrival(&pool), Action::Queue);
            let mut out = Vec::new();
            policy.on_turn(&pool, 1, &mut out);
            assert_eq!(out, vec![Action::StartQueued { worker: 1 }; taken]);
        }
        // It takes no more than it has slots for.
        let nearly_full = WorkerView { busy: 8, ..in_turn };
        let mut out = Vec::new();
        let pool = PoolView { workers: &[nearly_full], queued: 5 };
        race(10, Some(u32::MAX)).on_turn(&pool, 0, &mut out);
        assert_eq!(out.len(), 2);
    }

    #[test]
    fn first_what_was_accepted_then_the_kernels_queue_then_the_door() {
        let full = WorkerView { busy: 2, slots: 4, queued: 1, ..READY };
        let pool = PoolView { workers: &[full], queued: 2 };
        let mut policy = race(9, None);
        assert_eq!(policy.on_arrival(&pool), Action::Queue);
        let mut out = Vec::new();
        policy.on_free(&pool, 0, 2, &mut out);
        assert_eq!(out, [Action::StartOwn { worker: 0 }, Action::StartQueued { worker: 0 }]);
        // A worker that is to go serves what it has accepted, and accepts no more.
        let draining = WorkerView { ready: false, ..full };
        out.clear();
        policy.on_free(&PoolView { workers: &[draining], queued: 2 }, 0, 2, &mut out);
        assert_eq!(out, [Action::StartOwn { worker: 0 }]);
    }
}
