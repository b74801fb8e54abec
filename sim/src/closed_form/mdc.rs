//! M/D/1 and M/D/c.

use statrs::function::gamma::ln_gamma;

use super::{ClosedFormError, root, stable};

/// Poisson arrivals, constant service, one server, first come first served.
#[derive(Clone, Debug, PartialEq)]
pub struct Md1 {
    arrival_rate: f64,
    service: f64,
    /// Probability of at most `m + 1` in the system, by `m`: as good as 1 behind
    /// the end.
    at_most: Vec<f64>,
}

/// States less likely than this are left out.
const NEGLIGIBLE: f64 = 1e-17;

impl Md1 {
    /// `arrival_rate` per second, `service` in seconds.
    ///
    /// # Errors
    /// The queue is unstable, or a parameter is not above 0.
    pub fn new(arrival_rate: f64, service: f64) -> Result<Self, ClosedFormError> {
        let utilisation = stable(arrival_rate, service, 1)?;
        Ok(Self { arrival_rate, service, at_most: at_most(utilisation) })
    }

    /// Share of time that the server is busy.
    pub fn utilisation(&self) -> f64 {
        self.arrival_rate * self.service
    }

    /// Mean waiting time in seconds: half of that of M/M/1.
    pub fn mean_wait(&self) -> f64 {
        self.utilisation() * self.service / (2.0 * (1.0 - self.utilisation()))
    }

    /// Mean sojourn time in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + self.service
    }

    /// Share of requests that wait at most `x` seconds (Franx 2001, *Operations
    /// Research Letters* 29): with `k` services begun within `x`, at most `k - 1`
    /// of those found may remain when the last of them ends. Unlike Erlang's
    /// alternating series it only adds.
    pub fn wait_cdf(&self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        let k = (x / self.service).floor() + 1.0;
        let rest = self.arrival_rate * (k * self.service - x).max(0.0);
        let mut poisson = f64::exp(-rest);
        let mut sum = 0.0;
        let mut j = 0.0;
        while j < k && poisson > NEGLIGIBLE {
            let m = (k - 1.0 - j) as usize;
            sum += poisson * self.at_most.get(m).copied().unwrap_or(1.0);
            j += 1.0;
            poisson *= rest / j;
        }
        sum
    }

    /// Sojourn time that a share `p` of requests does not exceed, in seconds.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        self.service + root::quantile(|x| self.wait_cdf(x), p, self.service)
    }
}

/// Distribution of the number in an M/D/1 system, from 1 on. The chain left
/// behind by departures crosses each level upward as often as downward, which
/// gives each probability as a sum of positive terms.
fn at_most(utilisation: f64) -> Vec<f64> {
    let more_than = poisson_tails(utilisation);
    let tail = |m: usize| more_than.get(m).copied().unwrap_or(0.0);
    let mut present = vec![1.0 - utilisation];
    while present.last().is_some_and(|&p| p > NEGLIGIBLE) {
        let j = present.len() - 1;
        let first = (j + 1).saturating_sub(more_than.len()).max(1);
        let up: f64 = (first..=j).map(|k| present[k] * tail(j + 1 - k)).sum();
        present.push((present[0] * tail(j) + up) / f64::exp(-utilisation));
    }
    let cumulative = present.iter().scan(0.0, |sum, p| {
        *sum += p;
        Some(*sum)
    });
    cumulative.skip(1).collect()
}

/// Probability that a Poisson variable exceeds 0, 1, 2, ... while it matters.
fn poisson_tails(mean: f64) -> Vec<f64> {
    let mut weights = vec![f64::exp(-mean)];
    while weights.len() < 3 || weights.last().is_some_and(|&w| w > NEGLIGIBLE * NEGLIGIBLE) {
        let next = weights.last().copied().unwrap_or(0.0) * mean / weights.len() as f64;
        weights.push(next);
    }
    let mut tails: Vec<f64> = weights
        .iter()
        .rev()
        .scan(0.0, |sum, w| {
            let above = *sum;
            *sum += w;
            Some(above)
        })
        .collect();
    tails.reverse();
    tails
}

