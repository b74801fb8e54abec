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
