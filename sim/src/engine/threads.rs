//! Threads between lock, cores and sleep: the transitions that all roles share.

use crate::cpu::{CpuScheduler, Demand, ThreadId};
use crate::engine::plan::NATIVE;
use crate::engine::requests::{NO_REQUEST, RequestId};
use crate::engine::{Engine, rank};
use crate::interpreter::{Answer, InterpreterLock, Take};
use crate::kernel::{SimDuration, SimTime};

/// No lock: free-threaded, or nothing to contend with.
pub(super) const NO_LOCK: u32 = u32::MAX;

/// What a thread is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Serves one request at a time.
    Server,
    /// Runs an event loop.
    Loop,
    /// Runs native segments for an event loop.
    Offload,
    /// Hands requests out or takes results back.
    Clerk,
    /// Looks at a pool's workers whenever a result comes.
    WorkerHandler,
    /// Starts the workers of a pool.
    Starter,
    /// Belongs to another process.
    Background,
}

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Activity {
    /// Nothing to do.
    Idle,
    /// Awake and about to do its next thing: it will find what is given to it.
    Deciding,
    /// Got something to do; awake after the wake-up latency.
    Waking,
    /// In the lock's queue.
    Queued,
    /// Signalled by a release; tries for the lock once awake.
    Signalled,
    /// Runnable. `locked`: in code that keeps the lock, if there is one;
    /// `preemptible`: in bytecode, which honours a drop request.
    OnCpu { locked: bool, preemptible: bool },
    /// Off the lock and off the cores: a wait segment.
    Waiting,
    /// Gave the lock up on request; goes on when another thread has it.
    SeeingSwitch(Then),
    /// Its process is starting.
    Starting,
    /// Does nothing ever again, until its process is killed.
    Stuck,
}

/// What follows once the switch has been seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Then {
    /// Queue for the lock again.
    Rejoin,
    /// Run native code.
    Native { work: f64, width: u32 },
    /// Wait outside.
    Wait { time: u64 },
    /// Nothing to do.
    Idle,
    /// Nothing ever again.
    Stuck,
}

/// An OS thread.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) role: Role,
    pub(super) worker: u32,
    pub(super) lock: u32,
    pub(super) python_group: usize,
    pub(super) activity: Activity,
    pub(super) request: RequestId,
    /// CPU work that was interrupted by a drop request, in ns.
    interrupted: Option<f64>,
    /// When it last ran out of things to do.
    idle_since: SimTime,
    /// How long it slept before it was woken, if it has done nothing since.
    pub(super) slept: Option<SimDuration>,
    /// When it last took up a request.
    pub(super) took_up: SimTime,
    /// Hand-off and task-switch cost to be paid with the next work, in ns.
    pub(super) debt: f64,
    /// The free step that just ended yields the lock to whoever was woken.
    yielding: bool,
}

impl Thread {
    pub(super) fn new(role: Role, worker: u32, lock: u32, python_group: usize) -> Self {
        Self {
            role,
            worker,
            lock,
            python_group,
            activity: Activity::Idle,
            request: NO_REQUEST,
            interrupted: None,
            idle_since: SimTime::ZERO,
            slept: None,
            took_up: SimTime::ZERO,
            debt: 0.0,
            yielding: false,
        }
    }
}

