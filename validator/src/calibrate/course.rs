//! The course of a calibration: rounds of all probes.

use std::path::{Path, PathBuf};

use super::journal::Journal;
use super::launch::{self, Ending};
use super::observation::{Line, Observation, is_steady};
use super::probes::{self, Probe};
use super::{CalibrateError, Skipped};
use crate::environments::{Cache, Purpose};
use crate::interpreters::Interpreter;
use crate::run::Stop;

/// What to measure, with what, how often.
#[derive(Debug)]
pub struct Course<'a> {
    /// The interpreter.
    pub python: &'a Interpreter,
    /// Where environments with packages are.
    pub cache: &'a Cache,
    /// The probes.
    pub probes: Vec<Probe>,
    /// Rounds of all of them.
    pub rounds: u32,
    /// A folder for what they need while they run.
    pub scratch: &'a Path,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Measured {
    /// Probes that gave nothing.
    pub skipped: Vec<Skipped>,
    /// Did someone ask to stop?
    pub interrupted: bool,
}

/// Runs every probe once in each round, every second round backwards, so that
/// no repeats of one probe stand together and whatever changes on the host
/// meets all of them. A launch during which the speed of the host changed is
/// repeated once.
///
/// `progress` is told what runs, how many launches are done, and of how many.
///
/// # Errors
/// The observations cannot be kept, or the interpreter cannot be run.
pub fn measure(
    course: &Course<'_>,
    journal: &mut Journal,
    stop: &Stop,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<Measured, CalibrateError> {
    probes::write(course.scratch).map_err(|e| CalibrateError::files(course.scratch, e))?;
    let mut measured = Measured::default();
    let mut ready = with_interpreters(course, &mut measured);
    let before = journal.observations().iter().map(|o| (o.round + 1, o.run + 1));
    let (first_round, run) = before.fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    let mut launcher = Launcher { scratch: course.scratch, journal, stop, run };
    let total = u64::from(course.rounds) * ready.len() as u64;
    let mut done = 0;
    for round in 0..course.rounds {
        let mut failed = Vec::new();
        for (probe, python) in &ready {
            progress(&probe.name, done, total);
            match launcher.steadily(probe, python, first_round + round)? {
                Ending::Done => {}
                Ending::Stopped => return Ok(Measured { interrupted: true, ..measured }),
                Ending::Failed(reason) => {
                    measured.skipped.push(Skipped { what: probe.name.clone(), reason });
                    failed.push(probe.clone());
                }
            }
            done += 1;
        }
        // What failed once would fail again.
        ready.retain(|(probe, _)| !failed.contains(probe));
        ready.reverse();
    }
    Ok(measured)
}

/// Launches probes and keeps what they print.
struct Launcher<'a> {
    scratch: &'a Path,
    journal: &'a mut Journal,
    stop: &'a Stop,
    /// Number of the next launch.
    run: u32,
}

impl Launcher<'_> {
    /// Once, and once more if the speed of the host changed meanwhile.
    fn steadily(
        &mut self,
        probe: &Probe,
        python: &Path,
        round: u32,
    ) -> Result<Ending, CalibrateError> {
        let (steady, ending) = self.launch(probe, python, round)?;
        match ending {
            Ending::Done if !steady => Ok(self.launch(probe, python, round)?.1),
            ending => Ok(ending),
        }
    }

    fn launch(
        &mut self,
        probe: &Probe,
        python: &Path,
        round: u32,
    ) -> Result<(bool, Ending), CalibrateError> {
        let fail = |error| CalibrateError::Launch { python: python.to_owned(), error };
        let launched = launch::launch(python, probe, self.scratch, self.stop);
        let (lines, ending) = launched.map_err(fail)?;
        let of_run = |line: Line| line.of(round, self.run, &probe.name);
        let observed: Vec<Observation> = lines.into_iter().map(of_run).collect();
        let steady = is_steady(observed.iter());
        self.run += 1;
        self.journal.append(observed)?;
        Ok((steady, ending))
    }
}

/// The probes that can be run, each with its Python.
fn with_interpreters(course: &Course<'_>, measured: &mut Measured) -> Vec<(Probe, PathBuf)> {
    let mut pythons = Vec::new();
    for purpose in [Purpose::Plain, Purpose::Greenlets, Purpose::Numpy] {
        let needs = |probe: &&Probe| probe.purpose == purpose;
        let Some(first) = course.probes.iter().find(needs) else {
            continue;
        };
        match course.cache.environment(course.python, purpose) {
            Ok(environment) => pythons.push((purpose, environment.python)),
            Err(error) => {
                let what = format!("{} and what else needs its packages", first.name);
                measured.skipped.push(Skipped { what, reason: error.to_string() });
            }
        }
    }
    let with = |probe: &Probe| {
        let (_, python) = pythons.iter().find(|(purpose, _)| *purpose == probe.purpose)?;
        Some((probe.clone(), python.clone()))
    };
    course.probes.iter().filter_map(with).collect()
}