/// Mean waiting time of M/D/c in seconds, exact, at `arrival_rate` per second and
/// `service` in seconds.
///
/// Seen once per service time, the queue is a random walk with Poisson steps
/// less `c`, and Spitzer's identity gives its mean (Crommelin 1932; Kingman
/// 1962): `Lq = sum over i of E[(Poisson(i c rho) - i c)^+] / i`. The work grows
/// as `(1 - rho)^-3`: at once up to a utilisation of 0.95, seconds at 0.99.
///
/// # Errors
/// The queue is unstable, or a parameter is not above 0.
pub fn mdc_mean_wait(
    arrival_rate: f64,
    service: f64,
    servers: u32,
) -> Result<f64, ClosedFormError> {
    let utilisation = stable(arrival_rate, service, servers)?;
    let c = f64::from(servers);
    // Each term is at most this share of the one before.
    let decay = f64::exp(-c * (utilisation - 1.0 - utilisation.ln()));
    let (mut queue, mut i) = (0.0, 1.0);
    loop {
        let term = mean_excess(i * c * utilisation, i * c) / i;
        queue += term;
        if term * decay <= 1e-12 * (1.0 - decay) * queue {
            return Ok(queue / arrival_rate);
        }
        i += 1.0;
    }
}

/// Mean of the part of a Poisson variable above `level`.
fn mean_excess(mean: f64, level: f64) -> f64 {
    let mut n = level + 1.0;
    let mut probability = f64::exp(n * mean.ln() - mean - ln_gamma(n + 1.0));
    let mut sum = 0.0;
    loop {
        let term = (n - level) * probability;
        sum += term;
        if term <= 1e-16 * sum {
            return sum;
        }
        n += 1.0;
        probability *= mean / n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Erlang 1909, by his own series on the first two intervals:
    /// `P(W <= t) = (1 - rho) e^(lambda t)` for `t < D`, and
    /// `(1 - rho) (e^(lambda t) - lambda (t - D) e^(lambda (t - D)))` for `t < 2 D`.
    #[test]
    fn waits_follow_erlang_where_his_series_is_short() {
        for load in [0.1, 0.5, 0.9] {
            let queue = Md1::new(load, 1.0).unwrap();
            for t in [0.0, 0.3, 0.99] {
                let erlang = (1.0 - load) * f64::exp(load * t);
                assert!((queue.wait_cdf(t) - erlang).abs() < 1e-12, "{load} {t}");
            }
            for t in [1.0, 1.5, 1.99] {
                let late = load * (t - 1.0);
                let erlang = (1.0 - load) * (f64::exp(load * t) - late * f64::exp(late));
                assert!((queue.wait_cdf(t) - erlang).abs() < 1e-12, "{load} {t}");
            }
        }
    }

    #[test]
    fn the_distribution_has_the_mean() {
        for load in [0.3, 0.8, 0.95] {
            let queue = Md1::new(load, 1.0).unwrap();
            let step = 0.01;
            let area: f64 =
                (0..40_000).map(|i| (1.0 - queue.wait_cdf((i as f64 + 0.5) * step)) * step).sum();
            assert!((area / queue.mean_wait() - 1.0).abs() < 1e-3, "{load}: {area}");
        }
    }

    #[test]
    fn quantiles_invert_the_distribution() {
        let queue = Md1::new(3.2, 0.25).unwrap();
        assert_eq!(queue.sojourn_quantile(0.1), 0.25);
        for p in [0.5, 0.95, 0.99] {
            let wait = queue.sojourn_quantile(p) - 0.25;
            assert!((queue.wait_cdf(wait) - p).abs() < 1e-9);
        }
    }

    #[test]
    fn one_server_waits_as_m_d_1() {
        for load in [0.05, 0.5, 0.9, 0.95] {
            let (one, general) =
                (Md1::new(load, 1.0).unwrap(), mdc_mean_wait(load, 1.0, 1).unwrap());
            assert!((general / one.mean_wait() - 1.0).abs() < 1e-9, "{load}");
        }
    }

    /// The same chain solved by iterating its distribution to rest.
    #[test]
    fn several_servers_agree_with_the_chain_itself() {
        for (servers, load) in [(2u32, 0.5), (4, 0.8), (8, 0.9)] {
            let offered = load * f64::from(servers);
            let arrivals: Vec<f64> = (0..80)
                .map(|n| {
                    f64::exp(f64::from(n) * offered.ln() - offered - ln_gamma(f64::from(n) + 1.0))
                })
                .collect();
            let mut present = vec![0.0; 400];
            present[0] = 1.0;
            for _ in 0..1_500 {
                let mut next = vec![0.0; present.len()];
                for (n, p) in present.iter().enumerate() {
                    let left = n.saturating_sub(servers as usize);
                    for (a, q) in arrivals.iter().enumerate() {
                        if let Some(slot) = next.get_mut(left + a) {
                            *slot += p * q;
                        }
                    }
                }
                present = next;
            }
            let queue: f64 = present
                .iter()
                .enumerate()
                .map(|(n, p)| n.saturating_sub(servers as usize) as f64 * p)
                .sum();
            let wait = mdc_mean_wait(offered, 1.0, servers).unwrap();
            assert!((wait * offered / queue - 1.0).abs() < 1e-6, "{servers} {load}: {wait}");
        }
    }
}
