//! The parameters of the pipeline, taken from the runs on one thread.

use sim::experiment::SimError;

use super::super::fitting::{Target, solve};
use super::model::{CHUNKS, Conditions, SPIN, first_wave, predict};
use super::variants::{
    MEMORY_PROCESS, NUMPY_PROCESS, NUMPY_PROCESSES, NUMPY_THREAD, PROCESS, PROCESSES, Size, THREAD,
    all,
};
use super::{Figure, Fitted, Kept, Model, Pace, Readings, Setting, SystemError, Unit, Variant};

/// Rounds of fitting one parameter after the other: each hardly moves the rest.
const ROUNDS: usize = 2;
/// Seeds that a simulated figure is taken over.
const SEEDS: u64 = 2;
/// Ends of the ranges that are searched: times in s, ns/byte, shares, counts.
const MOST_DISK: f64 = 20e-3;
const MOST_REACQUIRES: f64 = 40.0;
const MOST_COMPUTE: f64 = 2.0;
const MOST_INFLATION: f64 = 4.0;
const MOST_PER_BYTE: f64 = 40.0;

/// What requests do, at full speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Work {
    /// CPU time of a chunk's C code, in s.
    pub(super) chunk: f64,
    /// Wait of a chunk for the disk, in s.
    pub(super) disk: f64,
    /// Re-acquires of a chunk that lose the lock beside one that computes.
    pub(super) reacquires: f64,
    /// A sum of squares in bytecode.
    pub(super) python: Compute,
    /// The same in NumPy.
    pub(super) numpy: Compute,
    /// Share of its parent's pages that a forked child un-shares.
    pub(super) unshared: f64,
    /// CPU time of a heavy result on either side, in ns/byte.
    pub(super) per_byte: f64,
}

/// A sum of squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Compute {
    /// In a thread beside others, in s.
    pub(super) thread: f64,
    /// In a process of its own, in s.
    pub(super) process: f64,
    /// Extra time beside another busy core, as a share.
    pub(super) inflation: f64,
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
        let fitting = Fitting { setting, size, runs };
        let mut work = fitting.transfers()?;
        fitting.processes(&mut work, false, [PROCESS, PROCESSES])?;
        fitting.convoy(&mut work)?;
        fitting.processes(&mut work, true, [NUMPY_PROCESS, NUMPY_PROCESSES])?;
        work.numpy.thread = fitting.solve(NUMPY_THREAD, Figure::Compute, 2.0, |thread| Work {
            numpy: Compute { thread, ..work.numpy },
            ..work
        })?;
        fitting.heavy_results(&mut work)?;
        Ok(Self { setting, size, work })
    }
}

/// What parameters are taken from.
struct Fitting<'a, 'r> {
    setting: Setting<'a>,
    size: Size,
    runs: &'r [Kept],
}

