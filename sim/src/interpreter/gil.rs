//! CPython's global interpreter lock, `Python/ceval_gil.c` of 3.9 to 3.14.
//!
//! What the C code does, in its own words: `take_gil` waits on a condition
//! variable for one switch interval at a time. When a wait times out, the lock
//! is still held and `switch_number` is what it was when that wait began, it
//! sets `gil_drop_request`. The holder honours that between bytecodes:
//! `drop_gil` clears `locked`, signals one waiter and, because a drop was
//! requested, waits on `switch_cond` until another thread has the lock. A holder
//! that leaves to block does the same but for that wait, unless a request was
//! pending.
//!
//! A waiter that asks for the drop is awake on a core; it then waits again, last
//! in the queue. A holder in plain bytecode on another core sees the request
//! within a fraction of a microsecond and signals while the asker, though in the
//! condition variable by then, does not sleep yet: it finds the signal and
//! consumes it past all who sleep. How often it wins this race is a parameter of
//! the host. If the request was honoured late, at the end of a C call, it sleeps
//! again and the head of the queue has the signal. Since a dropper's new wait is
//! the first that sees no switch, it is the next to ask: two CPU-bound threads
//! that win their races take turns, and a third one starves.
//!
//! Waiters time out every period, but no event is needed for that: when a
//! waiter's present wait began follows from when it joined and the period, so
//! only the earliest drop request is ever put on the calendar, and a hand-off
//! costs the same however long the others have waited.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::cpu::ThreadId;
use crate::host::WakeOrder;
use crate::interpreter::{Answer, InterpreterLock, Release, Take};
use crate::kernel::{SimDuration, SimTime};

/// A thread in `take_gil`.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    thread: ThreadId,
    /// Start of its first timed wait; later ones follow at the interval.
    since: SimTime,
    /// Order of joining.
    ticket: u64,
}

/// One lock with its condition variables.
#[derive(Debug)]
pub(crate) struct Gil {
    period: u64,
    order: WakeOrder,
    asker_wins: f64,
    holder: Option<ThreadId>,
    last_holder: Option<ThreadId>,
    /// When `switch_number` last changed.
    switched_at: SimTime,
    /// Who asked the holder to drop the lock, and when.
    asked: Option<(ThreadId, SimTime)>,
    dropper: Option<ThreadId>,
    waiters: Vec<Waiter>,
    signalled: u32,
    tickets: u64,
    rng: ChaCha8Rng,
}

impl Gil {
    /// `period` is what a timed wait really takes. `asker_wins` is the chance of
    /// a waiter that asked for a drop to consume the signal of a holder that
    /// drops at once. `rng` is drawn from only if there is a choice.
    pub(crate) fn new(
        period: SimDuration,
        order: WakeOrder,
        asker_wins: f64,
        rng: ChaCha8Rng,
    ) -> Self {
        Self {
            period: period.0.max(1),
            order,
            asker_wins,
            holder: None,
            last_holder: None,
            switched_at: SimTime::ZERO,
            asked: None,
            dropper: None,
            waiters: Vec::new(),
            signalled: 0,
            tickets: 0,
            rng,
        }
    }

    /// The thread that holds the lock.
    pub(crate) fn holder(&self) -> Option<ThreadId> {
        self.holder
    }

    fn join(&mut self, since: SimTime, thread: ThreadId) {
        debug_assert!(self.waiters.iter().all(|w| w.thread != thread));
        self.tickets += 1;
        self.waiters.push(Waiter { thread, since, ticket: self.tickets });
    }

    fn take(&mut self, now: SimTime, thread: ThreadId) -> Take {
        debug_assert!(self.holder.is_none(), "two holders of one interpreter lock");
        self.holder = Some(thread);
        let switched = self.last_holder.is_some_and(|last| last != thread);
        if self.last_holder != Some(thread) {
            self.last_holder = Some(thread);
            self.switched_at = now;
        }
        self.asked = None;
        // `switch_cond`: the dropper sees a switch, never its own return.
        let dropper = if switched { self.dropper.take() } else { None };
        Take { switched, dropper }
    }

    /// Start of the timed wait that `waiter` is in at `now`.
    fn wait_began(&self, waiter: &Waiter, now: SimTime) -> u64 {
        let since = waiter.since.0;
        since + now.0.saturating_sub(since) / self.period * self.period
    }

    fn next_to_wake(&mut self, now: SimTime) -> Option<usize> {
        let indices = 0..self.waiters.len();
        match self.order {
            WakeOrder::Random if indices.len() > 1 => Some(self.rng.random_range(indices)),
            WakeOrder::Random => indices.last(),
            WakeOrder::Requeue => indices.min_by_key(|&i| {
                let waiter = &self.waiters[i];
                (self.wait_began(waiter, now), waiter.ticket)
            }),
            WakeOrder::Fifo => indices.min_by_key(|&i| self.waiters[i].ticket),
            WakeOrder::Lifo => indices.max_by_key(|&i| self.waiters[i].ticket),
        }
    }

