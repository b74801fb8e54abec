//! How fast the machine computes while a pool runs on it.
//!
//! A thread beside the pool repeats one short piece of work and takes its CPU
//! time. Sharing a core with the pool does not lengthen that; a neighbour of
//! the whole machine, a slower clock or a crowded cache does. The pool's own
//! kernels are timed before it serves; the piece's time while it serves, over
//! that before, is how much longer they take than they did.

use std::hint::black_box;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use procfs::{CurrentSI as _, KernelStats};
use serde::{Deserialize, Serialize};

use crate::run::{monotonic_ns, thread_cpu_ns};

/// Steps of one piece: some 0.2 ms, so that it seldom meets a tick.
const STEPS: u64 = 100_000;
/// Pause between two pieces: about 1 % of a core.
const EVERY: Duration = Duration::from_millis(20);
/// A piece so many times as long met a stall of the machine, whose length it
/// says nothing about.
const STALL: f64 = 4.0;
/// Stretches that the time is cut into, to see how far the speed moves.
const STRETCHES: usize = 5;
/// Fewest pieces that say anything.
const FEWEST: usize = 2 * STRETCHES;
/// Change of speed within a run over which it is measured again.
pub const DRIFT: f64 = 0.15;
/// Cores that others may take before a run is measured again.
pub const OTHERS: f64 = 0.15;

/// One piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// When it began, in ns of CLOCK_MONOTONIC.
    at: u64,
    /// CPU time, in ns.
    cpu: u64,
    /// CPU time of all processes of the machine until then, in ns; 0 if it does
    /// not say.
    busy: u64,
}

/// Runs until finished or dropped.
#[derive(Debug)]
pub struct Reference {
    thread: Option<JoinHandle<Vec<Piece>>>,
    /// Dropped to end the thread.
    running: Option<Sender<()>>,
}

impl Reference {
    /// Starts now.
    ///
    /// # Errors
    /// As the system.
    pub fn start() -> std::io::Result<Self> {
        let (running, ended) = mpsc::channel::<()>();
        let thread =
            thread::Builder::new().name("speed reference".to_owned()).spawn(move || {
                let mut pieces = Vec::new();
                while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(EVERY) {
                    pieces.push(piece());
                }
                pieces
            })?;
        Ok(Self { thread: Some(thread), running: Some(running) })
    }

    /// Ends it, and says what was seen.
    pub fn finish(mut self) -> Seen {
        Seen(self.end())
    }

    fn end(&mut self) -> Vec<Piece> {
        drop(self.running.take());
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.end();
    }
}

fn piece() -> Piece {
    let (at, before) = (monotonic_ns(), thread_cpu_ns());
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..STEPS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
    let cpu = thread_cpu_ns().saturating_sub(before);
    Piece { at, cpu, busy: busy_ns() }
}

/// CPU time that the machine spent on anything, in ns; 0 if it does not say.
fn busy_ns() -> u64 {
    let Ok(stat) = KernelStats::current() else { return 0 };
    let total = stat.total;
    let ticks = total.user + total.nice + total.system + total.irq.unwrap_or(0);
    let ticks = ticks + total.softirq.unwrap_or(0) + total.steal.unwrap_or(0);
    ticks * (1_000_000_000 / procfs::ticks_per_second().max(1))
}

/// What the reference saw.
#[derive(Debug)]
pub struct Seen(Vec<Piece>);

/// How much longer work took in one stretch of time than in another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slowdown {
    /// Time of a piece while the pool served, over that before.
    pub factor: f64,
    /// Standard error of that, as a share of it.
    pub error: f64,
    /// Slowest over fastest stretch while the pool served, less one.
    pub drift: f64,
    /// CPU time of all pieces, in s.
    pub cost: f64,
}

impl Slowdown {
    /// Nothing was slower.
    pub const NONE: Self = Self { factor: 1.0, error: 0.0, drift: 0.0, cost: 0.0 };
}

