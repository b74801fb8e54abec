//! How many such hosts would do, where one does not.
//!
//! Behind a balancer that picks a host at random the hosts are independent and
//! alike: each sees a thinned load, and one of them is simulated. Thinning is
//! exact for Poisson, on-off and varying loads; gaps of another distribution
//! keep the mean and the variance that thinning gives them. Clients and batches
//! are shared out evenly.
//!
//! A balancer that knows the loads does with fewer hosts. How many fewer is
//! only bounded here: no balancer gets along with less than the operational
//! bounds ask for.

use crate::experiment::SimError;
use crate::host::Host;
use crate::pool::Deployment;
use crate::search::assess::{assess, verdict};
use crate::search::bounds::Bounds;
use crate::search::simulator::{Purpose, Runs};
use crate::search::what_if::trial::Contest;
use crate::search::{Assessed, Margin};
use crate::stats::{Estimate, Verdict};
use crate::workload::{Arrivals, TraceRow, Workload};

/// Most hosts considered.
pub const MOST_HOSTS: u32 = 1024;
/// Calendar events that one count may take, about.
const EVENTS: u64 = 600_000;
/// Replications and requests by which a count is confirmed.
const CONFIRMING: (u32, u64) = (10, 8_000);
/// Counts looked at around the one that short runs find.
const CORRECTIONS: u32 = 8;

/// How many such hosts would meet the objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// Behind a random balancer: the smallest number that was confirmed to do;
    /// `None` if up to `MOST_HOSTS` none does.
    pub random: Option<FleetSize>,
    /// Fewest hosts behind any balancer, by the operational bounds. One host
    /// was seen not to do, so at least 2.
    pub at_least: u32,
}

/// A number of hosts, and each of them.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSize {
    /// Hosts.
    pub hosts: u32,
    /// What is deployed on each.
    pub deployment: Deployment,
    /// Throughput of one host, in requests/s.
    pub throughput: Estimate,
    /// Margins on one host; a limit on the throughput is its part of it.
    pub margins: Vec<Margin>,
    /// Whether one host fewer does, and its margins; it does not, or it is not
    /// resolved.
    pub one_fewer: (Verdict, Vec<Margin>),
}

/// The smallest fleet of hosts with one of the contest's pools, and the
/// requests that it took to find.
pub(super) fn fleet(
    workload: &Workload,
    host: &Host,
    contest: &Contest,
) -> Result<(Fleet, u64), SimError> {
    let at_least = fewest(workload, host, contest);
    let mut search = Search { workload, host, contest, spent: 0 };
    let random = search.smallest(at_least)?;
    Ok((Fleet { random, at_least }, search.spent))
}

/// By the operational bounds of the pool that allows most.
fn fewest(workload: &Workload, host: &Host, contest: &Contest) -> u32 {
    let most =
        contest.pools.iter().map(|pool| Bounds::of_deployment(workload, host, pool).throughput());
    let most = most.fold(0.0, f64::max);
    let objective = &workload.objective;
    let offered = workload.arrivals.offered_rate().unwrap_or(0.0);
    let served = offered * (1.0 - objective.failures.unwrap_or(0.0));
    let needed = served.max(objective.throughput.unwrap_or(0.0));
    ((needed / most).ceil().min(f64::from(MOST_HOSTS)) as u32).max(2)
}

struct Search<'a> {
    workload: &'a Workload,
    host: &'a Host,
    contest: &'a Contest,
    spent: u64,
}

impl Search<'_> {
    /// Short runs find a number, longer ones correct it.
    fn smallest(&mut self, at_least: u32) -> Result<Option<FleetSize>, SimError> {
        let Some(found) = self.rough(at_least)? else { return Ok(None) };
        let mut hosts = found;
        let mut fewer = self.confirmed(hosts - 1)?;
        let mut enough = self.confirmed(hosts)?;
        for _ in 0..CORRECTIONS {
            if fewer.0 == Verdict::Met && hosts > 2 {
                hosts -= 1;
                enough = fewer;
                fewer = self.confirmed(hosts - 1)?;
            } else if enough.0 != Verdict::Met && hosts < MOST_HOSTS {
                hosts += 1;
                fewer = enough;
                enough = self.confirmed(hosts)?;
            } else {
                break;
            }
        }
        let (verdict, assessed) = enough;
        if verdict != Verdict::Met || fewer.0 == Verdict::Met {
            return Ok(None);
        }
        Ok(Some(FleetSize {
            hosts,
            throughput: assessed.summary.throughput,
            one_fewer: (fewer.0, fewer.1.margins),
            deployment: assessed.deployment,
            margins: assessed.margins,
        }))
    }

    /// The smallest number that does in short runs: doubled until one does,
    /// then halved.
    fn rough(&mut self, at_least: u32) -> Result<Option<u32>, SimError> {
        let (mut short, mut enough) = (at_least - 1, at_least);
        while !self.best(enough)?.1 {
            if enough == MOST_HOSTS {
                return Ok(None);
            }
            (short, enough) = (enough, (2 * enough).min(MOST_HOSTS));
        }
        while enough - short > 1 {
            let middle = u32::midpoint(short, enough);
            if self.best(middle)?.1 { enough = middle } else { short = middle }
        }
        Ok(Some(enough))
    }

    /// The pool that does best on one of `hosts`, and whether it keeps all.
    fn best(&mut self, hosts: u32) -> Result<(Deployment, bool), SimError> {
        let part = share(self.workload, hosts, 0);
        let runs = self.contest.runs(&part, 1, EVENTS);
        let trial = self.contest.attempt(&part, self.host, runs)?;
        self.spent += trial.requests;
        let standings = &trial.standings;
        let best = (0..standings.len()).min_by(|&a, &b| standings[a].compare(&standings[b]));
        let best = best.unwrap_or(0);
        Ok((self.contest.pools[best].clone(), standings[best].mean_excess() == 0.0))
    }

    /// One of `hosts` in longer runs.
    fn confirmed(&mut self, hosts: u32) -> Result<(Verdict, Assessed), SimError> {
        let (pool, _) = self.best(hosts)?;
        let part = share(self.workload, hosts, 0);
        let mut simulator = self.contest.simulator(&part, self.host);
        let (replications, requests) = CONFIRMING;
        // Requests that the short runs did not see.
        let runs = Runs { purpose: Purpose::Report, from: 0, replications, requests };
        let outcomes = simulator.run(&[&pool], runs)?.swap_remove(0);
        let startup = simulator.startup(&[&pool])?.swap_remove(0);
        self.spent += simulator.spent;
        let assessed = assess(&part, self.host, &pool, outcomes, startup);
        Ok((verdict(&part, &assessed), assessed))
    }
}

