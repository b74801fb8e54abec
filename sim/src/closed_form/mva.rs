//! Mean value analysis of a closed network.

use super::{ClosedFormError, at_least_one};

/// A station of a closed network and the time that one pass of a client through
/// the network needs there, over all its visits, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Station {
    /// One server; clients queue for it.
    Queueing {
        /// Service demand of one pass, in seconds.
        demand: f64,
    },
    /// Everyone is served at once: thinking, waiting for something outside.
    Delay {
        /// Time of one pass, in seconds.
        demand: f64,
    },
}

impl Station {
    fn demand(self) -> f64 {
        match self {
            Self::Queueing { demand } | Self::Delay { demand } => demand,
        }
    }
}

/// A closed network in steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct Mva {
    /// Passes per second.
    pub throughput: f64,
    /// Mean time of one pass at each station, in seconds.
    pub residence: Vec<f64>,
    /// Mean number of clients at each station.
    pub in_system: Vec<f64>,
}

/// Exact mean value analysis of one class of clients (Reiser and Lavenberg
/// 1980): an arriving client finds what a network with one client fewer has on
/// average.
///
/// Exact for stations that share equally whatever the service times, and for
/// first come first served with exponential ones.
///
/// # Errors
/// No clients, a negative demand, or no demand at all.
pub fn mva(stations: &[Station], clients: u32) -> Result<Mva, ClosedFormError> {
    let clients = at_least_one("number of clients", clients)?;
    if let Some(bad) = stations.iter().map(|s| s.demand()).find(|d| !d.is_finite() || *d < 0.0) {
        return Err(ClosedFormError::Invalid { what: "service demand", value: bad });
    }
    if stations.iter().all(|s| s.demand() == 0.0) {
        return Err(ClosedFormError::Invalid { what: "total service demand", value: 0.0 });
    }
    let mut network =
        Mva { throughput: 0.0, residence: vec![], in_system: vec![0.0; stations.len()] };
    for n in 1..=clients {
        network.residence = stations
            .iter()
            .zip(&network.in_system)
            .map(|(station, found)| match station {
                Station::Queueing { demand } => demand * (1.0 + found),
                Station::Delay { demand } => *demand,
            })
            .collect();
        network.throughput = f64::from(n) / network.residence.iter().sum::<f64>();
        network.in_system = network.residence.iter().map(|r| r * network.throughput).collect();
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lazowska, Zahorjan, Graham and Sevcik, *Quantitative System Performance*
    /// (1984), the example of chapter 6: a processor and two disks, three
    /// users who think for 15 s; throughput 0.0525, 0.1031, 0.1515 per second.
    #[test]
    fn lazowska_chapter_6() {
        let stations = [
            Station::Delay { demand: 15.0 },
            Station::Queueing { demand: 0.605 },
            Station::Queueing { demand: 2.1 },
            Station::Queueing { demand: 1.35 },
        ];
        for (users, throughput) in [(1, 0.0525), (2, 0.1031), (3, 0.1515)] {
            let network = mva(&stations, users).unwrap();
            assert!((network.throughput - throughput).abs() < 5e-5, "{network:?}");
            let total: f64 = network.in_system.iter().sum();
            assert!((total - f64::from(users)).abs() < 1e-12);
        }
    }

    /// Balanced stations have a closed form: `N / (D (N + K - 1))`.
    #[test]
    fn a_balanced_network_has_a_closed_form() {
        let network = mva(&[Station::Queueing { demand: 0.5 }; 4], 7).unwrap();
        assert!((network.throughput - 7.0 / (0.5 * 10.0)).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(mva(&[], 3).is_err());
        assert!(mva(&[Station::Queueing { demand: 1.0 }], 0).is_err());
        assert!(mva(&[Station::Delay { demand: -1.0 }], 1).is_err());
        assert!(mva(&[Station::Delay { demand: f64::NAN }], 1).is_err());
    }
}
