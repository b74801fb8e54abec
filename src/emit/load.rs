//! The load of a workload as the check script makes it.

use serde::Serialize;
use sim::workload::{Arrivals, Distribution, Workload};

/// 99 % point of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;
/// Most requests of a recorded trace that a script carries.
const MOST_ROWS: usize = 20_000;

/// When requests are sent. Rates in requests/s, times in s.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Load {
    Gamma { rate: f64, cv: f64 },
    OnOff { on_rate: f64, off_rate: f64, mean_on: f64, mean_off: f64 },
    Varying { points: Vec<(f64, f64)> },
    Replay { rows: Vec<(f64, usize)> },
    Closed { clients: u32, think: Think },
    Batch { requests: u64 },
}

/// How long a client of a closed load thinks, in s.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Think {
    Gamma { mean: f64, cv: f64 },
    Lognormal { median: f64, sigma: f64 },
    OneOf { values: Vec<f64> },
}

impl Load {
    pub fn of(workload: &Workload) -> Self {
        match &workload.arrivals {
            // Exponential gaps are gamma gaps of cv 1, equal ones of cv 0.
            Arrivals::Poisson { rate } => Self::Gamma { rate: *rate, cv: 1.0 },
            Arrivals::Deterministic { rate } => Self::Gamma { rate: *rate, cv: 0.0 },
            Arrivals::Gamma { rate, cv } => Self::Gamma { rate: *rate, cv: *cv },
            Arrivals::OnOff { on_rate, off_rate, mean_on, mean_off } => Self::OnOff {
                on_rate: *on_rate,
                off_rate: *off_rate,
                mean_on: mean_on.as_secs(),
                mean_off: mean_off.as_secs(),
            },
            Arrivals::Varying { points } => Self::Varying {
                points: points.iter().map(|(at, rate)| (at.as_secs(), *rate)).collect(),
            },
            Arrivals::Replay { rows } => Self::Replay {
                rows: rows.iter().take(MOST_ROWS).map(|r| (r.at.as_secs(), r.class)).collect(),
            },
            Arrivals::Closed { clients, think } => {
                Self::Closed { clients: *clients, think: Think::of(think) }
            }
            Arrivals::Batch { requests } => Self::Batch { requests: *requests },
        }
    }
}

impl Think {
    fn of(distribution: &Distribution) -> Self {
        match distribution {
            Distribution::Constant(value) => Self::Gamma { mean: value.as_secs(), cv: 0.0 },
            Distribution::Exponential { mean } => Self::Gamma { mean: mean.as_secs(), cv: 1.0 },
            Distribution::Gamma { mean, cv } => Self::Gamma { mean: mean.as_secs(), cv: *cv },
            Distribution::Lognormal { median, p99 } => Self::Lognormal {
                median: median.as_secs(),
                sigma: (p99.as_secs() / median.as_secs()).ln() / NORMAL_P99,
            },
            Distribution::Empirical(values) => {
                Self::OneOf { values: values.iter().map(|v| v.as_secs()).collect() }
            }
        }
    }
}
