//! The answer of `planner doctor`.

use serde::Serialize;
use validator::host::Probe;
use validator::interpreters::Found;
use validator::noise::Noise;
use validator::readiness::Check;

use super::VERSION;

/// The answer of `planner doctor`.
#[derive(Debug, Serialize)]
pub struct Doctor<'a> {
    version: u32,
    machine: &'a Probe,
    python: &'a Found,
    noise: &'a Noise,
    checks: &'a [Check],
}

impl<'a> Doctor<'a> {
    /// The same facts as in the text.
    pub fn new(probe: &'a Probe, found: &'a Found, noise: &'a Noise, checks: &'a [Check]) -> Self {
        Self { version: VERSION, machine: probe, python: found, noise, checks }
    }
}