/// What one of `hosts` sees behind a balancer that picks at random; `seed`
/// tells which rows of a replay it is dealt.
fn share(workload: &Workload, hosts: u32, seed: u64) -> Workload {
    use Arrivals::{Batch, Closed, Deterministic, Gamma, OnOff, Poisson, Replay, Varying};
    let one = 1.0 / f64::from(hosts);
    // A sum of geometrically many gaps.
    let thinned =
        |rate: f64, cv: f64| Gamma { rate: rate * one, cv: (one * cv * cv + (1.0 - one)).sqrt() };
    let mut part = workload.clone();
    part.objective.throughput = workload.objective.throughput.map(|limit| limit * one);
    part.arrivals = match &workload.arrivals {
        Poisson { rate } => Poisson { rate: rate * one },
        Deterministic { rate } if hosts > 1 => thinned(*rate, 0.0),
        Deterministic { rate } => Deterministic { rate: *rate },
        Gamma { rate, cv } => thinned(*rate, *cv),
        OnOff { on_rate, off_rate, mean_on, mean_off } => OnOff {
            on_rate: on_rate * one,
            off_rate: off_rate * one,
            mean_on: *mean_on,
            mean_off: *mean_off,
        },
        Varying { points } => {
            Varying { points: points.iter().map(|(at, rate)| (*at, rate * one)).collect() }
        }
        Replay { rows } => {
            let dealt: Vec<TraceRow> = (0..)
                .zip(rows.iter())
                .filter(|(i, _)| drawn(*i, seed).is_multiple_of(u64::from(hosts)))
                .map(|(_, row)| row.clone())
                .collect();
            Replay { rows: dealt.into() }
        }
        Closed { clients, think } => {
            Closed { clients: clients.div_ceil(hosts), think: think.clone() }
        }
        Batch { requests } => Batch { requests: requests.div_ceil(u64::from(hosts)) },
    };
    part
}

/// A random number for row `i`: the next of SplitMix64.
fn drawn(i: u64, seed: u64) -> u64 {
    let mut z = seed.wrapping_add((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::pool::PoolConfig;
    use crate::search::SearchOptions;
    use crate::search::testing::{cpu_bound, python};
    use crate::workload::{LatencyLimit, Quantile};

    fn limited(rate: f64, millis: u64) -> Workload {
        let mut workload = cpu_bound(rate, SimDuration(10_000_000));
        let at_most = SimDuration(millis * 1_000_000);
        workload.objective.latency =
            vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
        workload
    }

    fn found(workload: &Workload) -> Fleet {
        let pool = PoolConfig::new(workload, "process:1".parse().unwrap(), python("3.12")).into();
        let contest = Contest::new(&pool, std::iter::empty(), &SearchOptions::default(), 8.0);
        fleet(workload, &Host::ideal(1), &contest).unwrap().0
    }

    #[test]
    fn the_smallest_fleet_is_that_of_the_formula() {
        // M/M/1 hosts: p99 = ln(100) / (100 - 1000 / h) < 100 ms from 54/s on,
        // so h = 18.6; the bound says 10.
        let fleet = found(&limited(1000.0, 100));
        assert_eq!(fleet.at_least, 10);
        let random = fleet.random.unwrap();
        assert!((19..=20).contains(&random.hosts), "{random:?}");
        assert_eq!(random.margins[0].verdict, Verdict::Met);
        assert_ne!(random.one_fewer.0, Verdict::Met);
        assert!(random.throughput.contains(1000.0 / f64::from(random.hosts)));
    }

    #[test]
    fn no_number_of_hosts_makes_a_request_shorter() {
        // An empty system has a p99 of 46 ms.
        assert_eq!(found(&limited(1000.0, 20)).random, None);
    }

    #[test]
    fn thinning_keeps_the_rate_and_tends_to_poisson() {
        let rate = |hosts| {
            let mut workload = limited(100.0, 100);
            workload.arrivals = Arrivals::Deterministic { rate: 100.0 };
            share(&workload, hosts, 0).arrivals
        };
        assert_eq!(rate(1), Arrivals::Deterministic { rate: 100.0 });
        assert_eq!(rate(4), Arrivals::Gamma { rate: 25.0, cv: 0.75_f64.sqrt() });
        let mut workload = limited(100.0, 100);
        let row = TraceRow::default();
        workload.arrivals = Arrivals::Replay { rows: vec![row; 10_000].into() };
        match share(&workload, 4, 0).arrivals {
            Arrivals::Replay { rows } => assert!((2300..2700).contains(&rows.len())),
            other => panic!("{other:?}"),
        }
    }
}