    /// When `waiter` will ask for a drop, if no switch happens until then.
    fn asks_at(&self, waiter: &Waiter, now: SimTime) -> u64 {
        let (since, period) = (waiter.since.0, self.period);
        // First wait that begins at or after the switch ...
        let clean = since + self.switched_at.0.saturating_sub(since).div_ceil(period) * period;
        // ... and first time-out that is still to come.
        let passed = now.0.saturating_sub(since) / period;
        (clean + period).max(since + (passed + 1) * period)
    }

    /// The place of the waiter that asked for a drop, if it consumes the signal.
    fn asker_that_wins(&mut self, now: SimTime, asked: (ThreadId, SimTime)) -> Option<usize> {
        let (asker, at) = asked;
        let place = self.waiters.iter().position(|waiter| waiter.thread == asker)?;
        let races = at == now && self.asker_wins > 0.0;
        (races && self.rng.random_bool(self.asker_wins)).then_some(place)
    }
}

impl InterpreterLock for Gil {
    fn request(&mut self, now: SimTime, thread: ThreadId, yielding: bool) -> Answer {
        if self.holder.is_none() && !(yielding && self.signalled > 0) {
            Answer::Held(self.take(now, thread))
        } else {
            self.join(now, thread);
            Answer::Waits
        }
    }

    fn retry(&mut self, now: SimTime, thread: ThreadId) -> Answer {
        debug_assert!(self.signalled > 0);
        self.signalled -= 1;
        self.request(now, thread, false)
    }

    fn release(&mut self, now: SimTime, thread: ThreadId) -> Release {
        debug_assert_eq!(self.holder, Some(thread), "released by another than its holder");
        self.holder = None;
        let asked = self.asked.take();
        if asked.is_some() {
            self.dropper = Some(thread);
        }
        let winner = asked.and_then(|asked| self.asker_that_wins(now, asked));
        let place = winner.or_else(|| self.next_to_wake(now));
        let woken = place.map(|i| self.waiters.swap_remove(i).thread);
        self.signalled += u32::from(woken.is_some());
        Release { woken, awake: winner.is_some(), must_see_switch: asked.is_some() }
    }

    fn rejoin(&mut self, awake: SimTime, thread: ThreadId) {
        self.join(awake, thread);
    }

    fn drop_request_at(&self, now: SimTime) -> Option<SimTime> {
        if self.holder.is_none() || self.asked.is_some() {
            return None;
        }
        self.waiters.iter().map(|waiter| self.asks_at(waiter, now)).min().map(SimTime)
    }

    fn request_drop(&mut self, now: SimTime) {
        debug_assert!(self.holder.is_some());
        // Of this instant's time-outs, the one of who waits longest.
        let due =
            |waiter: &&Waiter| self.asks_at(waiter, SimTime(now.0.saturating_sub(1))) <= now.0;
        let asker = self.waiters.iter().filter(due).min_by_key(|waiter| waiter.ticket);
        debug_assert!(asker.is_some(), "nobody's wait has run out");
        self.asked = asker.map(|waiter| (waiter.thread, now));
    }

    fn leave(&mut self, thread: ThreadId) {
        self.waiters.retain(|waiter| waiter.thread != thread);
    }

    fn unsignal(&mut self, now: SimTime) -> Option<ThreadId> {
        debug_assert!(self.signalled > 0);
        self.signalled -= 1;
        if self.holder.is_some() {
            return None;
        }
        let woken = self.next_to_wake(now).map(|i| self.waiters.swap_remove(i).thread);
        self.signalled += u32::from(woken.is_some());
        woken
    }

    fn forget_dropper(&mut self, thread: ThreadId) {
        if self.dropper == Some(thread) {
            self.dropper = None;
        }
    }

    fn drop_requested(&self) -> bool {
        self.asked.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Purpose, Streams};

    const INTERVAL: SimDuration = SimDuration(5_000);

    fn gil(order: WakeOrder) -> Gil {
        racing(order, 0.0)
    }

    fn racing(order: WakeOrder, asker_wins: f64) -> Gil {
        Gil::new(INTERVAL, order, asker_wins, Streams::new("gil", 1).stream(Purpose::WakeOrder, 0))
    }

    fn holds(answer: Answer) -> bool {
        matches!(answer, Answer::Held(_))
    }

    #[test]
    fn a_waiter_asks_after_one_interval_without_a_switch() {
        let mut gil = gil(WakeOrder::Requeue);
        assert!(holds(gil.request(SimTime(0), 0, false)));
        assert_eq!(gil.request(SimTime(1_000), 1, false), Answer::Waits);
        assert_eq!(gil.drop_request_at(SimTime(1_000)), Some(SimTime(6_000)));
    }

    #[test]
    fn a_switch_in_between_arms_the_wait_again() {
        let mut gil = gil(WakeOrder::Fifo);
        gil.request(SimTime(0), 0, false);
        gil.request(SimTime(1_000), 1, false);
        gil.request(SimTime(2_000), 2, false);
        // 0 leaves for I/O at 3000; 1 takes over: a switch inside 2's wait.
        assert_eq!(gil.release(SimTime(3_000), 0).woken, Some(1));
        assert!(holds(gil.retry(SimTime(3_000), 1)));
        // 2's wait of 2000..7000 saw the switch; 7000..12000 is the first clean one.
        assert_eq!(gil.drop_request_at(SimTime(3_000)), Some(SimTime(12_000)));
    }

