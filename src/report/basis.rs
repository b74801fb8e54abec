//! What the answer rests on, and how to have it again.

use serde::Serialize;
use sim::host::{HostParameter, Provenance};

use super::parts::Table;
use crate::render::recommendation::{Answer, sure_line};
use crate::render::units::{Unit, count};
use crate::render::what_if::parameter;

/// The calibration with its error, and the command.
#[derive(Serialize)]
pub struct Basis<'a> {
    sure: String,
    /// How it was measured, if it was.
    measured: Option<String>,
    parameters: Table,
    command: &'a str,
    version: &'static str,
    seed: u64,
}

impl<'a> Basis<'a> {
    pub fn of(answer: &'a Answer<'_>) -> Self {
        let parameters = answer.host.parameters();
        Self {
            sure: sure_line(answer),
            measured: answer.host.provenance.as_ref().map(measured),
            parameters: Table::of_text(
                "Parameters of the calibration",
                ["parameter", "value", "95 % range", "origin", "error of the fit", "how"],
                parameters.iter().map(row).collect(),
            ),
            command: &answer.command,
            version: env!("CARGO_PKG_VERSION"),
            seed: answer.recommendation.effort.seed,
        }
    }
}

fn row(of: &HostParameter) -> [String; 6] {
    let show = |value| parameter(of.unit, value);
    let range = match of.low == of.high {
        true => String::new(),
        false => format!("{} to {}", show(of.low), show(of.high)),
    };
    let fit = of.fit_error.map_or(String::new(), |error| Unit::Share.show(error));
    [of.name.clone(), show(of.value), range, of.origin.name().to_owned(), fit, of.note.clone()]
}

fn measured(of: &Provenance) -> String {
    format!(
        "Measured with {} on {} by planner {} in {}; {} thrown away because the host's speed \
         changed.",
        of.interpreter,
        of.kernel,
        of.planner,
        count(of.rounds, "round"),
        count(of.rejected, "run"),
    )
}
