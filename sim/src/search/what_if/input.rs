//! Inputs of the answer that can be scaled, one at a time.

use std::sync::Arc;

use crate::host::Host;
use crate::kernel::{SimDuration, SimTime};
use crate::search::Limited;
use crate::search::memory::memory_limit;
use crate::search::warnings::name_of;
use crate::workload::{Arrivals, Distribution, Quantile, Segment, SegmentKind, TraceRow, Workload};

/// An input of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The arrival rate, the clients, or the size of the batch.
    Load,
    /// A class's share of the requests, by index; the others keep their
    /// proportions.
    Share(usize),
    /// Time in bytecode.
    Bytecode,
    /// Time in C code that keeps the lock.
    LockedNative,
    /// Time in C code that releases the lock.
    Native,
    /// Time in waits.
    Wait,
    /// Sizes of requests and responses.
    Payload,
    /// Cores, or the CPU quota if there is one.
    Cores,
    /// Memory that the pool may use.
    Memory,
    /// A limit of the objective.
    Limit(Limited),
}

/// What an input's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputUnit {
    /// Requests per second.
    PerSecond,
    /// A plain count.
    Count,
    /// Share of a whole.
    Share,
    /// Time, in s.
    Seconds,
    /// Memory, in bytes.
    Bytes,
}

impl Input {
    /// Every input of `workload` on `host` that has a value to scale.
    pub(super) fn all(workload: &Workload, host: &Host) -> Vec<Self> {
        let mut all = vec![Self::Load];
        if workload.classes.len() > 1 {
            all.extend((0..workload.classes.len()).map(Self::Share));
        }
        all.extend([Self::Bytecode, Self::LockedNative, Self::Native, Self::Wait, Self::Payload]);
        all.extend([Self::Cores, Self::Memory]);
        let objective = &workload.objective;
        let latency = objective.latency.iter();
        all.extend(latency.map(|l| Self::Limit(Limited::Latency(l.class, l.quantile))));
        all.extend(objective.throughput.map(|_| Self::Limit(Limited::Throughput)));
        all.extend(objective.startup.map(|_| Self::Limit(Limited::Startup)));
        all.extend(objective.failures.map(|_| Self::Limit(Limited::Failures)));
        all.retain(|input| input.value(workload, host) > 0.0);
        all
    }

    /// For people.
    pub fn name(&self, workload: &Workload) -> String {
        let whose = |what: &str| what.to_owned();
        match self {
            Self::Load => match workload.arrivals {
                Arrivals::Closed { .. } => whose("clients"),
                Arrivals::Batch { .. } => whose("requests of the batch"),
                _ => whose("arrival rate"),
            },
            Self::Share(class) => format!("share of {}", workload.classes[*class].name),
            Self::Bytecode => whose("time in bytecode"),
            Self::LockedNative => whose("time in C under the lock"),
            Self::Native => whose("time in C without the lock"),
            Self::Wait => whose("time in waits"),
            Self::Payload => whose("payload"),
            Self::Cores => whose("cores"),
            Self::Memory => whose("memory"),
            Self::Limit(what) => format!("limit on {}", name_of(workload, what)),
        }
    }

    /// What its value counts.
    pub fn unit(&self, workload: &Workload) -> InputUnit {
        match self {
            Self::Load if workload.arrivals.offered_rate().is_some() => InputUnit::PerSecond,
            Self::Load | Self::Cores => InputUnit::Count,
            Self::Share(_) | Self::Limit(Limited::Failures) => InputUnit::Share,
            Self::Payload | Self::Memory | Self::Limit(Limited::Memory) => InputUnit::Bytes,
            Self::Limit(Limited::Throughput) => InputUnit::PerSecond,
            _ => InputUnit::Seconds,
        }
    }

    /// Its value: of times and sizes the mean over all requests.
    pub fn value(&self, workload: &Workload, host: &Host) -> f64 {
        match self {
            Self::Load => match &workload.arrivals {
                Arrivals::Closed { clients, .. } => f64::from(*clients),
                Arrivals::Batch { requests } => *requests as f64,
                open => open.offered_rate().unwrap_or(0.0),
            },
            Self::Share(class) => workload.classes[*class].share,
            Self::Payload => {
                let size = |c: &crate::workload::RequestClass| c.request_bytes + c.response_bytes;
                workload.classes.iter().map(|c| c.share * size(c) as f64).sum()
            }
            Self::Cores => host.quota.map_or(f64::from(host.cores), |quota| quota.cpus),
            Self::Memory => memory_limit(workload, host).0 as f64,
            Self::Limit(what) => limit_of(workload, what),
            time => workload.demand_seconds(|kind| time.covers(kind)),
        }
    }

    /// Does a change of it leave every run as it is, and only judge it anew?
    pub(super) fn only_judges(&self, workload: &Workload) -> bool {
        match self {
            Self::Memory => workload.service.over_memory == crate::workload::OverMemory::Noted,
            Self::Limit(_) => true,
            _ => false,
        }
    }