impl Seen {
    /// Cores that the whole machine kept busy between the instants, in ns of
    /// CLOCK_MONOTONIC; `None` if it was not seen.
    pub fn busy_cores(&self, begin: u64, end: u64) -> Option<f64> {
        let mut during = self.0.iter().filter(|it| (begin..end).contains(&it.at) && it.busy > 0);
        let first = during.next()?;
        let last = during.next_back().filter(|last| last.at > first.at)?;
        Some(last.busy.saturating_sub(first.busy) as f64 / (last.at - first.at) as f64)
    }

    /// Of the time from `begin` to `end` over that until `ready`, instants in ns
    /// of CLOCK_MONOTONIC; `None` if there were too few pieces.
    pub fn slowdown(&self, ready: u64, begin: u64, end: u64) -> Option<Slowdown> {
        let cpu_of = |keep: &dyn Fn(u64) -> bool| -> Vec<f64> {
            self.0.iter().filter(|piece| keep(piece.at)).map(|piece| piece.cpu as f64).collect()
        };
        let mut before = cpu_of(&|at| at < ready);
        let during = cpu_of(&|at| (begin..end).contains(&at));
        if before.len() < 3 || during.len() < FEWEST {
            return None;
        }
        before.sort_by(f64::total_cmp);
        // The kernels' times are the least of several as well.
        let base = before[before.len() / 10];
        let ratios: Vec<f64> = during.iter().map(|cpu| (cpu / base).min(STALL)).collect();
        let length = ratios.len().div_ceil(STRETCHES);
        let stretches: Vec<f64> = ratios.chunks(length).map(mean).collect();
        let factor = mean(&ratios);
        let squares = stretches.iter().map(|stretch| (stretch - factor).powi(2)).sum::<f64>();
        let count = stretches.len() as f64;
        let (low, high) = stretches
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), &s| (low.min(s), high.max(s)));
        Some(Slowdown {
            factor,
            error: (squares / (count - 1.0).max(1.0) / count).sqrt() / factor,
            drift: high / low - 1.0,
            cost: self.0.iter().map(|piece| piece.cpu as f64).sum::<f64>() / 1e9,
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(cpu: impl Fn(u64) -> u64) -> Seen {
        Seen((0..100).map(|at| Piece { at, cpu: cpu(at), busy: 1 + at / 2 }).collect())
    }

    #[test]
    fn a_machine_that_slows_down_evenly_has_no_drift() {
        let slower = seen(|at| if at < 20 { 1000 } else { 1300 }).slowdown(20, 20, 100).unwrap();
        assert!((slower.factor - 1.3).abs() < 1e-12);
        assert!(slower.error < 1e-12 && slower.drift < 1e-12, "{slower:?}");
        let steady = seen(|_| 1000).slowdown(20, 20, 100).unwrap();
        assert_eq!(steady.factor, 1.0);
    }

    #[test]
    fn a_change_of_speed_is_seen() {
        let changed = seen(|at| if at < 60 { 1000 } else { 2000 }).slowdown(20, 20, 100).unwrap();
        assert!(changed.drift > DRIFT && changed.error > 0.05, "{changed:?}");
        // A stall counts as one, however long it was.
        let stalled =
            seen(|at| if at == 50 { 1_000_000 } else { 1000 }).slowdown(20, 20, 100).unwrap();
        assert!(stalled.factor < 1.1, "{stalled:?}");
    }

    #[test]
    fn the_whole_machine_is_seen() {
        let seen = seen(|_| 1000);
        let busy = seen.busy_cores(10, 91).unwrap();
        assert!((busy - 0.5).abs() < 0.01, "{busy}");
        assert_eq!(seen.busy_cores(10, 11), None);
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(seen(|_| 1000).slowdown(2, 2, 100), None);
        assert_eq!(seen(|_| 1000).slowdown(20, 20, 25), None);
    }

    #[test]
    fn pieces_take_cpu_time() {
        let reference = Reference::start().unwrap();
        while piece().cpu == 0 {}
        drop(reference);
    }
}
