//! What would be said if something were otherwise: a calibration parameter at
//! the end of its range, an input of the workload scaled, several hosts.

mod fleet;
mod flips;
mod input;
mod map;
mod sensitivity;
mod trial;

use crate::experiment::SimError;
use crate::host::Host;
use crate::search::Assessed;
use crate::search::assess::verdict;
use crate::stats::Verdict;
use crate::workload::Workload;

use fleet::fleet;
pub use fleet::{Fleet, FleetSize, MOST_HOSTS};
use flips::flips;
pub use flips::{FARTHEST, Flip, FlipPoint};
pub use input::{Input, InputUnit};
use map::map;
pub use map::{MapCell, WinnerMap};
use sensitivity::sensitivity;
pub use sensitivity::{EndEffect, ParameterEffect, Prediction, Sensitivity};
pub(super) use trial::Contest;

/// What would change the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// What the ranges of the calibration's parameters do to it.
    pub sensitivity: Sensitivity,
    /// How far each input must move before it is another, the nearest first.
    pub flips: Vec<FlipPoint>,
    /// Who wins as the two inputs with the nearest flips move together, if
    /// there are two.
    pub map: Option<WinnerMap>,
    /// How many such hosts would do, if one does not.
    pub fleet: Option<Fleet>,
    /// Requests simulated for all of it.
    pub requests: u64,
}

impl WhatIf {
    /// Asks all of it about `choice`, the first pool of `contest`.
    pub(super) fn ask(
        workload: &Workload,
        host: &Host,
        contest: &Contest,
        choice: &Assessed,
    ) -> Result<Self, SimError> {
        let sensitivity = sensitivity(workload, host, contest, choice)?;
        let (flips, of_flips) = flips(workload, host, contest)?;
        let mapped = map(workload, host, contest, &flips)?;
        let of_map = mapped.as_ref().map_or(0, |(_, requests)| *requests);
        let fleet = match verdict(workload, choice) {
            Verdict::Missed => Some(fleet(workload, host, contest)?),
            Verdict::Met | Verdict::NotResolved => None,
        };
        let of_fleet = fleet.as_ref().map_or(0, |(_, requests)| *requests);
        Ok(Self {
            requests: sensitivity.requests + of_flips + of_map + of_fleet,
            sensitivity,
            flips,
            map: mapped.map(|(map, _)| map),
            fleet: fleet.map(|(fleet, _)| fleet),
        })
    }
}
