//! The answer of `planner calibrate`.

use serde::Serialize;
use sim::host::{HostParameter, ParameterUnit};
use validator::calibrate::{Fitted, Skipped};

use super::VERSION;

/// The answer of `planner calibrate`.
#[derive(Debug, Serialize)]
pub struct Calibration<'a> {
    version: u32,
    name: &'a str,
    rounds: usize,
    launches: usize,
    rejected: usize,
    parameters: Vec<Parameter>,
    not_measured: &'a [Skipped],
    /// What became of the discrepancy of the calibration that was replaced; null
    /// if it had none.
    discrepancy: Option<&'a str>,
}

/// One parameter; times in s, sizes in bytes.
#[derive(Debug, Serialize)]
pub struct Parameter {
    name: String,
    unit: ParameterUnit,
    value: f64,
    low: f64,
    high: f64,
    origin: &'static str,
    note: String,
}

impl<'a> Calibration<'a> {
    /// The same facts as in the text.
    pub fn new(fitted: &'a Fitted, skipped: &'a [Skipped], earlier: Option<&'a str>) -> Self {
        let Fitted { host, rounds, launches, rejected } = fitted;
        let parameters = host.parameters().into_iter().map(Parameter::from).collect();
        Self {
            version: VERSION,
            name: &host.name,
            rounds: *rounds,
            launches: *launches,
            rejected: *rejected,
            parameters,
            not_measured: skipped,
            discrepancy: earlier,
        }
    }
}

impl From<HostParameter> for Parameter {
    fn from(parameter: HostParameter) -> Self {
        let HostParameter { name, unit, value, low, high, origin, note, .. } = parameter;
        Self { name, unit, value, low, high, origin: origin.name(), note }
    }
}
