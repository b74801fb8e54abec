//! The shapes of a file of claims, as TOML has them.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sim::input::InputError;
use toml::Spanned;

use crate::source::{Source, toml_error};

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) document: Head,
    #[serde(default)]
    pub(super) configuration: Vec<Configuration>,
    #[serde(default)]
    pub(super) fitted: Vec<Fitted>,
    #[serde(default)]
    pub(super) section: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) title: String,
    pub(super) system: String,
    pub(super) cpus: Option<f64>,
    pub(super) memory: Option<Text>,
    pub(super) calibration: Option<PathBuf>,
    #[serde(default)]
    pub(super) unstated: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    pub(super) id: Text,
    pub(super) about: String,
    pub(super) variant: Option<String>,
    pub(super) requests: Option<u64>,
    #[serde(default)]
    pub(super) cold: bool,
    #[serde(default)]
    pub(super) with: toml::Table,
    pub(super) clients: Option<f64>,
    pub(super) think: Option<Text>,
    pub(super) workers: Option<f64>,
    pub(super) slots: Option<f64>,
    pub(super) cores_per_request: Option<f64>,
    pub(super) in_flight: Option<f64>,
    #[serde(default)]
    pub(super) orderings: Vec<Ordering>,
    pub(super) queue_cap: Option<f64>,
    pub(super) workers_away: Option<f64>,
    pub(super) ttl: Option<Text>,
    pub(super) demand: Option<Text>,
    pub(super) longest: Option<Text>,
    #[serde(default)]
    pub(super) unstated: String,
    #[serde(default)]
    pub(super) leaves_open: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ordering {
    pub(super) what: String,
    pub(super) in_flight: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) claim: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    pub(super) id: Text,
    #[serde(rename = "in")]
    pub(super) configuration: Option<Text>,
    pub(super) quantity: Text,
    pub(super) value: Option<Text>,
    pub(super) class: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) after: Option<Text>,
    #[serde(default)]
    pub(super) given: bool,
    pub(super) same_as: Option<Text>,
    pub(super) equals: Option<Text>,
    pub(super) at_most: Option<Text>,
    pub(super) at_least: Option<Text>,
    #[serde(default)]
    pub(super) because: String,
    pub(super) says: Option<Text>,
    #[serde(default)]
    pub(super) open: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fitted {
    pub(super) parameter: String,
    pub(super) value: String,
    pub(super) from: Vec<Text>,
}

pub(super) fn read(text: &str, path: &Path) -> Result<File, Vec<InputError>> {
    toml::from_str(text).map_err(|error| toml_error(&Source::new(path, text), &error))
}
