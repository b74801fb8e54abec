//! The calibration parameters that an answer rests on.

use crate::host::Origin;
use crate::search::units::number;
use crate::search::warnings::{limited, warning};
use crate::search::{Assessed, ParameterEffect, Sensitivity, Warning};
use crate::stats::Verdict;
use crate::workload::Workload;

/// Named parameters of a list; the rest is counted.
const NAMED: usize = 4;

/// What to know about the parameters before acting on `choice`.
pub(super) fn of_parameters(
    workload: &Workload,
    choice: &Assessed,
    sensitivity: &Sensitivity,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(turned(sensitivity));
    warnings.extend(in_doubt(workload, choice, sensitivity));
    warnings.extend(assumed(sensitivity));
    warnings
}

/// Parameters within whose range another pool would be chosen.
fn turned(sensitivity: &Sensitivity) -> Option<Warning> {
    let turning: Vec<&str> = sensitivity
        .effects
        .iter()
        .filter(|effect| effect.changes_the_choice())
        .map(|effect| effect.parameter.name.as_str())
        .collect();
    (!turning.is_empty()).then(|| {
        let message = format!("Another pool is better within the range of {}.", listed(&turning));
        warning(message, "Measure that before acting on the choice.")
    })
}

/// Limits that are kept at the best values of the parameters only.
fn in_doubt(workload: &Workload, choice: &Assessed, sensitivity: &Sensitivity) -> Option<Warning> {
    let pairs = choice.margins.iter().zip(&sensitivity.prediction.verdicts);
    let doubtful: Vec<String> = pairs
        .filter(|(margin, over_ranges)| {
            margin.verdict == Verdict::Met && **over_ranges != Verdict::Met
        })
        .map(|(margin, _)| limited(workload, margin))
        .collect();
    let names: Vec<&str> = doubtful.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        let off = match sensitivity.prediction.model_error {
            true => " and with the model's error",
            false => "",
        };
        let message = format!(
            "At the best values of the parameters the limit is kept, over their ranges{off} not \
             surely: {}.",
            listed(&names)
        );
        warning(message, "Leave more room, or measure the parameters that it depends on most.")
    })
}

/// Parameters that the choice's figures rest on and nobody measured, if they
/// are many.
fn assumed(sensitivity: &Sensitivity) -> Option<Warning> {
    let bearing: Vec<&ParameterEffect> =
        sensitivity.effects.iter().filter(|effect| effect.bears_on_the_choice()).collect();
    let guessed: Vec<&str> = bearing
        .iter()
        .filter(|effect| effect.parameter.origin == Origin::Assumed)
        .map(|effect| effect.parameter.name.as_str())
        .collect();
    (!guessed.is_empty() && 2 * guessed.len() >= bearing.len()).then(|| {
        let message = format!(
            "{} of the {} calibration parameters that the choice's figures depend on are assumed: \
             {}.",
            number(guessed.len() as f64),
            number(bearing.len() as f64),
            listed(&guessed)
        );
        let advice = "Measure them on the target host before relying on small differences.";
        warning(message, advice)
    })
}

fn listed(names: &[&str]) -> String {
    let mut text = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_counted() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d and 2 more");
    }
}
