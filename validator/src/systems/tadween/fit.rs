//! The parameters of the pipeline, taken from the runs on one thread.

use sim::experiment::SimError;

use super::super::fitting::{Target, solve};
use super::model::{CHUNKS, Conditions, Executor, SPIN, first_wave, pipeline, predict};
use super::variants::{FITTED, Size};
use super::{Figure, Fitted, Kept, Model, Pace, Readings, Setting, SystemError, Unit, Variant};

/// Rounds of fitting one parameter after the other: each hardly moves the rest.
const ROUNDS: usize = 3;
/// Seeds that a simulated mean is taken over.
const SEEDS: u64 = 3;
/// Most re-acquires of a chunk.
const MOST_REACQUIRES: f64 = 40.0;

/// What requests do, at full speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Work {
    /// CPU time of a chunk's C code, in s.
    pub(super) chunk: f64,
    /// Wait of a chunk for the disk, in s.
    pub(super) disk: f64,
    /// Re-acquires of a chunk that lose the lock beside one that computes.
    pub(super) reacquires: f64,
    /// A sum of squares in bytecode, in s.
    pub(super) native: f64,
    /// The same in NumPy, in s.
    pub(super) numpy: f64,
}

impl Work {
    /// Whole re-acquires of chunk `index`; over all chunks they come to the mean.
    pub(super) fn reacquires_of(&self, index: u32) -> u32 {
        let until = |chunks: u32| (self.reacquires * f64::from(chunks)).round() as u32;
        (until(index + 1) - until(index)).max(1)
    }
}

/// The fitted model.
#[derive(Debug)]
pub(super) struct Fit<'a> {
    setting: Setting<'a>,
    size: Size,
    work: Work,
}

impl<'a> Fit<'a> {
    pub(super) fn of(setting: Setting<'a>, size: Size, runs: &[Kept]) -> Result<Self, SystemError> {
        let [native, numpy] = FITTED.map(|name| Target::of("tadween", name, runs));
        let (native, numpy) = (native?, numpy?);
        let start = conditions(&native, setting, size);
        let cpu = native.seen(Figure::TransferCpu)? / f64::from(CHUNKS) - SPIN;
        let mut work = Work {
            chunk: (cpu / start.pace.native).max(0.0),
            disk: 0.0,
            reacquires: 1.0,
            native: native.seen(Figure::Compute)? / start.pace.bytecode,
            numpy: 0.0,
        };
        work.disk = solve(0.0, 20e-3, native.seen(Figure::FirstWave)?, |disk| {
            let work = Work { disk, ..work };
            mean_over_seeds(&start, |conditions| first_wave(&work, conditions))
        })?;
        let one = Executor { workers: 1, start_method: None };
        for _ in 0..ROUNDS {
            work.reacquires =
                solve(1.0, MOST_REACQUIRES, native.seen(Figure::Download)?, |reacquires| {
                    let work = Work { reacquires, ..work };
                    mean_over_seeds(&start, |conditions| {
                        Ok(pipeline(one, false, false, &work, conditions)?.0.pools[0].mean_service)
                    })
                })?;
            let simulated = mean_over_seeds(&start, |conditions| {
                Ok(pipeline(one, false, false, &work, conditions)?.0.pools[1].mean_service)
            })?;
            work.native *= native.seen(Figure::Compute)? / simulated;
        }
        let start = conditions(&numpy, setting, size);
        work.numpy = solve(0.0, 2.0, numpy.seen(Figure::Compute)?, |time| {
            let work = Work { numpy: time, ..work };
            mean_over_seeds(&start, |conditions| {
                Ok(pipeline(one, true, false, &work, conditions)?.0.pools[1].mean_service)
            })
        })?;
        Ok(Self { setting, size, work })
    }
}

impl Model for Fit<'_> {
    fn parameters(&self) -> Vec<Fitted> {
        let Work { chunk, disk, reacquires, native, numpy } = self.work;
        let of = |name, value, unit, from| Fitted { name, value, unit, from };
        vec![
            of("C code of a chunk", chunk, Unit::Seconds, "t1: CPU time of the first downloads"),
            of("disk wait of a chunk", disk, Unit::Seconds, "t1: time of the first downloads"),
            of("re-acquires of a chunk", reacquires, Unit::Count, "t1: download time"),
            of("sum of squares, Python", native, Unit::Seconds, "t1: compute time"),
            of("sum of squares, NumPy", numpy, Unit::Seconds, "t1-numpy: compute time"),
        ]
    }

    fn predict(
        &self,
        variant: &Variant,
        run: &Kept,
        pace: Pace,
        seed: u64,
    ) -> Result<Readings, SimError> {
        let Self { setting, size, work } = self;
        let (setting, size) = (*setting, *size);
        predict(variant, work, &Conditions { setting, size, run, pace, seed })
    }
}

fn conditions<'a>(target: &Target<'a>, setting: Setting<'a>, size: Size) -> Conditions<'a> {
    Conditions { setting, size, run: target.first, pace: target.pace, seed: 0 }
}

fn mean_over_seeds(
    conditions: &Conditions<'_>,
    value: impl Fn(&Conditions<'_>) -> Result<f64, SimError>,
) -> Result<f64, SimError> {
    let sum =
        (0..SEEDS).try_fold(0.0, |sum, seed| Ok(sum + value(&Conditions { seed, ..*conditions })?));
    sum.map(|sum: f64| sum / SEEDS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_re_acquires_add_up_to_the_mean() {
        let work = Work { chunk: 0.0, disk: 0.0, reacquires: 12.4375, native: 0.0, numpy: 0.0 };
        let total: u32 = (0..CHUNKS).map(|chunk| work.reacquires_of(chunk)).sum();
        assert_eq!(total, 199);
    }
}
