//! From observations to the parameters of a host.
//!
//! Each figure is worked out round by round, so that what a difference or a
//! quotient is made of was measured within the same minute; the value is the
//! median over rounds, the range where one more round would lie. A parameter
//! of which nothing was observed keeps what the base says, and its origin.

mod constructor;
mod cores;
mod data;
mod dispatch;
mod memory;
mod put;
mod python;
#[cfg(test)]
mod testing;

use sim::host::Host;

use super::facts::Facts;
use super::observation::Observation;
use data::Data;

/// A fitted host.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// With what was measured in place of what `base` says.
    pub host: Host,
    /// Rounds of which anything was observed.
    pub rounds: usize,
    /// Launches thrown away because the speed of the host changed meanwhile.
    pub rejected: usize,
    /// All launches.
    pub launches: usize,
}

/// Fits all that `observations` tell; the rest is as in `base`.
pub fn fit(observations: &[Observation], facts: &Facts, base: &Host) -> Fitted {
    let data = Data::new(observations);
    let mut host = facts.host(base, data.rounds(), data.rejected);
    cores::fit(&data, &mut host);
    python::fit(&data, &mut host);
    constructor::fit(&data, &mut host);
    memory::fit(&data, &mut host);
    dispatch::fit(&data, &mut host);
    let (rounds, rejected, launches) = (data.rounds(), data.rejected, data.launches);
    Fitted { host, rounds, rejected, launches }
}
