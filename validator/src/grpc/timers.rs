//! Instants at which the dispatcher does something. The kernel wakes it: the
//! runtime's own timers count in milliseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::os::fd::OwnedFd;

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::io::unix::AsyncFd;

use crate::run::sampler::monotonic_ns;

/// Chores of one kind, each due at an instant in ns of CLOCK_MONOTONIC; of
/// equal instants the first set is the first due.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    chores: BinaryHeap<Reverse<(u64, u64, T)>>,
    set: u64,
    timer: TimerFd,
    /// The same timer, watched by the runtime.
    wakes: AsyncFd<OwnedFd>,
}

impl<T: Ord> Timers<T> {
    /// None yet. Within a runtime only.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        let watched = std::os::fd::AsFd::as_fd(&timer).try_clone_to_owned()?;
        Ok(Self { chores: BinaryHeap::new(), set: 0, timer, wakes: watch(watched)? })
    }

    /// Has `chore` fall due at `instant`.
    pub(crate) fn at(&mut self, instant: u64, chore: T) {
        self.set += 1;
        self.chores.push(Reverse((instant, self.set, chore)));
    }

    /// The next chore whose instant has come.
    pub(crate) fn due(&mut self) -> Option<T> {
        let Reverse((instant, ..)) = self.chores.peek()?;
        if *instant > monotonic_ns() {
            return None;
        }
        self.chores.pop().map(|Reverse((_, _, chore))| chore)
    }

    /// Returns once a chore may be due.
    pub(crate) async fn wait(&mut self) -> io::Result<()> {
        let Some(Reverse((instant, ..))) = self.chores.peek() else {
            return std::future::pending().await;
        };
        // An instant of zero would disarm it.
        let at = TimeSpec::from_duration(std::time::Duration::from_nanos((*instant).max(1)));
        self.timer.set(Expiration::OneShot(at), TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
        let mut ready = self.wakes.readable().await?;
        // Setting it again makes it unreadable as well.
        ready.clear_ready();
        Ok(())
    }
}

#[expect(unsafe_code, reason = "only the caller can know that a descriptor stays the same")]
fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` has the same open descriptor for all of its life, and
    // the one that watches it owns it.
    Ok(unsafe { AsyncFd::register(descriptor) }?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chores_fall_due_in_order_and_not_before() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut timers = Timers::new().unwrap();
            let now = monotonic_ns();
            let late = now + 20_000_000;
            timers.at(late, "late");
            timers.at(now, "first");
            timers.at(now, "second");
            assert_eq!(
                (timers.due(), timers.due(), timers.due()),
                (Some("first"), Some("second"), None)
            );
            while timers.due().is_none() {
                timers.wait().await.unwrap();
            }
            assert!(monotonic_ns() >= late);
        });
    }
}
