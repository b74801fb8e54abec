//! How many requests a replication needs to show what a load is like.

use crate::workload::{Arrivals, Workload};

/// Fewest and most requests of a first replication.
const FEW: u64 = 400;
const MANY: u64 = 20_000;

/// Requests that a first, rough replication needs: past the start, a hundred of
/// each class with a limit, and some cycles of the load.
pub(super) fn first_requests(workload: &Workload) -> u64 {
    let limited =
        workload.objective.latency.iter().map(|limit| workload.classes[limit.class].share);
    let rarest = limited.fold(1.0, f64::min);
    ((100.0 / rarest).ceil() as u64).max(cycle_requests(workload)).clamp(FEW, MANY)
}

/// Requests after which the load has shown all its moods: a turn of every
/// client, a few bursts, one period.
pub(super) fn cycle_requests(workload: &Workload) -> u64 {
    match &workload.arrivals {
        Arrivals::Closed { clients, .. } => 4 * u64::from(*clients),
        Arrivals::OnOff { mean_on, mean_off, .. } => {
            let rate = workload.arrivals.offered_rate().unwrap_or(0.0);
            (3.0 * (mean_on.as_secs() + mean_off.as_secs()) * rate).ceil() as u64
        }
        _ => one_period(workload),
    }
}

/// Requests in one period of a load that varies with time; 0 for others.
pub(super) fn one_period(workload: &Workload) -> u64 {
    match &workload.arrivals {
        Arrivals::Varying { points } => {
            let period = points.last().map_or(0.0, |(end, _)| end.as_secs());
            (period * workload.arrivals.offered_rate().unwrap_or(0.0)).ceil() as u64
        }
        _ => 0,
    }
}

/// Requests in which an overloaded queue has long since begun to time out;
/// before that too few seem to fail. 0 without a time-out or for closed loads.
pub(super) fn patience_requests(workload: &Workload) -> u64 {
    let rate = workload.arrivals.offered_rate().unwrap_or(0.0);
    let patience = workload.service.queue_timeout.map_or(0.0, |timeout| timeout.as_secs());
    (6.0 * patience * rate).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{SimDuration, SimTime};
    use crate::search::testing::cpu_bound;
    use crate::workload::{Distribution, LatencyLimit, Quantile};

    #[test]
    fn rare_classes_clients_and_bursts_lengthen_a_replication() {
        let mut workload = cpu_bound(100.0, SimDuration::MILLISECOND);
        assert_eq!(first_requests(&workload), FEW);
        workload.classes[0].share = 0.1;
        let at_most = SimDuration::SECOND;
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        assert_eq!(first_requests(&workload), 1000);
        let think = Distribution::Constant(SimDuration::SECOND);
        workload.arrivals = Arrivals::Closed { clients: 600, think };
        assert_eq!(first_requests(&workload), 2400);
        let (mean_on, mean_off) = (SimDuration::SECOND, SimDuration(4_000_000_000));
        workload.arrivals = Arrivals::OnOff { on_rate: 1000.0, off_rate: 0.0, mean_on, mean_off };
        assert_eq!(first_requests(&workload), 3000);
    }

    #[test]
    fn time_outs_need_time_to_show() {
        let mut workload = cpu_bound(100.0, SimDuration::MILLISECOND);
        assert_eq!(patience_requests(&workload), 0);
        workload.service.queue_timeout = Some(SimDuration(5_000_000_000));
        assert_eq!(patience_requests(&workload), 3000);
    }

    #[test]
    fn a_period_is_its_mean_rate_times_its_length() {
        let mut workload = cpu_bound(100.0, SimDuration::MILLISECOND);
        assert_eq!(one_period(&workload), 0);
        let points = vec![(SimTime(0), 10.0), (SimTime(100_000_000_000), 30.0)];
        workload.arrivals = Arrivals::Varying { points };
        assert_eq!(one_period(&workload), 2000);
    }
}
