//! Operational laws (Denning and Buzen 1978; Lazowska et al. 1984, chapters 3
//! and 5). They hold for every observed run, whatever its distributions.

/// Little's law: mean number present, from the completions per second and the
/// mean time that each is present, in seconds.
pub fn little(throughput: f64, mean_sojourn: f64) -> f64 {
    throughput * mean_sojourn
}

/// Utilisation law: busy share of `servers` servers, from the
/// completions per second and the service demand of each, in seconds.
pub fn utilisation(throughput: f64, demand: f64, servers: f64) -> f64 {
    throughput * demand / servers
}

/// Most that a closed load can get through per second:
/// `min(1 / D_max, N / (D + Z))`. All times are in seconds: `demands` per server
/// (demand over servers), `total` of one pass without queueing or thinking.
pub fn throughput_bound(demands: &[f64], total: f64, think: f64, clients: f64) -> f64 {
    let largest = demands.iter().copied().fold(0.0, f64::max);
    (1.0 / largest).min(clients / (total + think))
}

/// Least mean sojourn time of a closed load in seconds: `max(D, N D_max - Z)`.
/// Parameters as for [`throughput_bound`].
pub fn response_bound(demands: &[f64], total: f64, think: f64, clients: f64) -> f64 {
    let largest = demands.iter().copied().fold(0.0, f64::max);
    total.max(clients * largest - think)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::closed_form::{Station, mva};

    /// Lazowska et al. 1984, chapter 3: a disk that serves 40 requests a
    /// second of 22.5 ms each is 90 % busy; half an interaction a second, 15 s of
    /// response and 5 s of thinking make 10 users.
    #[test]
    fn lazowska_chapter_3() {
        assert!((utilisation(40.0, 0.0225, 1.0) - 0.9).abs() < 1e-12);
        assert!((little(0.5, 15.0 + 5.0) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn the_published_pool_of_100_was_nearly_idle() {
        // 1500 echo requests a second, 3 ms each, on 100 workers.
        assert!((little(1_500.0, 0.003) - 4.5).abs() < 1e-12);
        assert!((utilisation(1_500.0, 0.003, 100.0) - 0.045).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn no_network_beats_its_bounds(
            demands in prop::collection::vec(0.01f64..10.0, 1..6),
            think in 0.0f64..50.0,
            clients in 1u32..60,
        ) {
            let mut stations: Vec<Station> =
                demands.iter().map(|&demand| Station::Queueing { demand }).collect();
            stations.push(Station::Delay { demand: think });
            let network = mva(&stations, clients).unwrap();
            let (total, n) = (demands.iter().sum(), f64::from(clients));
            let most = throughput_bound(&demands, total, think, n);
            prop_assert!(network.throughput <= most * (1.0 + 1e-9));
            let response: f64 = network.residence[..demands.len()].iter().sum();
            prop_assert!(response >= response_bound(&demands, total, think, n) * (1.0 - 1e-9));
        }
    }
}
