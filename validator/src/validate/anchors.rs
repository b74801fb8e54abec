//! What work takes at the full speed of the machine.
//!
//! A shared machine changes its speed for longer than it takes to time a
//! kernel, so a kernel that was timed in a slow stretch is asked for too few
//! steps, and one that was timed in a fast one serves at less than its speed. The
//! fastest that any run of a campaign saw is a property of the machine; every
//! run is held against that.

use std::collections::BTreeMap;

use super::measure::Measured;
use super::speed::Slowdown;

/// Of all runs on one interpreter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anchors {
    /// Least time of a piece of bytecode, in ns.
    bytecode: f64,
    /// Least time of a piece of C code, in ns.
    native: f64,
    /// Usual time of a piece of bytecode, in ns: a calibration is made at the
    /// usual speed.
    usual: f64,
    /// Least time of a step of each kernel, in ns.
    steps: BTreeMap<String, f64>,
}

/// How much longer things take in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Bytecode, over its time at full speed.
    pub bytecode: f64,
    /// C code, likewise.
    pub native: f64,
    /// What the calibration says, over its usual time.
    pub host: f64,
}

impl Anchors {
    /// From all runs of a campaign.
    pub fn of<'a>(runs: impl Iterator<Item = &'a Measured>) -> Self {
        let mut anchors = Self::default();
        let mut means = Vec::new();
        for run in runs {
            for (kernel, step) in &run.kernels {
                let least = anchors.steps.entry(kernel.clone()).or_insert(*step);
                *least = least.min(*step);
            }
            let Slowdown { bytecode, native, .. } = run.slowdown;
            lower(&mut anchors.bytecode, bytecode.least);
            lower(&mut anchors.native, native.least);
            means.push(bytecode.mean);
        }
        means.sort_by(f64::total_cmp);
        anchors.usual = means.get(means.len() / 2).copied().unwrap_or_default();
        anchors
    }

    /// The pace of `run`.
    pub fn pace(&self, run: &Measured) -> Pace {
        let Slowdown { bytecode, native, .. } = run.slowdown;
        Pace {
            bytecode: over(bytecode.mean, self.bytecode),
            native: over(native.mean, self.native),
            host: over(bytecode.mean, self.usual),
        }
    }

    /// Least time of a step of `kernel`, in ns, if any run timed it.
    pub fn step(&self, kernel: &str) -> Option<f64> {
        self.steps.get(kernel).copied()
    }

    /// Time that `run` asked of `kernel`, at full speed, over what it meant to.
    pub fn length(&self, kernel: &str, run: &Measured) -> f64 {
        let timed = run.kernels.iter().find(|(name, _)| name == kernel);
        timed
            .map_or(1.0, |(name, step)| over(self.steps.get(name).copied().unwrap_or(*step), *step))
    }
}

fn lower(least: &mut f64, seen: f64) {
    if seen > 0.0 && (*least <= 0.0 || seen < *least) {
        *least = seen;
    }
}

/// 1 where nothing was seen.
fn over(time: f64, base: f64) -> f64 {
    if time > 0.0 && base > 0.0 { time / base } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::super::speed::Piece;
    use super::*;

    fn run(step: f64, least: f64, mean: f64) -> Measured {
        let piece = Piece { least, mean };
        let slowdown = Slowdown { bytecode: piece, native: piece, ..Slowdown::default() };
        Measured { kernels: vec![("python".to_owned(), step)], slowdown, ..Measured::default() }
    }

    #[test]
    fn a_kernel_timed_in_a_slow_stretch_is_shorter_than_it_says() {
        let runs = [run(100.0, 10.0, 12.0), run(200.0, 20.0, 20.0)];
        let anchors = Anchors::of(runs.iter());
        assert_eq!(anchors.length("python", &runs[0]), 1.0);
        // Half the steps, at half the speed: as long as was meant.
        assert_eq!(anchors.length("python", &runs[1]), 0.5);
        let pace = anchors.pace(&runs[1]);
        assert_eq!((pace.bytecode, pace.host), (2.0, 1.0));
        assert_eq!(anchors.length("native", &runs[1]), 1.0);
    }

    #[test]
    fn nothing_seen_changes_nothing() {
        let blind = run(100.0, 0.0, 0.0);
        let pace = Anchors::of([&blind].into_iter()).pace(&blind);
        assert_eq!((pace.bytecode, pace.native, pace.host), (1.0, 1.0, 1.0));
    }
}