    #[test]
    fn a_requested_drop_waits_for_the_switch() {
        let mut gil = gil(WakeOrder::Fifo);
        gil.request(SimTime(0), 0, false);
        gil.request(SimTime(0), 1, false);
        gil.request_drop(SimTime(5_000));
        let release = gil.release(SimTime(5_000), 0);
        assert_eq!(release, Release { woken: Some(1), awake: false, must_see_switch: true });
        let Answer::Held(take) = gil.retry(SimTime(5_050), 1) else { panic!("lock is free") };
        assert_eq!(take, Take { switched: true, dropper: Some(0) });
        gil.rejoin(SimTime(5_100), 0);
        // The previous holder's wait is the first clean one: each hold lasts
        // one interval, however many wait.
        assert_eq!(gil.drop_request_at(SimTime(5_050)), Some(SimTime(10_100)));
    }

    #[test]
    fn a_voluntary_release_may_be_taken_back_before_the_waiter_wakes() {
        let mut gil = gil(WakeOrder::Fifo);
        gil.request(SimTime(0), 0, false);
        gil.request(SimTime(0), 1, false);
        let release = gil.release(SimTime(100), 0);
        assert_eq!(release, Release { woken: Some(1), awake: false, must_see_switch: false });
        let Answer::Held(take) = gil.request(SimTime(120), 0, false) else {
            panic!("lock is free")
        };
        assert!(!take.switched);
        assert_eq!(gil.retry(SimTime(150), 1), Answer::Waits);
        // No switch happened, and the new wait began at 150.
        assert_eq!(gil.drop_request_at(SimTime(150)), Some(SimTime(5_150)));
    }

    #[test]
    fn a_yielding_request_queues_behind_the_signalled_waiter() {
        let mut gil = gil(WakeOrder::Fifo);
        gil.request(SimTime(0), 0, false);
        gil.request(SimTime(0), 1, false);
        gil.release(SimTime(100), 0);
        assert_eq!(gil.request(SimTime(120), 0, true), Answer::Waits);
        assert!(holds(gil.retry(SimTime(150), 1)));
        assert_eq!(gil.release(SimTime(200), 1).woken, Some(0));
    }

    /// 0 holds since 700, a switch that 1 saw in its wait since 650; 2 waits since
    /// 700 and asks at 5700.
    fn asked(asker_wins: f64) -> Gil {
        let mut gil = racing(WakeOrder::Requeue, asker_wins);
        gil.request(SimTime(0), 3, false);
        gil.request(SimTime(500), 2, false);
        gil.release(SimTime(600), 3);
        gil.request(SimTime(700), 0, false);
        assert_eq!(gil.retry(SimTime(700), 2), Answer::Waits);
        gil.request(SimTime(650), 1, false);
        assert_eq!(gil.drop_request_at(SimTime(1_000)), Some(SimTime(5_700)));
        gil.request_drop(SimTime(5_700));
        gil
    }

    #[test]
    fn an_asker_that_wins_the_race_goes_past_the_queue() {
        let release = asked(1.0).release(SimTime(5_700), 0);
        assert_eq!(release, Release { woken: Some(2), awake: true, must_see_switch: true });
    }

    #[test]
    fn an_asker_that_sleeps_again_is_last() {
        // It lost the race, or the holder was in C code when it asked.
        for (asker_wins, dropped_at) in [(0.0, 5_700), (1.0, 5_720)] {
            let release = asked(asker_wins).release(SimTime(dropped_at), 0);
            assert_eq!(release, Release { woken: Some(1), awake: false, must_see_switch: true });
        }
    }

    #[test]
    fn a_waiter_that_dies_passes_its_signal_on() {
        let mut gil = gil(WakeOrder::Fifo);
        for thread in 0..4 {
            gil.request(SimTime(0), thread, false);
        }
        gil.leave(1);
        assert_eq!(gil.release(SimTime(100), 0).woken, Some(2));
        assert_eq!(gil.unsignal(SimTime(110)), Some(3));
        assert!(holds(gil.retry(SimTime(120), 3)));
        assert_eq!(gil.drop_request_at(SimTime(120)), None);
    }

    #[test]
    fn wake_orders_differ_as_they_say() {
        // 1 joins at 0, 2 at 1000; by 5500 the wait of 1 has run out once.
        for (order, expected) in
            [(WakeOrder::Requeue, 2), (WakeOrder::Fifo, 1), (WakeOrder::Lifo, 2)]
        {
            let mut gil = gil(order);
            gil.request(SimTime(0), 0, false);
            gil.request(SimTime(0), 1, false);
            gil.request(SimTime(1_000), 2, false);
            assert_eq!(gil.release(SimTime(5_500), 0).woken, Some(expected), "{order:?}");
        }
    }
}
