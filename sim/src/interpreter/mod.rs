//! Interpreter locks: who may run bytecode.
//!
//! One lock guards one interpreter: the only one of a process, or each of its
//! sub-interpreters. A free-threaded interpreter has none; its threads go
//! straight to the cores, in a rate group of their process. An event loop is
//! the only thread of its interpreter.

mod gil;

pub(crate) use gil::Gil;

use crate::cpu::ThreadId;
use crate::kernel::SimTime;

/// The answer to a thread that wants the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It holds the lock.
    Held(Take),
    /// It waits; it will be woken by a release.
    Waits,
}

/// What taking the lock entailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Take {
    /// Another thread held it last, so this one pays for a hand-off.
    pub(crate) switched: bool,
    /// The thread that gave the lock up on request and waited to see it taken.
    pub(crate) dropper: Option<ThreadId>,
}

/// What a release entails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// The waiter that was signalled; it tries for the lock once it is awake.
    pub(crate) woken: Option<ThreadId>,
    /// It is awake already: it asked for the lock a moment ago.
    pub(crate) awake: bool,
    /// A drop was requested, so the releaser may go on only when another
    /// thread has taken the lock.
    pub(crate) must_see_switch: bool,
}

/// A lock that bytecode runs under.
pub(crate) trait InterpreterLock {
    /// `thread` wants the lock. If `yielding`, it does not take a free lock
    /// past a waiter that has been signalled but is not awake yet.
    fn request(&mut self, now: SimTime, thread: ThreadId, yielding: bool) -> Answer;

    /// A signalled `thread` is awake and tries again.
    fn retry(&mut self, now: SimTime, thread: ThreadId) -> Answer;

    /// The holder lets go.
    fn release(&mut self, now: SimTime, thread: ThreadId) -> Release;

    /// `thread` dropped the lock on request, saw it taken at `now` and queues
    /// again once it is awake at `awake`.
    fn rejoin(&mut self, awake: SimTime, thread: ThreadId);

    /// When a waiter will ask the holder to drop the lock, if nothing happens.
    fn drop_request_at(&self, now: SimTime) -> Option<SimTime>;

    /// That moment, `now`, has come.
    fn request_drop(&mut self, now: SimTime);

    /// A queued `thread` is gone for good.
    fn leave(&mut self, thread: ThreadId);

    /// A signalled thread is gone before it was awake; returns the waiter that
    /// is signalled in its place, if the lock is free.
    fn unsignal(&mut self, now: SimTime) -> Option<ThreadId>;

    /// `thread` no longer waits to see a switch.
    fn forget_dropper(&mut self, thread: ThreadId);

    /// Has a waiter asked the present holder to drop the lock?
    fn drop_requested(&self) -> bool;
}
