//! The run queue of one core, by EEVDF (earliest eligible virtual deadline first:
//! I. Stoica, H. Abdel-Wahab, 1995) as Linux has it since 6.6, with equal weights.
//!
//! * **Virtual time** of the queue is the mean of its members' virtual run times.
//!   Who has run no more than that is *eligible*; of those the one with the
//!   earliest deadline is picked: a slice after it was placed.
//! * **Lag** is how far a member is behind virtual time. It is kept in sleep, up to
//!   two slices or a tick, and given back on waking: who had to wait is ahead of
//!   others the next time (`PLACE_LAG`). Who wakes on an idle core has none.
//! * **Preemption.** Whoever runs keeps the core to its deadline as long as it is
//!   eligible (`RUN_TO_PARITY`), and beyond it until somebody looks: at a waking of
//!   a thread that is behind, or at the next tick of the clock.
//! * **Delayed sleep.** Who falls asleep ahead of virtual time stays in the queue
//!   until it is picked (`DELAY_DEQUEUE`): it cannot escape what it owes.

use crate::kernel::SimTime;

/// What EEVDF keeps of one that can be scheduled. Virtual times in ns, in the frame
/// of its queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entity {
    ran: i64,
    deadline: i64,
    /// While it is in no queue: what it is owed.
    lag: i64,
    /// Asleep, and still here.
    pub(super) delayed: bool,
}

/// Those that want one core.
#[derive(Clone, Debug)]
pub(super) struct RunQueue {
    slice: i64,
    most_lag: i64,
    current: Option<u32>,
    /// No looking at deadlines before it has run to here.
    protected_to: i64,
    charged_at: SimTime,
    /// In the order in which they came.
    queued: Vec<u32>,
    /// How many of them sleep.
    delayed: usize,
    /// Of the virtual run times of all, the current one's included.
    sum: i64,
    /// Virtual time when the last one left.
    zero: i64,
}

impl RunQueue {
    /// Times in ns.
    pub(super) fn new(slice: u64, tick: u64) -> Self {
        Self {
            slice: slice as i64,
            most_lag: (2 * slice).max(tick) as i64,
            current: None,
            protected_to: 0,
            charged_at: SimTime::ZERO,
            queued: Vec::new(),
            delayed: 0,
            sum: 0,
            zero: 0,
        }
    }

    /// Who runs.
    #[inline]
    pub(super) fn current(&self) -> Option<u32> {
        self.current
    }

    /// How many wait for the core.
    #[inline]
    pub(super) fn waiting(&self) -> usize {
        self.queued.len() - self.delayed
    }

    /// Is anybody here who does not run?
    #[inline]
    pub(super) fn has_others(&self) -> bool {
        !self.queued.is_empty()
    }

    fn members(&self) -> i64 {
        (self.queued.len() + usize::from(self.current.is_some())) as i64
    }

    fn virtual_time(&self) -> i64 {
        match self.members() {
            0 => self.zero,
            members => self.sum.div_euclid(members),
        }
    }

    fn is_eligible(&self, entity: &Entity) -> bool {
        entity.ran * self.members() <= self.sum
    }

    fn lag(&self, entity: &Entity) -> i64 {
        (self.virtual_time() - entity.ran).clamp(-self.most_lag, self.most_lag)
    }

    /// Counts the time that the current one has run; true if somebody else may have
    /// the core now.
    pub(super) fn charge(&mut self, now: SimTime, all: &mut [Entity]) -> bool {
        let Some(current) = self.current else { return false };
        let entity = &mut all[current as usize];
        let ran = now.since(self.charged_at).0 as i64;
        self.charged_at = now;
        entity.ran += ran;
        self.sum += ran;
        let over = entity.ran >= entity.deadline;
        if over {
            entity.deadline = entity.ran + self.slice;
        }
        self.has_others() && (over || entity.ran >= self.protected_to)
    }

    fn place(&self, entity: &mut Entity, lag: i64) {
        let members = self.members();
        // It will be one of those whose mean it is measured by.
        let lag = if members == 0 { 0 } else { lag * (members + 1) / members };
        entity.ran = self.virtual_time() - lag;
        entity.deadline = entity.ran + self.slice;
        entity.delayed = false;
    }

    /// `id` waits for the core, or is about to be picked.
    pub(super) fn enter(&mut self, id: u32, all: &mut [Entity]) {
        let entity = &mut all[id as usize];
        self.place(entity, entity.lag);
        self.sum += entity.ran;
        self.queued.push(id);
    }

