//! Who had the interpreter lock, from what a spinner saw.
//!
//! A spinner wants the lock all the time, so each stretch that it is without it
//! is a hold of the callable and the hand-overs around that. Hand-overs are
//! measured beside the same spinner on two callables that are known: a sleep holds
//! the lock for next to nothing and gives it up, bytecode holds it all the time and
//! has to be asked.
//!
//! A hold that outlasts the interval ends because the spinner asked; what is
//! left of it after the last such drop ends in a release. So stretches shorter
//! than the interval are re-acquires that lost the lock, one each. Code that can
//! be asked drops the lock at the interval; stretches far longer than those of
//! bytecode are C code that keeps it.

use serde::Serialize;

use super::answer::{Beside, What};
use crate::lock_probe::Spread;

/// A stretch this much longer than those of bytecode is C code that keeps the
/// lock.
const KEEPS: f64 = 1.5;
/// Of an interval: a hold that ends before was not asked to.
const EARLY: f64 = 0.95;

/// Who had the lock during the calls. Shares of the calling thread's CPU time.
#[derive(Clone, Debug, Serialize)]
pub struct LockUse {
    /// Held.
    pub held: Spread,
    /// Held by C code that could not be asked for it for over a switch interval
    /// of 1 ms; part of `held`.
    pub kept: Spread,
    /// Re-acquires per call that lost the lock beside one spinner.
    pub releases: Spread,
    /// What the lock costs beside spinners, cell by cell.
    pub delays: Vec<Delay>,
    /// Time of a hand-over to a thread that gives the lock up and back, in s.
    pub given: Spread,
    /// Time of a hand-over from and to a thread that has to be asked, in s.
    pub asked: Spread,
}

/// What calls take longer beside spinners.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Delay {
    /// Threads that spin.
    pub spinners: u32,
    /// Switch interval, in s.
    pub interval: f64,
    /// Elapsed time of a call, in s.
    pub call: Spread,
}

/// Times of the hand-overs around a hold, in ns.
#[derive(Clone, Copy, Debug)]
struct HandOvers {
    given: f64,
    asked: f64,
    /// Usual stretch of bytecode.
    bytecode: f64,
}

/// From all blocks; `None` if too few could be measured.
pub(crate) fn lock_use(blocks: &[&Beside]) -> Option<LockUse> {
    let mut intervals: Vec<u64> = blocks.iter().map(|block| block.interval).collect();
    intervals.sort_unstable();
    intervals.dedup();
    let (shortest, longest) = (*intervals.first()?, *intervals.last()?);
    let (mut held, mut kept, mut releases) = (Vec::new(), Vec::new(), Vec::new());
    let (mut given, mut asked) = (Vec::new(), Vec::new());
    for &interval in &intervals {
        let of = |what| {
            let wanted =
                move |b: &&&Beside| b.what == what && b.interval == interval && b.spinners == 1;
            blocks.iter().filter(wanted).copied()
        };
        given.extend(of(What::Sleep).filter_map(per_stretch_given));
        asked.extend(of(What::Bytecode).filter_map(per_stretch_asked));
        let overs = HandOvers {
            given: Spread::of(&values(of(What::Sleep), per_stretch_given))?.point,
            asked: Spread::of(&values(of(What::Bytecode), per_stretch_asked))?.point,
            bytecode: Spread::of(&values(of(What::Bytecode), usual))?.point,
        };
        for block in of(What::Target) {
            held.push(held_share(block, overs));
            if interval == longest {
                releases.push(released(block, overs));
            }
            if interval == shortest {
                kept.push(kept_share(block, overs));
            }
        }
    }
    Some(LockUse {
        held: Spread::of(&held)?,
        kept: Spread::of(&kept)?,
        releases: Spread::of(&releases)?,
        delays: delays(blocks),
        given: scaled(Spread::of(&given)?, 1e-9),
        asked: scaled(Spread::of(&asked)?, 1e-9),
    })
}

fn values<'a>(
    blocks: impl Iterator<Item = &'a Beside>,
    value: impl Fn(&Beside) -> Option<f64>,
) -> Vec<f64> {
    blocks.filter_map(value).collect()
}

/// Stretches that neither began before the block nor ended after it.
fn inner(block: &Beside) -> &[u64] {
    match &block.gaps[..] {
        [_, inner @ .., _] => inner,
        _ => &[],
    }
}

fn usual(block: &Beside) -> Option<f64> {
    let stretches: Vec<f64> = inner(block).iter().map(|gap| *gap as f64).collect();
    Spread::of(&stretches).map(|spread| spread.point)
}

/// The sleep's stretches are nothing but hand-overs.
fn per_stretch_given(block: &Beside) -> Option<f64> {
    usual(block)
}

/// What bytecode's stretches are longer than its CPU time.
fn per_stretch_asked(block: &Beside) -> Option<f64> {
    let count = block.gaps.len();
    let all: u64 = block.gaps.iter().sum();
    (count > 0).then(|| ((all as f64 - block.own_cpu as f64) / count as f64).max(0.0))
}

