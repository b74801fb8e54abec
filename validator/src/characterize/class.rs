//! The class of a workload that a portrait amounts to.

use serde::Serialize;

use super::Portrait;
use crate::lock_probe::Spread;

/// Parts below this share of a call are within what the probes cannot tell.
const LEAST_SHARE: f64 = 0.01;
/// So little time without the lock, with no re-acquire that lost it, is none.
const NO_RELEASE_SHARE: f64 = 0.05;
/// Single calls that vary less than this are written as a constant.
const LEAST_VARIATION: f64 = 0.2;
/// Most repeats of the group: 1024 segments, up to 5 each.
const MOST_REPEATS: u32 = 200;
/// Least time of a segment that stands for a release, in s.
const SHORTEST: f64 = 1e-9;

/// A class: parts that are repeated together.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// Function's name.
    pub name: String,
    /// Times that the parts are done, one after another.
    pub repeat: u32,
    /// Re-acquires at the end of each repeat.
    pub reacquires: u32,
    /// In order; times of a whole call.
    pub parts: Vec<Part>,
}

/// What a part does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Bytecode, and C calls between which the lock can be had.
    Python,
    /// C code that keeps the lock.
    LockedNative,
    /// C code that releases it, on one thread.
    Native,
    /// The same on BLAS threads.
    Parallel,
    /// Neither lock nor core.
    Wait,
}

/// Part of a call.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// What it does.
    pub kind: PartKind,
    /// How long, in s per call.
    pub seconds: Spread,
    /// Standard deviation over mean of a call's time, if that matters.
    pub variation: Option<f64>,
    /// How it was found.
    pub how: &'static str,
}

impl Class {
    /// From what was measured.
    pub fn of(portrait: &Portrait) -> Self {
        let releases = portrait.lock.as_ref().map_or(1.0, |lock| lock.releases.point);
        let mut parts = parts(portrait);
        let elapsed = portrait.times.elapsed.point;
        let off_lock =
            |part: &Part| !matches!(part.kind, PartKind::Python | PartKind::LockedNative);
        let away: f64 = parts.iter().filter(|p| off_lock(p)).map(|p| p.seconds.point).sum();
        if releases < 0.5 && away < NO_RELEASE_SHARE * elapsed {
            parts.retain(|part| !off_lock(part));
        } else {
            parts.retain(|part| !off_lock(part) || part.seconds.point >= LEAST_SHARE * away);
        }
        parts.retain(|part| part.seconds.point >= SHORTEST);
        let releases = releases.round().clamp(1.0, 1e6) as u32;
        let (repeat, reacquires) = match parts.iter().any(off_lock) {
            true => split(releases),
            false => (1, 0),
        };
        let name = class_name(&portrait.target);
        Self { name, repeat, reacquires, parts }
    }

    /// Time of a part, in s per call; 0 if there is none.
    pub fn seconds(&self, kind: PartKind) -> f64 {
        self.parts.iter().filter(|part| part.kind == kind).map(|part| part.seconds.point).sum()
    }

    /// The same class with the times of each kind so many times as long.
    #[must_use]
    pub fn stretched(&self, factor: impl Fn(PartKind) -> f64) -> Self {
        let mut stretched = self.clone();
        for part in &mut stretched.parts {
            part.seconds = scaled(part.seconds, factor(part.kind));
        }
        stretched
    }

    /// The same class with every time at one end of its spread.
    #[must_use]
    pub fn at(&self, end: impl Fn(&Spread) -> f64) -> Self {
        let mut moved = self.clone();
        for part in &mut moved.parts {
            part.seconds.point = end(&part.seconds).max(SHORTEST);
        }
        moved
    }
}

/// Repeats and re-acquires in each: together about `releases`.
fn split(releases: u32) -> (u32, u32) {
    let each = releases.div_ceil(MOST_REPEATS);
    (releases.div_ceil(each), each)
}

