//! M/M/c.

use super::{ClosedFormError, at_least_one, positive, root, stable};

/// Poisson arrivals, exponential service, `c` servers, one queue, first come
/// first served (Erlang 1917; Kleinrock 1975, section 3.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    arrival_rate: f64,
    mean_service: f64,
    servers: u32,
    delayed: f64,
}

/// Erlang's B formula: share of requests lost by `servers` servers without a
/// queue at `offered` Erlangs, by the recursion that never overflows.
///
/// # Errors
/// `offered` is not above 0.
pub fn erlang_b(servers: u32, offered: f64) -> Result<f64, ClosedFormError> {
    let offered = positive("offered load", offered)?;
    Ok((1..=servers).fold(1.0, |lost, c| offered * lost / (f64::from(c) + offered * lost)))
}

/// Erlang's C formula: share of requests that wait for one of `servers` servers
/// at `offered` Erlangs.
///
/// # Errors
/// `offered` is not above 0 or not below `servers`.
pub fn erlang_c(servers: u32, offered: f64) -> Result<f64, ClosedFormError> {
    let utilisation = stable(offered, 1.0, at_least_one("number of servers", servers)?)?;
    let lost = erlang_b(servers, offered)?;
    Ok(lost / (1.0 - utilisation * (1.0 - lost)))
}

impl Mmc {
    /// `arrival_rate` per second, `mean_service` in seconds.
    ///
    /// # Errors
    /// The queue is unstable, or a parameter is not above 0.
    pub fn new(
        arrival_rate: f64,
        mean_service: f64,
        servers: u32,
    ) -> Result<Self, ClosedFormError> {
        stable(arrival_rate, mean_service, servers)?;
        let delayed = erlang_c(servers, arrival_rate * mean_service)?;
        Ok(Self { arrival_rate, mean_service, servers, delayed })
    }

    /// Share of time that a server is busy.
    pub fn utilisation(&self) -> f64 {
        self.arrival_rate * self.mean_service / f64::from(self.servers)
    }

    /// Share of requests that wait.
    pub fn delayed(&self) -> f64 {
        self.delayed
    }

    /// Rate at which the queue drains beyond arrivals, `c / S - lambda` per second.
    fn drain_rate(&self) -> f64 {
        f64::from(self.servers) / self.mean_service - self.arrival_rate
    }

    /// Mean waiting time in seconds.
    pub fn mean_wait(&self) -> f64 {
        self.delayed / self.drain_rate()
    }

    /// Mean sojourn time in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// Waiting time that a share `p` of requests does not exceed, in seconds.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        let beyond = 1.0 - p.clamp(0.0, 1.0);
        if beyond >= self.delayed { 0.0 } else { (self.delayed / beyond).ln() / self.drain_rate() }
    }

    /// Sojourn time that a share `p` of requests does not exceed, in seconds.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        root::quantile(|t| 1.0 - self.sojourn_beyond(t), p, self.mean_sojourn())
    }

    /// Share of requests that stay longer than `t`: service alone, or service
    /// and an exponential wait. Written so that equal rates cancel no digits.
    fn sojourn_beyond(&self, t: f64) -> f64 {
        let service_rate = 1.0 / self.mean_service;
        let apart = service_rate - self.drain_rate();
        let waits = if (apart * t).abs() < 1e-300 { t } else { f64::exp_m1(apart * t) / apart };
        f64::exp(-service_rate * t) * (1.0 + self.delayed * service_rate * waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::Mm1;

    /// Gross and Harris, *Fundamentals of Queueing Theory*, the eye clinic: six
    /// patients an hour, three doctors, 20 minutes each; 8/9 waiting, a stay of
    /// 28.9 minutes.
    #[test]
    fn gross_and_harris_eye_clinic() {
        let clinic = Mmc::new(6.0, 1.0 / 3.0, 3).unwrap();
        assert!((clinic.mean_wait() * 6.0 - 8.0 / 9.0).abs() < 1e-12);
        assert!((clinic.mean_sojourn() - 13.0 / 27.0).abs() < 1e-12);
        assert!((clinic.delayed() - 4.0 / 9.0).abs() < 1e-12);
    }

    /// Tables of Erlang's B formula: 10 Erlangs on 10 lines lose 21.46 %, on
    /// 20 lines 0.187 %.
    #[test]
    fn erlang_b_matches_the_tables() {
        assert!((erlang_b(10, 10.0).unwrap() - 0.2146).abs() < 5e-5);
        assert!((erlang_b(20, 10.0).unwrap() - 0.00187).abs() < 5e-6);
        assert!(erlang_b(5_000, 4_900.0).unwrap() > 0.0);
    }

    #[test]
    fn one_server_is_m_m_1() {
        let (one, many) = (Mm1::new(0.8, 1.0).unwrap(), Mmc::new(0.8, 1.0, 1).unwrap());
        assert!((one.mean_sojourn() - many.mean_sojourn()).abs() < 1e-12);
        for p in [0.1, 0.5, 0.95, 0.99] {
            let ratio = many.sojourn_quantile(p) / one.sojourn_quantile(p);
            assert!((ratio - 1.0).abs() < 1e-9, "{p}: {ratio}");
        }
    }

    #[test]
    fn the_distribution_has_the_mean() {
        // The second has equal service and drain rates.
        for (rate, servers) in [(3.2, 4), (3.0, 4), (1.0, 2), (0.5, 3)] {
            let queue = Mmc::new(rate, 1.0, servers).unwrap();
            let step = 1e-3;
            let area: f64 =
                (0..60_000).map(|i| queue.sojourn_beyond((i as f64 + 0.5) * step) * step).sum();
            assert!((area / queue.mean_sojourn() - 1.0).abs() < 1e-5, "{rate} {servers}");
        }
    }

    #[test]
    fn waits_are_zero_or_exponential() {
        let queue = Mmc::new(3.2, 1.0, 4).unwrap();
        let p = 1.0 - queue.delayed();
        assert_eq!(queue.wait_quantile(p * 0.99), 0.0);
        assert!((queue.wait_quantile(1.0 - queue.delayed() / 2.0) - 2f64.ln() / 0.8).abs() < 1e-12);
    }
}
