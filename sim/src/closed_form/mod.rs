//! Closed forms of queueing theory: what the simulation must agree with where
//! they hold, and the one line of sanity beside a prediction.
//!
//! Rates are per second, times in seconds. Symbols as in Kleinrock, *Queueing
//! Systems* I (1975): arrival rate `lambda`, mean service time `S`, servers `c`,
//! utilisation `rho = lambda S / c`.

mod machine_repairman;
mod mdc;
mod mg1;
mod mg1_ps;
mod mm1;
mod mmc;
mod mmck;
mod mva;
mod operational;
mod recycling;
mod root;

pub use machine_repairman::MachineRepairman;
pub use mdc::{Md1, mdc_mean_wait};
pub use mg1::Mg1;
pub use mg1_ps::Mg1Ps;
pub use mm1::Mm1;
pub use mmc::{Mmc, erlang_b, erlang_c};
pub use mmck::Mmck;
pub use mva::{Mva, Station, mva};
pub use operational::{little, response_bound, throughput_bound, utilisation};
pub use recycling::{Lives, Sawtooth, down_at_least, most_down};

/// A closed form does not apply.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ClosedFormError {
    /// More work comes in than the servers can do.
    #[error("no steady state: the load is {utilisation:.3} of what the servers can do")]
    Unstable {
        /// Offered load over servers, at least 1.
        utilisation: f64,
    },
    /// A parameter outside the model.
    #[error("{what} is {value}, which no queue can have")]
    Invalid {
        /// Which parameter.
        what: &'static str,
        /// Its value.
        value: f64,
    },
}

/// `value` if it is finite and above 0.
fn positive(what: &'static str, value: f64) -> Result<f64, ClosedFormError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(ClosedFormError::Invalid { what, value })
    }
}

/// `count` if it is above 0.
fn at_least_one(what: &'static str, count: u32) -> Result<u32, ClosedFormError> {
    if count > 0 { Ok(count) } else { Err(ClosedFormError::Invalid { what, value: 0.0 }) }
}

/// Utilisation of `servers` if it is below 1; checks both parameters.
fn stable(arrival_rate: f64, mean_service: f64, servers: u32) -> Result<f64, ClosedFormError> {
    let work = positive("arrival rate", arrival_rate)? * positive("mean service", mean_service)?;
    let utilisation = work / f64::from(at_least_one("number of servers", servers)?);
    if utilisation < 1.0 { Ok(utilisation) } else { Err(ClosedFormError::Unstable { utilisation }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_apply_is_refused() {
        assert_eq!(
            Mm1::new(2.0, 0.75).unwrap_err(),
            ClosedFormError::Unstable { utilisation: 1.5 }
        );
        assert!(Mmc::new(3.0, 1.0, 3).is_err());
        assert!(Mmc::new(1.0, 1.0, 0).is_err());
        assert!(Mg1::new(1.0, 0.5, f64::NAN).is_err());
        assert!(Md1::new(f64::INFINITY, 1.0).is_err());
        assert!(Mmck::new(1.0, 1.0, 4, 3).is_err());
        let message = Mm1::new(-1.0, 1.0).unwrap_err().to_string();
        assert_eq!(message, "arrival rate is -1, which no queue can have");
    }
}