fn parts(portrait: &Portrait) -> Vec<Part> {
    let times = &portrait.times;
    let zero = Spread { point: 0.0, low: 0.0, high: 0.0, n: 0 };
    let whole = Spread { point: 1.0, low: 1.0, high: 1.0, n: 0 };
    let (held, kept) = portrait.lock.as_ref().map_or((whole, zero), |l| (l.held, l.kept));
    let own = times.own_cpu;
    let python = less(product(own, held), product(own, kept));
    let released = Spread {
        point: own.point * (1.0 - held.point) + times.other_cpu.point,
        low: own.low * (1.0 - held.high) + times.other_cpu.low,
        high: own.high * (1.0 - held.low) + times.other_cpu.high,
        n: own.n,
    };
    let parallel = portrait.blas.as_ref().map_or(zero, |blas| blas.parallel);
    let parallel = Spread { point: parallel.point.min(released.point), ..parallel };
    let beyond = (times.cpu_cv.powi(2) - times.machine_cv.powi(2)).max(0.0).sqrt();
    let variation = |cv: f64| (cv > LEAST_VARIATION && times.batch == 1).then_some(cv);
    let part = |kind, seconds, variation, how| Part { kind, seconds, variation, how };
    vec![
        part(
            PartKind::Python,
            python,
            variation(beyond),
            "CPU time of the thread, times the share that held the lock beside a spinner",
        ),
        part(
            PartKind::LockedNative,
            product(own, kept),
            variation(beyond),
            "the part of it that did not give the lock up when a spinner asked",
        ),
        part(
            PartKind::Native,
            less(released, parallel),
            variation(beyond),
            "CPU time while a spinner had the lock, and that of other threads",
        ),
        part(
            PartKind::Parallel,
            parallel,
            variation(beyond),
            "what BLAS threads on all cores save, over the share that they can",
        ),
        part(
            PartKind::Wait,
            times.wait,
            variation(times.wait_cv),
            "elapsed time, less CPU time, less time ready without a core",
        ),
    ]
}

fn product(a: Spread, b: Spread) -> Spread {
    Spread { point: a.point * b.point, low: a.low * b.low, high: a.high * b.high, n: a.n }
}

fn scaled(a: Spread, factor: f64) -> Spread {
    product(a, Spread { point: factor, low: factor, high: factor, n: 0 })
}

fn less(a: Spread, b: Spread) -> Spread {
    Spread {
        point: (a.point - b.point).max(0.0),
        low: (a.low - b.high).max(0.0),
        high: (a.high - b.low).max(0.0),
        n: a.n,
    }
}

/// The function's name in letters that a class may have.
pub fn class_name(target: &str) -> String {
    let name = target.rsplit(':').next().unwrap_or(target);
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().map(allowed).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::portrait;
    use super::*;

    fn kinds(portrait: &Portrait) -> Vec<PartKind> {
        Class::of(portrait).parts.iter().map(|part| part.kind).collect()
    }

    #[test]
    fn what_never_lets_go_has_no_segment_without_the_lock() {
        // 3 % without the lock and no release is what the probes cannot tell.
        assert_eq!(kinds(&portrait(0.97, 0.0, 0.1, 0.0)), [PartKind::Python]);
        let both = [PartKind::Python, PartKind::LockedNative];
        assert_eq!(kinds(&portrait(1.0, 0.6, 0.0, 0.0)), both);
    }

    #[test]
    fn what_lets_go_has_its_waits_and_native_code() {
        let class = Class::of(&portrait(0.25, 0.0, 4.2, 30e-3));
        assert_eq!((class.repeat, class.reacquires), (4, 1));
        assert!((class.seconds(PartKind::Python) - 2.5e-3).abs() < 1e-9);
        assert!((class.seconds(PartKind::Native) - 7.5e-3).abs() < 1e-9);
        assert!((class.seconds(PartKind::Wait) - 30e-3).abs() < 1e-9);
    }

    #[test]
    fn a_slower_machine_stretches_what_it_is_told_to() {
        let class = Class::of(&portrait(0.25, 0.0, 1.0, 30e-3));
        let slow = class.stretched(|kind| if kind == PartKind::Wait { 1.0 } else { 2.0 });
        assert!((slow.seconds(PartKind::Native) - 15e-3).abs() < 1e-9);
        assert_eq!(slow.seconds(PartKind::Wait), class.seconds(PartKind::Wait));
    }

    #[test]
    fn many_releases_are_split_within_what_a_class_may_have() {
        for releases in [1, 2, 14, 200, 201, 999, 40_000] {
            let (repeat, each) = split(releases);
            assert!((1..=MOST_REPEATS).contains(&repeat), "{releases}");
            assert!((f64::from(repeat * each) / f64::from(releases) - 1.0).abs() < 0.02);
        }
    }

    #[test]
    fn names_have_letters_that_a_class_may_have() {
        assert_eq!(class_name("shop.tasks:Resizer.run"), "Resizer.run");
        assert_eq!(class_name("a:größe"), "gr__e");
    }
}