    /// `id`, which slept in the queue, wakes: with what it owes still, but it is
    /// owed nothing.
    pub(super) fn wake_delayed(&mut self, id: u32, all: &mut [Entity]) {
        self.delayed -= 1;
        all[id as usize].delayed = false;
        if self.virtual_time() > all[id as usize].ran {
            self.remove(id, all);
            all[id as usize].lag = 0;
            self.enter(id, all);
        }
    }

    /// `id`, which does not run, leaves the queue.
    pub(super) fn remove(&mut self, id: u32, all: &mut [Entity]) {
        let entity = &mut all[id as usize];
        entity.lag = self.lag(entity);
        self.zero = self.virtual_time();
        self.queued.retain(|&queued| queued != id);
        self.sum -= entity.ran;
    }

    /// The current one, charged by now, leaves the core and the queue; true if it
    /// sleeps there still.
    pub(super) fn sleep(&mut self, all: &mut [Entity]) -> bool {
        let Some(current) = self.current else { return false };
        let entity = &mut all[current as usize];
        entity.lag = self.lag(entity);
        self.zero = self.virtual_time();
        self.current = None;
        if self.has_others() && entity.lag < 0 {
            entity.delayed = true;
            self.delayed += 1;
            self.queued.push(current);
            return true;
        }
        self.sum -= entity.ran;
        false
    }

    /// The current one, charged by now, waits again.
    pub(super) fn put_back(&mut self) {
        self.queued.extend(self.current.take());
    }

    /// Who should run now: the current one or one that waits. Those picked asleep
    /// go; `gone` is told.
    pub(super) fn pick(&mut self, all: &mut [Entity], mut gone: impl FnMut(u32)) -> Option<u32> {
        loop {
            let picked = self.best(all)?;
            let entity = &mut all[picked as usize];
            if !entity.delayed {
                return Some(picked);
            }
            self.delayed -= 1;
            self.remove(picked, all);
            let entity = &mut all[picked as usize];
            entity.lag = entity.lag.min(0);
            entity.delayed = false;
            gone(picked);
        }
    }

    /// Who should run now, asleep or not; nothing changes.
    pub(super) fn best(&self, all: &[Entity]) -> Option<u32> {
        if !self.has_others() {
            return self.current;
        }
        let of = |id: u32| &all[id as usize];
        let eligible = |id: &u32| self.is_eligible(of(*id));
        let current = self.current.filter(eligible);
        if let Some(id) = current.filter(|id| of(*id).ran < self.protected_to) {
            return Some(id);
        }
        let waiting = self.queued.iter().copied().filter(eligible);
        // At one deadline, whoever runs goes on, and who came first is next.
        current.into_iter().chain(waiting).min_by_key(|id| of(*id).deadline)
    }

    /// `id`, which waits, takes the core.
    pub(super) fn run(&mut self, now: SimTime, id: u32, all: &[Entity]) {
        debug_assert_eq!(self.current, None, "the core is taken");
        self.queued.retain(|&queued| queued != id);
        self.current = Some(id);
        self.charged_at = now;
        self.protected_to = all[id as usize].deadline;
    }

