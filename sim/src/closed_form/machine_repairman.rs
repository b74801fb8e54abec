//! Machine repairman, M/M/c//N.

use super::mmck::{birth_death, mean_above};
use super::{ClosedFormError, at_least_one, positive};

/// `N` clients think and then send one request each to `c` servers with
/// exponential service (Kleinrock 1975, section 3.8; Gross and Harris, section
/// 2.7). The distribution of the think time matters through its mean only.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineRepairman {
    mean_service: f64,
    servers: u32,
    /// Probability of each number of clients that are not thinking.
    present: Vec<f64>,
}

impl MachineRepairman {
    /// `mean_think` and `mean_service` in seconds.
    ///
    /// # Errors
    /// A parameter is not above 0.
    pub fn new(
        clients: u32,
        mean_think: f64,
        mean_service: f64,
        servers: u32,
    ) -> Result<Self, ClosedFormError> {
        let clients = at_least_one("number of clients", clients)?;
        let servers = at_least_one("number of servers", servers)?;
        let load = positive("mean service", mean_service)? / positive("mean think", mean_think)?;
        let ratio = |n: u32| load * f64::from(clients - n + 1) / f64::from(n.min(servers));
        Ok(Self { mean_service, servers, present: birth_death(clients, ratio) })
    }

    /// Mean number of busy servers.
    pub fn mean_busy(&self) -> f64 {
        self.mean_in_system() - mean_above(&self.present, self.servers)
    }

    /// Share of time that a server is busy.
    pub fn utilisation(&self) -> f64 {
        self.mean_busy() / f64::from(self.servers)
    }

    /// Requests per second.
    pub fn throughput(&self) -> f64 {
        self.mean_busy() / self.mean_service
    }

    /// Mean number of clients that are not thinking.
    pub fn mean_in_system(&self) -> f64 {
        mean_above(&self.present, 0)
    }

    /// Mean sojourn time in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_in_system() / self.throughput()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::{Mmc, Station, mva};

    /// By hand: two clients, one server, equal think and service times of 1.
    /// Weights 1, 2, 2.
    #[test]
    fn two_clients_by_hand() {
        let shop = MachineRepairman::new(2, 1.0, 1.0, 1).unwrap();
        assert!((shop.throughput() - 0.8).abs() < 1e-12);
        assert!((shop.mean_in_system() - 1.2).abs() < 1e-12);
        assert!((shop.mean_sojourn() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn one_server_agrees_with_mean_value_analysis() {
        for clients in [1, 5, 40] {
            let shop = MachineRepairman::new(clients, 3.0, 0.2, 1).unwrap();
            let stations = [Station::Delay { demand: 3.0 }, Station::Queueing { demand: 0.2 }];
            let network = mva(&stations, clients).unwrap();
            assert!((shop.throughput() / network.throughput - 1.0).abs() < 1e-12);
            assert!((shop.mean_in_system() / network.in_system[1] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_server_for_everyone_never_waits() {
        let shop = MachineRepairman::new(6, 2.0, 1.0, 6).unwrap();
        assert!((shop.mean_sojourn() - 1.0).abs() < 1e-12);
        assert!((shop.throughput() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn very_many_thinking_clients_are_a_poisson_stream() {
        let shop = MachineRepairman::new(20_000, 10_000.0, 1.5, 4).unwrap();
        let open = Mmc::new(2.0, 1.5, 4).unwrap();
        assert!((shop.mean_sojourn() / open.mean_sojourn() - 1.0).abs() < 1e-2);
    }
}
