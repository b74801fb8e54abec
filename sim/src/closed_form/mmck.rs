//! M/M/c/K.

use super::{ClosedFormError, at_least_one, positive};

/// Poisson arrivals, exponential service, `c` servers, at most `K` requests in
/// the system; who finds it full is rejected (Kleinrock 1975, section 3.6;
/// Gross and Harris, section 2.5). Any load has a steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmck {
    arrival_rate: f64,
    servers: u32,
    /// Probability of each number in the system, 0 to K.
    present: Vec<f64>,
}

impl Mmck {
    /// `arrival_rate` per second, `mean_service` in seconds, `capacity` with those in
    /// service.
    ///
    /// # Errors
    /// A parameter is not above 0, or `capacity` is below `servers`.
    pub fn new(
        arrival_rate: f64,
        mean_service: f64,
        servers: u32,
        capacity: u32,
    ) -> Result<Self, ClosedFormError> {
        let offered =
            positive("arrival rate", arrival_rate)? * positive("mean service", mean_service)?;
        let servers = at_least_one("number of servers", servers)?;
        if capacity < servers {
            let value = f64::from(capacity);
            return Err(ClosedFormError::Invalid { what: "capacity", value });
        }
        let ratio = |n: u32| offered / f64::from(n.min(servers));
        Ok(Self { arrival_rate, servers, present: birth_death(capacity, ratio) })
    }

    /// Share of requests rejected.
    pub fn blocking(&self) -> f64 {
        self.present.last().copied().unwrap_or(0.0)
    }

    /// Requests served per second.
    pub fn throughput(&self) -> f64 {
        self.arrival_rate * (1.0 - self.blocking())
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        mean_above(&self.present, 0)
    }

    /// Mean sojourn time of the requests served, in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_in_system() / self.throughput()
    }

    /// Mean waiting time of the requests served, in seconds.
    pub fn mean_wait(&self) -> f64 {
        mean_above(&self.present, self.servers) / self.throughput()
    }
}

/// Stationary probabilities of the states 0 to `last` of a birth-death process
/// whose state `n` is `ratio(n)` times as likely as state `n - 1`.
pub(super) fn birth_death(last: u32, ratio: impl Fn(u32) -> f64) -> Vec<f64> {
    /// Far from overflow and from losing what matters.
    const LARGE: f64 = 1e250;
    let mut weights = vec![1.0];
    let mut weight = 1.0;
    for n in 1..=last {
        weight *= ratio(n);
        weights.push(weight);
        if weight > LARGE {
            weights.iter_mut().for_each(|w| *w /= LARGE);
            weight /= LARGE;
        }
    }
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}

/// Mean of the part of the state above `level`.
pub(super) fn mean_above(probabilities: &[f64], level: u32) -> f64 {
    (0u32..).zip(probabilities).map(|(n, p)| f64::from(n.saturating_sub(level)) * p).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::{Mmc, erlang_b};

    /// Gross and Harris, *Fundamentals of Queueing Theory*, the car inspection
    /// station: three lanes, room for seven cars, one a minute, six minutes
    /// each. By hand the weights of 0 to 7 cars are 1, 6, 18, 36, 72, 144, 288,
    /// 576; the book prints 6.06 cars in the station.
    #[test]
    fn gross_and_harris_inspection_station() {
        let station = Mmck::new(1.0, 6.0, 3, 7).unwrap();
        assert!((station.blocking() - 576.0 / 1141.0).abs() < 1e-12);
        assert!((station.mean_in_system() - 6.06).abs() < 5e-3);
        assert!((station.mean_sojourn() - 6918.0 / 565.0).abs() < 1e-9);
        assert!((station.mean_wait() - (station.mean_sojourn() - 6.0)).abs() < 1e-9);
    }

    #[test]
    fn no_room_to_wait_is_erlang_b() {
        for (servers, offered) in [(1, 0.5), (10, 10.0), (400, 350.0), (3_000, 5_000.0)] {
            let blocking = Mmck::new(offered, 1.0, servers, servers).unwrap().blocking();
            assert!((blocking / erlang_b(servers, offered).unwrap() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn much_room_is_m_m_c() {
        let (bounded, free) =
            (Mmck::new(3.2, 1.0, 4, 500).unwrap(), Mmc::new(3.2, 1.0, 4).unwrap());
        assert!((bounded.mean_wait() / free.mean_wait() - 1.0).abs() < 1e-9);
        assert!(bounded.blocking() < 1e-12);
    }
}
