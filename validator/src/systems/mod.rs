//! Published systems, run for real and predicted: tadween-core's pipeline,
//! pyrallel-consumer's keyed consumer, the five pools of a comparison.
//!
//! A [`System`] has [`Variant`]s, each a configuration that its document
//! measured. [`campaign::run`] runs all of them in turn, several times; a
//! [`Model`] is fitted to the variants that say so, and [`Score`] holds its
//! predictions against all others.

pub mod campaign;
mod error;
mod figure;
mod fitting;
mod launch;
pub mod measured;
mod pace;
pub mod pools;
pub mod pyrallel;
mod score;
pub mod tadween;

use serde_json::Value;
use sim::experiment::SimError;
use sim::host::Host;
use sim::workload::PythonVersion;

pub use campaign::Kept;
pub use error::SystemError;
pub use figure::{Figure, Group, Readings, Unit};
pub use launch::{Run, launch};
pub use pace::Pace;
pub use score::{GroupScore, Row, Score};

use crate::environments::Purpose;

/// Python files by name; the first is the one that runs.
pub type Sources = &'static [(&'static str, &'static str)];

/// What every runner imports.
const RECORDS: &str = include_str!("../../python/systems/records.py");

/// A published system.
pub trait System {
    /// For people and in file names.
    fn name(&self) -> &'static str;
    /// The environment that it runs in.
    fn purpose(&self) -> Purpose;
    /// Name of its document among the published claims.
    fn document(&self) -> &'static str;
    /// Claims of that document that its variants show.
    fn claims(&self) -> Vec<measured::Claim>;
    /// Its runner.
    fn sources(&self) -> Sources;
    /// Oldest minor version of Python 3 that it runs on.
    fn oldest_python(&self) -> u8;
    /// What was made smaller than in the document, and why; empty if nothing.
    fn scaling(&self) -> String;
    /// What is run.
    fn variants(&self) -> Vec<Variant>;
    /// The figures of one run.
    ///
    /// # Errors
    /// Its records lack something.
    fn read(&self, variant: &Variant, run: &Run) -> Result<Readings, SystemError>;
    /// The model, fitted to those of `runs` whose variant says so.
    ///
    /// # Errors
    /// What is needed was not seen, or the simulation gave up.
    fn fit<'a>(
        &self,
        setting: &Setting<'a>,
        runs: &[Kept],
    ) -> Result<Box<dyn Model + 'a>, SystemError>;
}

/// Where predictions are for.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The calibration.
    pub host: &'a Host,
    /// Version of the interpreter.
    pub python: PythonVersion,
}

/// A fitted model of a system.
pub trait Model: Sync {
    /// What was fitted.
    fn parameters(&self) -> Vec<Fitted>;
    /// What `variant` should show at `pace` in a process that has imported what
    /// `run` says. Nothing else of `run` may be used.
    ///
    /// # Errors
    /// As the simulation.
    fn predict(
        &self,
        variant: &Variant,
        run: &Kept,
        pace: Pace,
        seed: u64,
    ) -> Result<Readings, SimError>;
}

/// One configuration of a system.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Unique within the system.
    pub name: String,
    /// What the runner is told.
    pub spec: Value,
    /// Are parameters taken from it? It is then not scored.
    pub fitted: bool,
    /// Is it one of the few of a quick run?
    pub quick: bool,
}

/// A parameter that was taken from runs.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fitted {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Of what kind.
    pub unit: Unit,
    /// The variant and what of it.
    pub from: &'static str,
}
