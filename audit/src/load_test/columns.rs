//! The columns that a load test may have, and their cells.

use crate::figure::{Dimension, Figure};
use crate::quantity::Quantity;

/// A column, with the unit that its name gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    Name,
    Pool,
    Profile,
    Setting(Setting, Option<String>),
    Figure(Quantity, Option<String>),
}

/// What was set up, as opposed to found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Setting {
    Workers,
    Slots,
    Clients,
    Think,
    CoresPerRequest,
    QueueCap,
}

const SETTINGS: [(&str, Setting); 6] = [
    ("workers", Setting::Workers),
    ("slots", Setting::Slots),
    ("clients", Setting::Clients),
    ("think", Setting::Think),
    ("cores-per-request", Setting::CoresPerRequest),
    ("queue-cap", Setting::QueueCap),
];

/// What a load test finds.
const FIGURES: [Quantity; 15] = [
    Quantity::Offered,
    Quantity::Throughput,
    Quantity::PeakThroughput,
    Quantity::Mean,
    Quantity::P50,
    Quantity::P75,
    Quantity::P90,
    Quantity::P95,
    Quantity::P99,
    Quantity::P999,
    Quantity::Cpu,
    Quantity::Memory,
    Quantity::WorkerRss,
    Quantity::Queue,
    Quantity::Rejected,
];

impl Setting {
    pub(super) fn dimension(self) -> Dimension {
        match self {
            Self::Think => Dimension::Time,
            _ => Dimension::Number,
        }
    }
}

impl Column {
    /// `p99`, or `p99 (ms)` with its unit.
    pub(super) fn named(text: &str) -> Option<Self> {
        let (name, unit) = match text.split_once('(') {
            Some((name, unit)) => {
                (name.trim(), Some(unit.trim().strip_suffix(')')?.trim().to_owned()))
            }
            None => (text, None),
        };
        match name {
            "name" => return Some(Self::Name),
            "pool" => return Some(Self::Pool),
            "profile" => return Some(Self::Profile),
            _ => {}
        }
        if let Some((_, setting)) = SETTINGS.iter().find(|(known, _)| *known == name) {
            return Some(Self::Setting(*setting, unit));
        }
        let quantity = FIGURES.into_iter().find(|quantity| quantity.name() == name)?;
        Some(Self::Figure(quantity, unit))
    }

    /// Every name.
    pub(super) fn known() -> impl Iterator<Item = &'static str> {
        let settings = SETTINGS.iter().map(|(name, _)| *name);
        let figures = FIGURES.iter().map(|quantity| quantity.name());
        ["name", "pool", "profile"].into_iter().chain(settings).chain(figures)
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Pool => "pool",
            Self::Profile => "profile",
            Self::Setting(of, _) => {
                SETTINGS.iter().find(|(_, known)| known == of).map_or("", |(name, _)| *name)
            }
            Self::Figure(quantity, _) => quantity.name(),
        }
    }
}

/// The figure in `cell` of a column with that unit; else what is wrong and what
/// to write.
pub(super) fn figure(
    cell: &str,
    unit: Option<&str>,
    dimension: Dimension,
) -> Result<Figure, (String, String)> {
    let bare = cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '~' | '-' | '+'));
    let text = match unit {
        Some(unit) if bare => format!("{cell} {unit}"),
        Some(unit) => {
            let message = format!("`{cell}` has a unit of its own in a column of {unit}");
            return Err((
                message,
                format!("write it in {unit}, or take the unit out of the header"),
            ));
        }
        None => cell.to_owned(),
    };
    let text = text.replace(" /", "/");
    let figure = Figure::parse(&text).map_err(|error| (error.message, error.help))?;
    if figure.dimension == dimension {
        return Ok(figure);
    }
    let example = match dimension {
        Dimension::Time => "a time needs ms, s or min, like `8 ms`",
        Dimension::Rate => "a rate needs /s, /min or /h, like `1500/s`",
        Dimension::Memory => "a size needs MB, GB, MiB or GiB, like `15 GB`",
        Dimension::Number => "a number has no unit, but for % and x",
    };
    Err((format!("`{cell}` has not the unit of this column"), example.to_owned()))
}