fn hold(gap: u64, interval: f64, overs: HandOvers) -> f64 {
    let gap = gap as f64;
    let over = if is_early(gap, interval, overs) { overs.given } else { overs.asked };
    (gap - over).max(0.0)
}

fn is_early(gap: f64, interval: f64, overs: HandOvers) -> bool {
    gap - overs.given < EARLY * interval
}

fn held_share(block: &Beside, overs: HandOvers) -> f64 {
    let interval = block.interval as f64;
    let held: f64 = block.gaps.iter().map(|gap| hold(*gap, interval, overs)).sum();
    (held / block.own_cpu.max(1) as f64).clamp(0.0, 1.0)
}

/// Between the part beyond the usual stretch of bytecode and the whole: where in
/// a stretch the C code began is not seen.
fn kept_share(block: &Beside, overs: HandOvers) -> f64 {
    let long = block.gaps.iter().map(|gap| *gap as f64).filter(|gap| *gap > KEEPS * overs.bytecode);
    let kept: f64 = long.map(|gap| gap - overs.asked - (overs.bytecode - overs.asked) / 2.0).sum();
    (kept / block.own_cpu.max(1) as f64).clamp(0.0, 1.0)
}

fn released(block: &Beside, overs: HandOvers) -> f64 {
    let interval = block.interval as f64;
    let early = inner(block).iter().filter(|gap| is_early(**gap as f64, interval, overs)).count();
    early as f64 / block.calls.max(1) as f64
}

fn delays(blocks: &[&Beside]) -> Vec<Delay> {
    let calls = || blocks.iter().filter(|block| block.what == What::Target);
    let mut cells: Vec<(u32, u64)> =
        calls().map(|block| (block.spinners, block.interval)).collect();
    cells.sort_unstable();
    cells.dedup();
    let delay = |(spinners, interval)| {
        let of = calls().filter(|b| (b.spinners, b.interval) == (spinners, interval));
        let times: Vec<f64> = of.map(|b| b.elapsed as f64 / b.calls.max(1) as f64 * 1e-9).collect();
        Some(Delay { spinners, interval: interval as f64 * 1e-9, call: Spread::of(&times)? })
    };
    cells.into_iter().filter_map(delay).collect()
}

fn scaled(spread: Spread, factor: f64) -> Spread {
    let Spread { point, low, high, n } = spread;
    Spread { point: point * factor, low: low * factor, high: high * factor, n }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn block(what: What, interval: u64, calls: u64, own_cpu: u64, gaps: Vec<u64>) -> Beside {
        let elapsed = gaps.iter().sum::<u64>() * 2;
        Beside { what, spinners: 1, interval, calls, elapsed, own_cpu, gaps }
    }

    /// Hand-overs of 0.1 ms if given, 0.2 ms if asked.
    fn known(interval: u64) -> [Beside; 2] {
        let stretch = interval + MS / 5;
        [
            block(What::Sleep, interval, 10, MS, vec![MS / 10; 10]),
            block(What::Bytecode, interval, 10, 10 * interval, vec![stretch; 10]),
        ]
    }

    fn of(targets: &[Beside]) -> LockUse {
        let known: Vec<Beside> = [5 * MS, MS].into_iter().flat_map(known).collect();
        lock_use(&known.iter().chain(targets).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn bytecode_holds_all_the_time_and_never_lets_go() {
        let target = |interval| known(interval)[1].clone();
        let target = |interval| Beside { what: What::Target, ..target(interval) };
        let lock = of(&[target(5 * MS), target(MS)]);
        assert!((lock.held.point - 1.0).abs() < 1e-9, "{lock:?}");
        assert_eq!((lock.kept.point, lock.releases.point), (0.0, 0.0));
    }

    #[test]
    fn c_code_that_keeps_the_lock_is_told_by_its_stretches() {
        // 60 ms that nobody can interrupt.
        let stretches = vec![60 * MS + MS / 5; 10];
        let target = |interval| block(What::Target, interval, 10, 600 * MS, stretches.clone());
        let lock = of(&[target(5 * MS), target(MS)]);
        assert!(lock.held.point > 0.999, "{lock:?}");
        assert!(lock.kept.point > 0.98, "{lock:?}");
    }

    #[test]
    fn a_release_is_a_short_stretch() {
        // 1 ms with the lock and 9 ms without, four times a call.
        let stretches = vec![MS + MS / 10; 42];
        let target = |interval| block(What::Target, interval, 10, 400 * MS, stretches.clone());
        let lock = of(&[target(5 * MS), target(MS)]);
        assert_eq!(lock.releases.point, 4.0);
        assert!((lock.held.point - 0.1).abs() < 0.01, "{lock:?}");
        assert_eq!(lock.kept.point, 0.0);
    }

    #[test]
    fn nothing_measured_says_nothing() {
        assert!(lock_use(&[]).is_none());
    }
}
