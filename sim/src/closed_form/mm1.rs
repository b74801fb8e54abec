//! M/M/1.

use super::{ClosedFormError, stable};

/// Poisson arrivals, exponential service, one server, first come first served
/// (Kleinrock 1975, section 3.2): the sojourn time is exponential with mean
/// `S / (1 - rho)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    utilisation: f64,
    mean_service: f64,
}

impl Mm1 {
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

    /// Mean sojourn time in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_service / (1.0 - self.utilisation)
    }

    /// Mean waiting time in seconds.
    pub fn mean_wait(&self) -> f64 {
        self.utilisation * self.mean_sojourn()
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.utilisation / (1.0 - self.utilisation)
    }

    /// Sojourn time that a share `p` of requests does not exceed, in seconds.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        -self.mean_sojourn() * f64::ln_1p(-p.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gross and Harris, *Fundamentals of Queueing Theory*, the hair salon: five
    /// customers an hour, ten minutes each; 5 in the shop, an hour's stay, of
    /// which 50 minutes waiting.
    #[test]
    fn gross_and_harris_hair_salon() {
        let shop = Mm1::new(5.0, 1.0 / 6.0).unwrap();
        assert!((shop.utilisation() - 5.0 / 6.0).abs() < 1e-12);
        assert!((shop.mean_in_system() - 5.0).abs() < 1e-12);
        assert!((shop.mean_sojourn() - 1.0).abs() < 1e-12);
        assert!((shop.mean_wait() - 50.0 / 60.0).abs() < 1e-12);
    }

    #[test]
    fn sojourn_times_are_exponential() {
        let queue = Mm1::new(0.5, 1.0).unwrap();
        assert!((queue.sojourn_quantile(0.5) - 2.0 * 2f64.ln()).abs() < 1e-12);
        assert!((queue.sojourn_quantile(0.99) - 2.0 * 100f64.ln()).abs() < 1e-12);
        assert_eq!(queue.sojourn_quantile(1.0), f64::INFINITY);
    }
}