impl<'r> Fitting<'_, 'r> {
    fn target(&self, name: &'static str) -> Result<Target<'r>, SystemError> {
        Target::of("tadween", name, self.runs)
    }

    fn conditions<'c>(&'c self, target: &Target<'r>, seed: u64) -> Conditions<'c> {
        let (run, pace) = (target.first, target.pace);
        Conditions { setting: self.setting, size: self.size, run, pace, seed }
    }

    /// The parameter, up to `most`, with which the variant `name` shows the
    /// `figure` that it showed; `with` puts it among the others.
    fn solve(
        &self,
        name: &'static str,
        figure: Figure,
        most: f64,
        with: impl Fn(f64) -> Work,
    ) -> Result<f64, SystemError> {
        let target = self.target(name)?;
        let Some(variant) = all(self.size).into_iter().find(|variant| variant.name == name) else {
            let reason = format!("there is no variant `{name}`");
            return Err(SystemError::NoFit { system: "tadween", reason });
        };
        // All figures grow with their parameter, but throughput.
        let rising = |value: f64| if figure == Figure::Throughput { 1.0 / value } else { value };
        let seen = rising(target.seen(figure)?);
        Ok(solve(0.0, most, seen, |parameter| {
            let work = with(parameter);
            mean_over_seeds(|seed| {
                let conditions = self.conditions(&target, seed);
                let readings = predict(&variant, &work, &conditions)?;
                Ok(readings.get(&figure).map_or(0.0, |value| rising(*value)))
            })
        })?)
    }

    /// From the downloads before anything is computed.
    fn transfers(&self) -> Result<Work, SystemError> {
        let target = self.target(THREAD)?;
        let host = self.setting.host;
        let cpu = target.seen(Figure::TransferCpu)? / f64::from(CHUNKS) - SPIN;
        let mut work = Work {
            chunk: (cpu / target.pace.native).max(0.0),
            disk: 0.0,
            reacquires: 1.0,
            python: Compute::default(),
            numpy: Compute::default(),
            unshared: host.memory.cow_plateau.value,
            per_byte: host.dispatch.python_process.parent_per_byte.value,
        };
        work.disk = solve(0.0, MOST_DISK, target.seen(Figure::FirstWave)?, |disk| {
            let work = Work { disk, ..work };
            mean_over_seeds(|seed| first_wave(&work, &self.conditions(&target, seed)))
        })?;
        Ok(work)
    }

    /// From one process that computes, and from two.
    fn processes(
        &self,
        work: &mut Work,
        numpy: bool,
        [one, two]: [&'static str; 2],
    ) -> Result<(), SystemError> {
        let with = |work: &Work, compute: Compute| match numpy {
            true => Work { numpy: compute, ..*work },
            false => Work { python: compute, ..*work },
        };
        for _ in 0..ROUNDS {
            let compute = if numpy { work.numpy } else { work.python };
            let process = self.solve(one, Figure::Compute, MOST_COMPUTE, |process| {
                with(work, Compute { process, ..compute })
            })?;
            let compute = Compute { process, ..compute };
            let inflation = self.solve(two, Figure::Compute, MOST_INFLATION, |inflation| {
                with(work, Compute { inflation, ..compute })
            })?;
            *work = with(work, Compute { inflation, ..compute });
        }
        Ok(())
    }

    /// From transfers beside one thread that computes.
    fn convoy(&self, work: &mut Work) -> Result<(), SystemError> {
        work.python.thread = work.python.process;
        for _ in 0..ROUNDS {
            work.reacquires =
                self.solve(THREAD, Figure::Download, MOST_REACQUIRES, |reacquires| Work {
                    reacquires,
                    ..*work
                })?;
            work.python.thread = self.solve(THREAD, Figure::Compute, MOST_COMPUTE, |thread| {
                Work { python: Compute { thread, ..work.python }, ..*work }
            })?;
        }
        Ok(())
    }

    /// From one forked process that returns heavy results.
    fn heavy_results(&self, work: &mut Work) -> Result<(), SystemError> {
        work.per_byte =
            self.solve(MEMORY_PROCESS, Figure::Throughput, MOST_PER_BYTE, |per_byte| Work {
                per_byte,
                ..*work
            })?;
        work.unshared = self
            .solve(MEMORY_PROCESS, Figure::PeakPss, 1.0, |unshared| Work { unshared, ..*work })?;
        Ok(())
    }
}

impl Model for Fit<'_> {
    fn parameters(&self) -> Vec<Fitted> {
        let Work { chunk, disk, reacquires, python, numpy, unshared, per_byte } = self.work;
        let of = |name, value, unit, from| Fitted { name, value, unit, from };
        let (time, number) = (Unit::Seconds, Unit::Count);
        vec![
            of("C code of a chunk", chunk, time, "t1: CPU time of the first downloads"),
            of("disk wait of a chunk", disk, time, "t1: time of the first downloads"),
            of("re-acquires of a chunk", reacquires, number, "t1: download time"),
            of("Python sum in a thread", python.thread, time, "t1: compute time"),
            of("Python sum in a process", python.process, time, "p1-fork: compute time"),
            of("its inflation per core", python.inflation, number, "p2-fork: compute time"),
            of("NumPy sum in a thread", numpy.thread, time, "t1-numpy: compute time"),
            of("NumPy sum in a process", numpy.process, time, "p1-numpy: compute time"),
            of("its inflation per core", numpy.inflation, number, "p2-numpy: compute time"),
            of("pages un-shared by a fork", unshared, number, "mem-p1-fork: peak PSS"),
            of("ns per byte of a result", per_byte, number, "mem-p1-fork: throughput"),
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

fn mean_over_seeds(value: impl Fn(u64) -> Result<f64, SimError>) -> Result<f64, SimError> {
    let sum = (0..SEEDS).try_fold(0.0, |sum, seed| Ok(sum + value(seed)?));
    sum.map(|sum: f64| sum / SEEDS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_re_acquires_add_up_to_the_mean() {
        let none = Compute::default();
        let work = Work {
            chunk: 0.0,
            disk: 0.0,
            reacquires: 12.4375,
            python: none,
            numpy: none,
            unshared: 0.0,
            per_byte: 0.0,
        };
        let total: u32 = (0..CHUNKS).map(|chunk| work.reacquires_of(chunk)).sum();
        assert_eq!(total, 199);
    }
}