impl<C: CpuScheduler> Engine<'_, C> {
    #[inline]
    pub(super) fn thread(&mut self, thread: ThreadId) -> &mut Thread {
        &mut self.threads[thread as usize]
    }

    /// Does the thread hold its lock, or need none?
    #[inline]
    pub(super) fn may_run_bytecode(&self, thread: ThreadId) -> bool {
        let lock = self.threads[thread as usize].lock;
        lock == NO_LOCK || self.locks[lock as usize].gil.holder() == Some(thread)
    }

    /// Makes the thread wake up after the wake-up latency and then `proceed`.
    #[inline]
    pub(super) fn wake(&mut self, thread: ThreadId) {
        let now = self.now;
        let entry = self.thread(thread);
        entry.activity = Activity::Waking;
        entry.slept = Some(now.since(entry.idle_since));
        let latency = self.lateness.wake();
        self.set_timer(thread, latency);
    }

    /// Makes the thread `proceed` after `count` wake-ups, its own and others',
    /// each of which follows the one before.
    pub(super) fn wake_in_turns(&mut self, thread: ThreadId, count: u32) {
        let latency = self.lateness.wakes(count);
        self.thread(thread).activity = Activity::Waking;
        self.set_timer(thread, latency);
    }

    #[inline]
    pub(super) fn set_timer(&mut self, thread: ThreadId, after: SimDuration) {
        let slot = self.slots.thread(thread);
        self.calendar.schedule(slot, self.now + after, rank::THREAD);
    }

    /// Puts `work` ns of bytecode (or C code that keeps the lock) on the cores.
    #[inline]
    pub(super) fn run_locked(&mut self, thread: ThreadId, work: f64, preemptible: bool) {
        let entry = &mut self.threads[thread as usize];
        let group = entry.python_group;
        let work = work + std::mem::take(&mut entry.debt);
        entry.activity = Activity::OnCpu { locked: true, preemptible };
        self.put_on_cpu(thread, Demand { work, group, width: 1 });
    }

    /// How many times as long work takes now: pages that are swapped out are
    /// faulted back as it touches them.
    #[inline]
    fn slow_down(&self) -> f64 {
        if self.swaps { self.ledger.swap_factor(self.now) } else { 1.0 }
    }

    #[inline]
    pub(super) fn put_on_cpu(&mut self, thread: ThreadId, mut demand: Demand) {
        demand.work *= self.slow_down();
        self.cpu.wake(self.now, thread, demand);
    }

    /// Asks for the thread's lock; true if it may run bytecode now.
    #[inline]
    pub(super) fn acquire(&mut self, thread: ThreadId, yielding: bool) -> bool {
        self.may_run_bytecode(thread) || self.ask_for_lock(thread, yielding)
    }

    #[inline(never)]
    fn ask_for_lock(&mut self, thread: ThreadId, yielding: bool) -> bool {
        let lock = self.threads[thread as usize].lock;
        let answer = self.locks[lock as usize].gil.request(self.now, thread, yielding);
        // Who finds it free switches nothing.
        self.answered(thread, lock, answer, 0.0)
    }

    /// What a hand-off of `lock` takes, if it is one, is owed by `thread`.
    fn answered(&mut self, thread: ThreadId, lock: u32, answer: Answer, hand_off: f64) -> bool {
        match answer {
            Answer::Held(take) => {
                if take.switched {
                    self.thread(thread).debt += hand_off;
                }
                self.took(lock, take);
                true
            }
            Answer::Waits => {
                self.thread(thread).activity = Activity::Queued;
                self.arm_drop_request(lock);
                false
            }
        }
    }

    fn took(&mut self, lock: u32, take: Take) {
        self.locks[lock as usize].held_since = self.now;
        self.hand_offs += u64::from(take.switched);
        if let Some(dropper) = take.dropper {
            self.saw_switch(dropper, lock);
        }
        self.arm_drop_request(lock);
    }

    /// The lock went to another thread, so `dropper` may go on.
    fn saw_switch(&mut self, dropper: ThreadId, lock: u32) {
        let Activity::SeeingSwitch(then) = self.threads[dropper as usize].activity else {
            unreachable!("a dropper waits for the switch");
        };
        match then {
            Then::Rejoin => {
                let awake = self.now + self.lateness.wake();
                self.locks[lock as usize].gil.rejoin(awake, dropper);
                self.thread(dropper).activity = Activity::Queued;
            }
            Then::Native { work, width } => self.run_native(dropper, work, width),
            Then::Wait { time } => self.start_wait(dropper, time),
            Then::Idle => self.proceed(dropper),
            Then::Stuck => self.thread(dropper).activity = Activity::Stuck,
        }
    }

    /// Lets go of the lock, if the thread holds one, and then does `then`;
    /// after a drop request only when another thread has taken it.
    pub(super) fn release(&mut self, thread: ThreadId, then: Then) {
        let lock = self.threads[thread as usize].lock;
        if lock != NO_LOCK && self.may_run_bytecode(thread) {
            let entry = &mut self.locks[lock as usize];
            entry.held += self.now.since(entry.held_since).0;
            let release = entry.gil.release(self.now, thread);
            self.calendar.cancel(self.slots.lock(lock));
            self.signal(release.woken, release.awake);
            if release.must_see_switch {
                self.thread(thread).activity = Activity::SeeingSwitch(then);
                return;
            }
        }
        match then {
            Then::Rejoin => unreachable!("only a requested drop queues again"),
            Then::Native { work, width } => self.run_native(thread, work, width),
            Then::Wait { time } => self.start_wait(thread, time),
            Then::Idle => {
                let now = self.now;
                let entry = self.thread(thread);
                (entry.activity, entry.idle_since) = (Activity::Idle, now);
            }
            Then::Stuck => self.thread(thread).activity = Activity::Stuck,
        }
    }

    /// `woken` tries for the lock, at once if it is `awake`.
    fn signal(&mut self, woken: Option<ThreadId>, awake: bool) {
        if let Some(woken) = woken {
            let latency = if awake { SimDuration::ZERO } else { self.lateness.wake() };
            self.thread(woken).activity = Activity::Signalled;
            self.set_timer(woken, latency);
        }
    }

    /// Takes `thread` off the cores, out of its lock and out of the calendar:
    /// its process was killed.
    pub(super) fn evict(&mut self, thread: ThreadId) {
        let activity = self.threads[thread as usize].activity;
        let lock = self.threads[thread as usize].lock;
        match activity {
            Activity::OnCpu { .. } | Activity::Starting => {
                self.cpu.block(self.now, thread);
            }
            Activity::Waiting | Activity::Waking => {
                self.calendar.cancel(self.slots.thread(thread));
            }
            Activity::Signalled => {
                self.calendar.cancel(self.slots.thread(thread));
                let woken = self.locks[lock as usize].gil.unsignal(self.now);
                self.signal(woken, false);
            }
            Activity::Queued => {
                self.locks[lock as usize].gil.leave(thread);
                self.arm_drop_request(lock);
            }
            Activity::SeeingSwitch(_) => self.locks[lock as usize].gil.forget_dropper(thread),
            Activity::Idle | Activity::Deciding | Activity::Stuck => {}
        }
        // Not as a requested drop: a dead thread waits for no switch.
        if lock != NO_LOCK && self.may_run_bytecode(thread) {
            self.release(thread, Then::Idle);
            self.locks[lock as usize].gil.forget_dropper(thread);
        }
        let entry = self.thread(thread);
        entry.activity = Activity::Idle;
        entry.request = NO_REQUEST;
        entry.interrupted = None;
        entry.slept = None;
        entry.debt = 0.0;
        entry.yielding = false;
    }

    pub(super) fn run_native(&mut self, thread: ThreadId, work: f64, width: u32) {
        self.thread(thread).activity = Activity::OnCpu { locked: false, preemptible: false };
        self.put_on_cpu(thread, Demand { work, group: NATIVE, width });
    }

    fn start_wait(&mut self, thread: ThreadId, time: u64) {
        self.thread(thread).activity = Activity::Waiting;
        let late = self.lateness.timer();
        self.set_timer(thread, SimDuration(time) + late);
    }

    /// Leaves the lock for native code or a wait.
    #[inline]
    pub(super) fn step_aside(&mut self, thread: ThreadId, then: Then, yielding: bool) {
        self.thread(thread).yielding = yielding;
        self.release(thread, then);
    }

    fn arm_drop_request(&mut self, lock: u32) {
        let slot = self.slots.lock(lock);
        match self.locks[lock as usize].gil.drop_request_at(self.now) {
            Some(at) => self.calendar.schedule(slot, at, rank::LOCK),
            None => self.calendar.cancel(slot),
        }
    }

    /// A waiter's timed wait ran out: it asks the holder to drop the lock.
    pub(super) fn on_drop_request(&mut self, lock: u32) {
        self.locks[lock as usize].gil.request_drop(self.now);
        if !self.drops_lock(lock) {
            self.asked_off_core.push(lock);
        }
    }

    /// Lets holders honour a drop request that came while they had no core.
    pub(super) fn honour_late(&mut self) {
        let mut asked = std::mem::take(&mut self.asked_off_core);
        asked.retain(|&lock| !self.drops_lock(lock));
        // Nothing is asked meanwhile; the vector only keeps its memory.
        self.asked_off_core = asked;
    }

    /// The holder of `lock` drops it, if it was asked to and is on a core in
    /// bytecode. False if it cannot yet because it has no core.
    fn drops_lock(&mut self, lock: u32) -> bool {
        let gil = &self.locks[lock as usize].gil;
        let Some(holder) = gil.holder().filter(|_| gil.drop_requested()) else {
            return true;
        };
        let activity = self.threads[holder as usize].activity;
        if !matches!(activity, Activity::OnCpu { preemptible: true, .. }) {
            // C code: the request is honoured at the next boundary.
            return true;
        }
        if !self.cpu.is_running(holder) {
            return false;
        }
        let left = self.cpu.block(self.now, holder);
        // It goes back on with whatever slow-down there is then.
        self.thread(holder).interrupted = Some(left / self.slow_down());
        self.release(holder, Then::Rejoin);
        true
    }

    /// At a boundary between two steps: drops the lock if that was requested.
    /// True if it did; the thread will `proceed` when it has the lock again.
    #[inline]
    pub(super) fn honours_drop_request(&mut self, thread: ThreadId) -> bool {
        let lock = self.threads[thread as usize].lock;
        if lock == NO_LOCK || !self.locks[lock as usize].gil.drop_requested() {
            return false;
        }
        self.release(thread, Then::Rejoin);
        true
    }

    /// The thread's timer ran out.
    pub(super) fn on_thread_timer(&mut self, thread: ThreadId) {
        match self.threads[thread as usize].activity {
            Activity::Waking => self.proceed(thread),
            Activity::Waiting => self.end_of_free_step(thread),
            Activity::Signalled => {
                let lock = self.threads[thread as usize].lock;
                let answer = self.locks[lock as usize].gil.retry(self.now, thread);
                if self.answered(thread, lock, answer, self.plan.hand_off) {
                    self.resume(thread);
                }
            }
            other => unreachable!("timer of a thread that is {other:?}"),
        }
    }

    /// The thread's work on the cores is done.
    #[inline]
    pub(super) fn on_cpu_done(&mut self, thread: ThreadId) {
        if self.threads[thread as usize].activity == Activity::Starting {
            self.on_worker_started(thread);
        } else if self.may_run_bytecode(thread) {
            self.proceed(thread);
        } else {
            self.end_of_free_step(thread);
        }
    }

    /// Native code or a wait is over: take the lock again.
    #[inline]
    fn end_of_free_step(&mut self, thread: ThreadId) {
        let yielding = std::mem::take(&mut self.thread(thread).yielding);
        if self.acquire(thread, yielding) {
            self.proceed(thread);
        }
    }

    /// The thread has the lock again.
    fn resume(&mut self, thread: ThreadId) {
        // A worker handler goes in circles: there is nothing to be finished.
        let circles = self.threads[thread as usize].role == Role::WorkerHandler;
        match self.thread(thread).interrupted.take() {
            Some(left) if !circles => self.run_locked(thread, left, true),
            _ => self.proceed(thread),
        }
    }

    /// Does the thread's next thing, by its role.
    #[inline]
    pub(super) fn proceed(&mut self, thread: ThreadId) {
        self.thread(thread).activity = Activity::Deciding;
        match self.threads[thread as usize].role {
            Role::Server => self.serve(thread),
            Role::Loop => self.turn_loop(thread),
            Role::Offload => self.turn_offload(thread),
            Role::Clerk => self.clerk_goes_on(thread),
            Role::WorkerHandler => self.turn_worker_handler(thread),
            Role::Starter => self.start_next(thread),
            Role::Background => self.turn_background(thread),
        }
    }
}
