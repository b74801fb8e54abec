//! What is recorded of workers' lives: who is down, for how long, and why.

use rand::rngs::ChaCha8Rng;

use crate::engine::plan::PoolPlan;
use crate::experiment::{RestartCause, WorkersOutcome};
use crate::kernel::SimTime;
use crate::stats::TimeWeighted;

/// The record, and the random streams of lives and faults.
#[derive(Debug)]
pub(super) struct LifeWatch {
    pub(super) lives: ChaCha8Rng,
    pub(super) faults: ChaCha8Rng,
    pools: Vec<Places>,
    slots: u64,
    workers: u32,
    /// Counted from here on; before, workers start for the first time.
    since: Option<SimTime>,
    at: SimTime,
    down: u32,
    slots_down: u64,
    /// Time with so many workers down, in ns.
    time_by_down: Vec<u64>,
    slot_time: u128,
    worst_slots_down: u64,
    /// Fewest workers up since somebody last asked.
    fewest_up: u32,
    outages: u64,
    began: SimTime,
    longest: u64,
    restarting: TimeWeighted,
    restarts: [u64; 7],
    /// Requests lost with a worker.
    pub(super) lost: u64,
    /// Requests that came while a worker was down and had to wait.
    pub(super) delayed: u64,
}

/// Workers of one pool.
#[derive(Clone, Copy, Debug)]
struct Places {
    workers: u32,
    up: u32,
    slots_per_worker: u32,
}

impl LifeWatch {
    pub(super) fn new(pools: &[PoolPlan], lives: ChaCha8Rng, faults: ChaCha8Rng) -> Self {
        let workers = pools.iter().map(|pool| pool.workers).sum();
        let places = |pool: &PoolPlan| Places {
            workers: pool.workers,
            up: 0,
            slots_per_worker: pool.slots_per_worker,
        };
        let slots = |pool: &PoolPlan| u64::from(pool.workers) * u64::from(pool.slots_per_worker);
        let slots = pools.iter().map(slots).sum();
        Self {
            lives,
            faults,
            pools: pools.iter().map(places).collect(),
            slots,
            workers,
            since: None,
            at: SimTime::ZERO,
            down: workers,
            slots_down: slots,
            time_by_down: vec![0; workers as usize + 1],
            slot_time: 0,
            worst_slots_down: 0,
            fewest_up: 0,
            outages: 0,
            began: SimTime::ZERO,
            longest: 0,
            restarting: TimeWeighted::default(),
            restarts: [0; 7],
            lost: 0,
            delayed: 0,
        }
    }

    /// All workers are up for the first time.
    pub(super) fn watch_from(&mut self, now: SimTime) {
        self.since = Some(now);
        self.at = now;
        self.time_by_down.fill(0);
        (self.slot_time, self.outages, self.worst_slots_down) = (0, 0, self.slots_down);
        self.restarting = TimeWeighted::default();
    }

    /// Is any worker down that was up before?
    #[inline]
    pub(super) fn any_down(&self) -> bool {
        self.down > 0 && self.since.is_some()
    }

    /// Workers that take requests.
    pub(super) fn workers_up(&self) -> u32 {
        self.pools.iter().map(|pool| pool.up).sum()
    }

    /// The fewest that did since this was last asked.
    pub(super) fn fewest_up(&mut self) -> u32 {
        let up = self.workers_up();
        std::mem::replace(&mut self.fewest_up, up)
    }

    pub(super) fn up(&mut self, now: SimTime, pool: usize) {
        self.change(now, pool, |up| up + 1);
        if self.restarting.value() > 0 {
            self.restarting.down(now);
        }
    }

    pub(super) fn down(&mut self, now: SimTime, pool: usize) {
        self.change(now, pool, |up| up - 1);
    }

    fn change(&mut self, now: SimTime, pool: usize, to: impl Fn(u32) -> u32) {
        self.settle(now);
        let before = self.down;
        self.pools[pool].up = to(self.pools[pool].up);
        // A successor that is up before its predecessor goes adds nothing.
        let missing = |pool: &Places| pool.workers.saturating_sub(pool.up);
        self.down = self.pools.iter().map(missing).sum();
        self.fewest_up = self.fewest_up.min(self.workers_up());
        let slots = |pool: &Places| u64::from(missing(pool)) * u64::from(pool.slots_per_worker);
        self.slots_down = self.pools.iter().map(slots).sum();
        self.worst_slots_down = self.worst_slots_down.max(self.slots_down);
        self.outages += u64::from(self.down > before);
        if before == 0 && self.down > 0 {
            self.began = now;
        }
        if before > 0 && self.down == 0 && self.since.is_some() {
            self.longest = self.longest.max(now.since(self.began).0);
        }
    }

    fn settle(&mut self, now: SimTime) {
        let elapsed = now.since(self.at).0;
        self.time_by_down[self.down as usize] += elapsed;
        self.slot_time += u128::from(elapsed) * u128::from(self.slots_down);
        self.at = now;
    }

    pub(super) fn restarting_up(&mut self, now: SimTime) {
        self.restarting.up(now);
    }

    pub(super) fn restarted(&mut self, cause: RestartCause) {
        self.restarts[cause as usize] += 1;
    }

    /// Replacements so far.
    pub(super) fn total_restarts(&self) -> u64 {
        self.restarts.iter().sum()
    }

    /// Replacements for `cause`.
    pub(super) fn restarts_for(&self, cause: RestartCause) -> u64 {
        self.restarts[cause as usize]
    }

    /// The record up to `now`.
    pub(super) fn outcome(mut self, now: SimTime) -> WorkersOutcome {
        self.settle(now);
        let Some(since) = self.since else {
            return WorkersOutcome { restarts: self.restarts, ..WorkersOutcome::default() };
        };
        if self.down > 0 {
            self.longest = self.longest.max(now.since(self.began.max(since)).0);
        }
        let observed = now.since(since).0;
        let share =
            |time: f64, of: f64| if observed > 0 { time / observed as f64 / of } else { 0.0 };
        let workers = f64::from(self.workers.max(1));
        let down_time: f64 =
            (0..).zip(&self.time_by_down).map(|(k, time)| f64::from(k) * *time as f64).sum();
        WorkersOutcome {
            restarts: self.restarts,
            observed: observed as f64 * 1e-9,
            down_shares: self.time_by_down.iter().map(|time| share(*time as f64, 1.0)).collect(),
            capacity_lost: share(self.slot_time as f64, self.slots.max(1) as f64),
            restarting_share: share(self.restarting.integral_at(now) as f64, workers),
            worst_capacity_lost: self.worst_slots_down as f64 / self.slots.max(1) as f64,
            mean_outage: match self.outages {
                0 => 0.0,
                n => down_time * 1e-9 / n as f64,
            },
            longest_outage: self.longest as f64 * 1e-9,
            requests_lost: self.lost,
            requests_delayed: self.delayed,
        }
    }
}
