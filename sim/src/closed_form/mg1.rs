//! M/G/1.

use super::{ClosedFormError, stable};

/// Poisson arrivals, any service time, one server, first come first served
/// (Pollaczek 1930, Khinchine 1932; Kleinrock 1975, section 5.6):
/// `W = rho / (1 - rho) * (1 + cv^2) / 2 * S`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    utilisation: f64,
    mean_service: f64,
    squared_cv: f64,
}

impl Mg1 {
    /// `arrival_rate` per second, `mean_service` in seconds, squared coefficient of
    /// variation of the service time.
    ///
    /// # Errors
    /// The queue is unstable, or a parameter is negative.
    pub fn new(
        arrival_rate: f64,
        mean_service: f64,
        squared_cv: f64,
    ) -> Result<Self, ClosedFormError> {
        if !squared_cv.is_finite() || squared_cv < 0.0 {
            return Err(ClosedFormError::Invalid {
                what: "squared coefficient of variation",
                value: squared_cv,
            });
        }
        let utilisation = stable(arrival_rate, mean_service, 1)?;
        Ok(Self { utilisation, mean_service, squared_cv })
    }

    /// Share of time that the server is busy.
    pub fn utilisation(&self) -> f64 {
        self.utilisation
    }

    /// Mean waiting time in seconds.
    pub fn mean_wait(&self) -> f64 {
        let load = self.utilisation / (1.0 - self.utilisation);
        load * (1.0 + self.squared_cv) / 2.0 * self.mean_service
    }

    /// Mean sojourn time in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.utilisation * self.mean_sojourn() / self.mean_service
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::Mm1;

    #[test]
    fn exponential_service_is_m_m_1() {
        for load in [0.1, 0.5, 0.9] {
            let (general, memoryless) =
                (Mg1::new(load, 1.0, 1.0).unwrap(), Mm1::new(load, 1.0).unwrap());
            assert!((general.mean_wait() - memoryless.mean_wait()).abs() < 1e-12);
            assert!((general.mean_in_system() - memoryless.mean_in_system()).abs() < 1e-12);
        }
    }

    /// Kleinrock 1975, section 5.6: constant service halves the wait of M/M/1.
    #[test]
    fn constant_service_halves_the_wait() {
        let constant = Mg1::new(0.8, 1.0, 0.0).unwrap().mean_wait();
        assert!((constant - Mm1::new(0.8, 1.0).unwrap().mean_wait() / 2.0).abs() < 1e-12);
    }
}
