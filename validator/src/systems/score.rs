//! Predicted beside observed.

use rayon::prelude::*;
use serde::Serialize;
use sim::experiment::SimError;

use super::campaign::Kept;
use super::{Figure, Fitted, Group, Model, Pace, Readings, Variant};
use crate::lock_probe::{Spread, noise_floor};

/// Simulations of each run.
const SEEDS: u64 = 3;
/// Largest median absolute error that counts as right, as a share.
const TOLERANCE: f64 = 0.10;

/// One figure of one variant.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the variant.
    pub variant: String,
    /// What is compared.
    pub figure: Figure,
    /// Median over the runs.
    pub observed: Spread,
    /// Median over the runs' predictions; none of what the model does not have.
    pub predicted: Option<Spread>,
    /// How far two runs differ, as a share.
    pub noise: Option<f64>,
    /// Were parameters taken from this variant?
    pub fitted: bool,
}

impl Row {
    /// Predicted over observed, less one.
    pub fn error(&self) -> Option<f64> {
        self.predicted.map(|predicted| predicted.point / self.observed.point - 1.0)
    }
}

/// All rows of a group that are held out.
#[derive(Clone, Debug, Serialize)]
pub struct GroupScore {
    /// Which figures.
    pub group: Group,
    /// Median absolute error, with its interval over the rows.
    pub error: Spread,
    /// Median noise floor of the same rows.
    pub noise: Option<f64>,
    /// Largest error that counts as right.
    pub tolerance: f64,
}

impl GroupScore {
    /// Is the median error small enough?
    pub fn is_met(&self) -> bool {
        self.error.point <= self.tolerance
    }
}

/// A system's predictions beside what it did.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// What was fitted.
    pub parameters: Vec<Fitted>,
    /// All figures of all variants.
    pub rows: Vec<Row>,
    /// Held-out rows by group.
    pub groups: Vec<GroupScore>,
}

impl Score {
    /// Holds `model` against `runs` of `variants`.
    ///
    /// # Errors
    /// As the simulation.
    pub fn of(model: &dyn Model, variants: &[Variant], runs: &[Kept]) -> Result<Self, SimError> {
        let rows: Vec<Vec<Row>> = variants
            .par_iter()
            .map(|variant| of_variant(model, variant, runs))
            .collect::<Result<_, SimError>>()?;
        let rows = rows.concat();
        let groups = Group::ALL.iter().filter_map(|&group| of_group(group, &rows)).collect();
        Ok(Self { parameters: model.parameters(), rows, groups })
    }

    /// Figures that the fitted parameters are to explain.
    pub fn held_out(&self) -> usize {
        self.rows.iter().filter(|row| is_scored(row)).count()
    }
}

fn is_scored(row: &Row) -> bool {
    !row.fitted && row.figure.group().is_some()
}

fn of_variant(model: &dyn Model, variant: &Variant, runs: &[Kept]) -> Result<Vec<Row>, SimError> {
    let own: Vec<&Kept> = runs.iter().filter(|run| run.variant == variant.name).collect();
    let mut predicted: Vec<Readings> = Vec::new();
    for run in &own {
        let pace = Pace::of(run, runs);
        for seed in 0..SEEDS {
            predicted.push(model.predict(variant, run, pace, seed)?);
        }
    }
    let values = |all: &[&Readings], figure| -> Vec<f64> {
        all.iter().filter_map(|readings| readings.get(&figure).copied()).collect()
    };
    let seen: Vec<&Readings> = own.iter().map(|run| &run.readings).collect();
    let simulated: Vec<&Readings> = predicted.iter().collect();
    let figures = seen.first().map(|first| first.keys().copied().collect::<Vec<_>>());
    let compared = figures.unwrap_or_default().into_iter().filter(|it| !it.is_for_fitting());
    Ok(compared
        .filter_map(|figure| {
            let observed = values(&seen, figure);
            Some(Row {
                variant: variant.name.clone(),
                figure,
                observed: Spread::of(&observed)?,
                predicted: Spread::of(&values(&simulated, figure)),
                noise: noise_floor(&observed),
                fitted: variant.fitted,
            })
        })
        .collect())
}

fn of_group(group: Group, rows: &[Row]) -> Option<GroupScore> {
    let of: Vec<&Row> =
        rows.iter().filter(|row| is_scored(row) && row.figure.group() == Some(group)).collect();
    let errors: Vec<f64> = of.iter().filter_map(|row| row.error().map(f64::abs)).collect();
    let noises: Vec<f64> = of.iter().filter_map(|row| row.noise).collect();
    Some(GroupScore {
        group,
        error: Spread::of(&errors)?,
        noise: Spread::of(&noises).map(|noise| noise.point),
        tolerance: TOLERANCE,
    })
}
