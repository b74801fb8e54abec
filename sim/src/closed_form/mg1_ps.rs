//! M/G/1 under processor sharing.

use super::{ClosedFormError, stable};

/// Poisson arrivals, any service time, one server that all present share
/// equally (Kleinrock, *Queueing Systems* II, 1976, section 4.4). The sojourn
/// time of a request of length `x` is `x / (1 - rho)` on average: the mean
/// depends on the distribution of service times through its mean only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1Ps {
    utilisation: f64,
    mean_service: f64,
}

impl Mg1Ps {
    /// `arrival_rate` per second, `mean_service` in seconds.
    ///
    /// # Errors
    /// The queue is unstable, or a parameter is not above 0.
    pub fn new(arrival_rate: f64, mean_service: f64) -> Result<Self, ClosedFormError> {
        Ok(Self { utilisation: stable(arrival_rate, mean_service, 1)?, mean_service })
    }

    /// Share of time that the server is busy.
    pub fn utilisation(&self) -> f64 {
        self.utilisation
    }

    /// Mean sojourn time of all requests, in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_sojourn_of(self.mean_service)
    }

    /// Mean sojourn time of a request that takes `service` alone, in seconds.
    pub fn mean_sojourn_of(&self, service: f64) -> f64 {
        service / (1.0 - self.utilisation)
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.utilisation / (1.0 - self.utilisation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::Mm1;

    /// Sharing changes who waits, not how many are there when service times
    /// have no memory.
    #[test]
    fn the_mean_is_that_of_m_m_1() {
        let (shared, queue) = (Mg1Ps::new(0.7, 1.0).unwrap(), Mm1::new(0.7, 1.0).unwrap());
        assert!((shared.mean_sojourn() - queue.mean_sojourn()).abs() < 1e-12);
        assert!((shared.mean_in_system() - queue.mean_in_system()).abs() < 1e-12);
    }

    #[test]
    fn everyone_is_slowed_in_proportion() {
        let shared = Mg1Ps::new(0.75, 1.0).unwrap();
        assert!((shared.mean_sojourn_of(3.0) - 12.0).abs() < 1e-12);
        assert_eq!(shared.utilisation(), 0.75);
    }
}