    /// The situation with this input scaled by `factor`; `None` if it cannot
    /// be.
    pub(super) fn scaled(
        &self,
        workload: &Workload,
        host: &Host,
        factor: f64,
    ) -> Option<(Workload, Host)> {
        let (mut workload, mut host) = (workload.clone(), host.clone());
        match self {
            Self::Load => workload.arrivals = scaled_load(&workload.arrivals, factor),
            Self::Share(class) => scale_share(&mut workload, *class, factor)?,
            Self::Payload => {
                for class in &mut workload.classes {
                    class.request_bytes = scaled_count(class.request_bytes, factor);
                    class.response_bytes = scaled_count(class.response_bytes, factor);
                }
            }
            Self::Cores => match &mut host.quota {
                Some(quota) => quota.cpus *= factor,
                None => host.cores = (f64::from(host.cores) * factor).round().max(1.0) as u32,
            },
            Self::Memory => {
                let bytes = (memory_limit(&workload, &host).0 as f64 * factor) as u64;
                host.memory_bytes = bytes.max(1);
                workload.objective.memory_bytes = workload.objective.memory_bytes.map(|_| bytes);
            }
            Self::Limit(what) => scale_limit(&mut workload, what, factor),
            time => scale_times(&mut workload, time, factor),
        }
        Some((workload, host))
    }

    fn covers(&self, kind: SegmentKind) -> bool {
        match kind {
            SegmentKind::Python => *self == Self::Bytecode,
            SegmentKind::LockedNative => *self == Self::LockedNative,
            SegmentKind::Native { .. } => *self == Self::Native,
            SegmentKind::Wait => *self == Self::Wait,
        }
    }
}

fn scaled_count(count: u64, factor: f64) -> u64 {
    (count as f64 * factor).round() as u64
}

fn scaled_load(arrivals: &Arrivals, factor: f64) -> Arrivals {
    use Arrivals::{Batch, Closed, Deterministic, Gamma, OnOff, Poisson, Replay, Varying};
    match arrivals {
        Poisson { rate } => Poisson { rate: rate * factor },
        Deterministic { rate } => Deterministic { rate: rate * factor },
        Gamma { rate, cv } => Gamma { rate: rate * factor, cv: *cv },
        OnOff { on_rate, off_rate, mean_on, mean_off } => OnOff {
            on_rate: on_rate * factor,
            off_rate: off_rate * factor,
            mean_on: *mean_on,
            mean_off: *mean_off,
        },
        Varying { points } => {
            Varying { points: points.iter().map(|(at, rate)| (*at, rate * factor)).collect() }
        }
        Replay { rows } => {
            let sooner = |row: &TraceRow| TraceRow {
                at: SimTime((row.at.0 as f64 / factor).round() as u64),
                ..row.clone()
            };
            Replay { rows: rows.iter().map(sooner).collect() }
        }
        Closed { clients, think } => Closed {
            clients: (f64::from(*clients) * factor).round().max(1.0) as u32,
            think: think.clone(),
        },
        Batch { requests } => Batch { requests: scaled_count(*requests, factor).max(1) },
    }
}

/// Nothing if the class would be all or more, or if the shares are a replay's.
fn scale_share(workload: &mut Workload, class: usize, factor: f64) -> Option<()> {
    let old = workload.classes[class].share;
    let new = old * factor;
    if new >= 1.0 || matches!(workload.arrivals, Arrivals::Replay { .. }) {
        return None;
    }
    for (i, other) in workload.classes.iter_mut().enumerate() {
        other.share = if i == class { new } else { other.share * (1.0 - new) / (1.0 - old) };
    }
    Some(())
}

fn scale_times(workload: &mut Workload, input: &Input, factor: f64) {
    if let Arrivals::Replay { rows } = &workload.arrivals {
        let classes = &workload.classes;
        let scale = |row: &TraceRow| {
            let kinds = classes[row.class].segments.iter().map(|segment| segment.kind);
            let times = row.segments.iter().zip(kinds);
            let segments = times
                .map(|(&time, kind)| if input.covers(kind) { longer(time, factor) } else { time })
                .collect();
            TraceRow { segments, ..row.clone() }
        };
        let rows: Arc<[TraceRow]> = rows.iter().map(scale).collect();
        workload.arrivals = Arrivals::Replay { rows };
    }
    let segments = workload.classes.iter_mut().flat_map(|class| &mut class.segments);
    for segment in segments.filter(|segment: &&mut Segment| input.covers(segment.kind)) {
        segment.duration = scaled_duration(&segment.duration, factor);
    }
}

fn longer(time: SimDuration, factor: f64) -> SimDuration {
    SimDuration((time.0 as f64 * factor).round() as u64)
}

fn scaled_duration(duration: &Distribution, factor: f64) -> Distribution {
    let by = |time: &SimDuration| longer(*time, factor);
    match duration {
        Distribution::Constant(value) => Distribution::Constant(by(value)),
        Distribution::Exponential { mean } => Distribution::Exponential { mean: by(mean) },
        Distribution::Gamma { mean, cv } => Distribution::Gamma { mean: by(mean), cv: *cv },
        Distribution::Lognormal { median, p99 } => {
            Distribution::Lognormal { median: by(median), p99: by(p99) }
        }
        Distribution::Empirical(values) => Distribution::Empirical(values.iter().map(by).collect()),
    }
}