    /// One that waits and may go to another core: the one that came first.
    pub(super) fn first_waiting(&self, all: &[Entity]) -> Option<u32> {
        self.queued.iter().copied().find(|id| !all[*id as usize].delayed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SLICE: u64 = 10;

    /// A queue with `count` entities, of which the first runs.
    fn queue(count: u32) -> (RunQueue, Vec<Entity>) {
        let mut queue = RunQueue::new(SLICE, SLICE);
        let mut all = vec![Entity::default(); count as usize];
        queue.enter(0, &mut all);
        queue.run(SimTime::ZERO, 0, &all);
        (queue, all)
    }

    /// Gives the core to `next` at `now`.
    fn switch(queue: &mut RunQueue, all: &mut [Entity], now: u64, next: u32) {
        queue.charge(SimTime(now), all);
        queue.put_back();
        queue.run(SimTime(now), next, all);
    }

    fn picked(queue: &mut RunQueue, all: &mut [Entity]) -> Option<u32> {
        queue.pick(all, |_| {})
    }

    #[test]
    fn who_comes_without_lag_waits_while_the_slice_lasts() {
        let (mut queue, mut all) = queue(2);
        queue.charge(SimTime(4), &mut all);
        queue.enter(1, &mut all);
        assert_eq!(picked(&mut queue, &mut all), Some(0), "equally far: its deadline is earlier");
        assert!(!queue.charge(SimTime(9), &mut all), "its slice is not over");
        assert!(queue.charge(SimTime(10), &mut all));
        assert_eq!(picked(&mut queue, &mut all), Some(1), "who ran is ahead");
    }

    #[test]
    fn who_had_to_wait_is_ahead_the_next_time() {
        let (mut queue, mut all) = queue(2);
        queue.enter(1, &mut all);
        switch(&mut queue, &mut all, 8, 1);
        queue.charge(SimTime(9), &mut all);
        // 8 and 1: both should have 4.5; it is owed 3.
        assert!(!queue.sleep(&mut all));
        queue.run(SimTime(9), 0, &all);
        queue.charge(SimTime(10), &mut all);
        queue.enter(1, &mut all);
        assert_eq!(all[1].ran, queue.virtual_time() - 3);
        assert_eq!(picked(&mut queue, &mut all), Some(1), "in the middle of a slice");
    }

    /// 1 ran for 6 after it came, 0 had run for 10 before: it sleeps ahead of time.
    fn one_sleeps_ahead() -> (RunQueue, Vec<Entity>) {
        let (mut queue, mut all) = queue(2);
        queue.charge(SimTime(10), &mut all);
        queue.enter(1, &mut all);
        switch(&mut queue, &mut all, 10, 1);
        queue.charge(SimTime(16), &mut all);
        assert!(queue.sleep(&mut all), "it owes");
        queue.run(SimTime(16), 0, &all);
        assert_eq!((queue.waiting(), queue.has_others()), (0, true));
        (queue, all)
    }

    #[test]
    fn who_sleeps_ahead_of_its_time_owes_when_it_wakes() {
        let (mut queue, mut all) = one_sleeps_ahead();
        queue.charge(SimTime(18), &mut all);
        queue.wake_delayed(1, &mut all);
        assert_eq!((all[1].ran, queue.waiting()), (16, 1));
        queue.charge(SimTime(21), &mut all);
        assert_eq!(picked(&mut queue, &mut all), Some(0), "15 of 16");
        queue.charge(SimTime(23), &mut all);
        assert_eq!(picked(&mut queue, &mut all), Some(1), "17 of 16");
    }

    #[test]
    fn who_sleeps_long_owes_nothing_and_is_owed_nothing() {
        let (mut queue, mut all) = one_sleeps_ahead();
        queue.charge(SimTime(30), &mut all);
        queue.wake_delayed(1, &mut all);
        assert_eq!(all[1].ran, all[0].ran);

        let (mut queue, mut all) = one_sleeps_ahead();
        queue.charge(SimTime(30), &mut all);
        let mut gone = Vec::new();
        assert_eq!(queue.pick(&mut all, |id| gone.push(id)), Some(0));
        assert_eq!((gone, all[1].lag, queue.has_others()), (vec![1], 0, false));
    }

    #[test]
    fn lag_has_its_limits_and_does_not_outlast_an_idle_core() {
        let (mut queue, mut all) = queue(2);
        queue.enter(1, &mut all);
        queue.charge(SimTime(1000), &mut all);
        queue.remove(1, &mut all);
        assert_eq!(all[1].lag, 2 * SLICE as i64);
        queue.sleep(&mut all);
        queue.enter(1, &mut all);
        assert_eq!(all[1].ran, queue.virtual_time());
    }

    proptest! {
        /// Whoever wants a core all the time gets its share, give or take a slice and
        /// a tick, however many others come and go.
        #[test]
        fn everybody_gets_a_share(
            turns in proptest::collection::vec((0_u64..40, 0_u8..4), 1..400),
            members in 2_u32..6,
        ) {
            let (mut queue, mut all) = queue(members + 1);
            for id in 1..members {
                queue.enter(id, &mut all);
            }
            let guest = members;
            let (mut now, mut ran, mut state) = (0, vec![0_u64; members as usize + 1], 0);
            for (length, what) in turns {
                now += length;
                let current = queue.current().unwrap();
                ran[current as usize] += length;
                let over = queue.charge(SimTime(now), &mut all);
                match (what, state) {
                    (0, 0) => { queue.enter(guest, &mut all); state = 1 }
                    (0, 2) => { queue.wake_delayed(guest, &mut all); state = 1 }
                    (1, 1) if current == guest => {
                        state = if queue.sleep(&mut all) { 2 } else { 0 };
                    }
                    _ => {}
                }
                if queue.current().is_none() || over {
                    let picked = queue.pick(&mut all, |id| {
                        assert_eq!(id, guest);
                        state = 0;
                    });
                    let next = picked.unwrap();
                    if queue.current() != Some(next) {
                        queue.put_back();
                        queue.run(SimTime(now), next, &all);
                    }
                }
                let host = &ran[..members as usize];
                let (least, most) = (host.iter().min().unwrap(), host.iter().max().unwrap());
                // A turn may end 40 late, on either side.
                prop_assert!(most - least <= 2 * (SLICE + 40), "{ran:?}");
            }
        }
    }
}