fn limit_of(workload: &Workload, what: &Limited) -> f64 {
    let objective = &workload.objective;
    let limit = match what {
        Limited::Latency(class, quantile) => {
            latency(workload, *class, *quantile).map(|at_most| at_most.as_secs())
        }
        Limited::Throughput => objective.throughput,
        Limited::Memory => objective.memory_bytes.map(|bytes| bytes as f64),
        Limited::Startup => objective.startup.map(SimDuration::as_secs),
        Limited::Failures => objective.failures,
    };
    limit.unwrap_or(0.0)
}

fn latency(workload: &Workload, class: usize, quantile: Quantile) -> Option<SimDuration> {
    let mut limits = workload.objective.latency.iter();
    limits.find(|l| l.class == class && l.quantile == quantile).map(|l| l.at_most)
}

fn scale_limit(workload: &mut Workload, what: &Limited, factor: f64) {
    let objective = &mut workload.objective;
    match what {
        Limited::Latency(class, quantile) => {
            let same = |l: &&mut crate::workload::LatencyLimit| {
                l.class == *class && l.quantile == *quantile
            };
            for limit in objective.latency.iter_mut().filter(same) {
                limit.at_most = longer(limit.at_most, factor);
            }
        }
        Limited::Throughput => objective.throughput = objective.throughput.map(|x| x * factor),
        Limited::Memory => {
            objective.memory_bytes =
                objective.memory_bytes.map(|bytes| scaled_count(bytes, factor));
        }
        Limited::Startup => objective.startup = objective.startup.map(|time| longer(time, factor)),
        Limited::Failures => objective.failures = objective.failures.map(|x| (x * factor).min(1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::testing::{constant, open};
    use crate::workload::{LatencyLimit, RequestClass};

    fn workload() -> Workload {
        let mut echo = RequestClass::new("echo", 0.6, vec![constant(SegmentKind::Python, 10)]);
        echo.request_bytes = 1000;
        let native = constant(SegmentKind::Native { parallel: false }, 20);
        let fetch = vec![constant(SegmentKind::Wait, 30), native];
        let mut workload = open(10.0, vec![echo, RequestClass::new("fetch", 0.4, fetch)]);
        let at_most = SimDuration::SECOND;
        workload.objective.latency =
            vec![LatencyLimit { class: 1, quantile: Quantile::P99, at_most }];
        workload.objective.memory_bytes = Some(1 << 30);
        workload
    }

    #[test]
    fn scaling_an_input_scales_its_value_and_no_other() {
        let (workload, host) = (workload(), Host::ideal(8));
        let all = Input::all(&workload, &host);
        assert_eq!(all.len(), 10, "{all:?}");
        for input in &all {
            let (moved, moved_host) = input.scaled(&workload, &host, 1.5).unwrap();
            let ratio =
                |other: &Input| other.value(&moved, &moved_host) / other.value(&workload, &host);
            assert!((ratio(input) - 1.5).abs() < 1e-9, "{input:?}: {}", ratio(input));
            // Shares hang together, and the means go with them.
            if !matches!(input, Input::Share(_)) {
                let others = all.iter().filter(|other| *other != input);
                assert!(others.clone().all(|other| (ratio(other) - 1.0).abs() < 1e-9), "{input:?}");
            }
            let shares: f64 = moved.classes.iter().map(|class| class.share).sum();
            assert!((shares - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_cannot_be_is_not() {
        let (workload, host) = (workload(), Host::ideal(8));
        assert_eq!(Input::Share(0).scaled(&workload, &host, 2.0), None);
        let (_, small) = Input::Cores.scaled(&workload, &host, 0.01).unwrap();
        assert_eq!(small.cores, 1);
    }

    #[test]
    fn a_replay_is_scaled_row_by_row() {
        let mut workload = workload();
        let row = |at, class, times: &[u64]| TraceRow {
            at: SimTime(at),
            class,
            segments: times.iter().map(|&t| SimDuration(t)).collect(),
            ..TraceRow::default()
        };
        let rows = vec![row(0, 0, &[100]), row(1_000_000_000, 1, &[200, 300])];
        workload.arrivals = Arrivals::Replay { rows: rows.into() };
        let host = Host::ideal(8);
        let rows_of = |input: Input| match input.scaled(&workload, &host, 2.0).unwrap().0.arrivals {
            Arrivals::Replay { rows } => rows,
            other => panic!("{other:?}"),
        };
        assert_eq!(rows_of(Input::Load)[1].at, SimTime(500_000_000));
        assert_eq!(rows_of(Input::Wait)[1].segments, [SimDuration(400), SimDuration(300)]);
        assert_eq!(rows_of(Input::Wait)[0].segments, [SimDuration(100)]);
        assert_eq!(Input::Share(0).scaled(&workload, &host, 0.5), None);
    }
}
