//! The distribution of latency against its limits.

use serde::Serialize;

use super::figures;
use super::parts::Figure;
use super::recording::{REPLICATIONS, Recording};
use crate::render::recommendation::Answer;

/// How slow the slowest are, class by class.
#[derive(Serialize)]
pub struct Latency {
    figure: Figure,
}

impl Latency {
    /// None if the pool is saturated.
    pub fn of(answer: &Answer<'_>, recording: &Recording) -> Option<Self> {
        if answer.recommendation.choice.summary.saturated {
            return None;
        }
        let (shown, of) = (recording.curves.len(), answer.workload.classes.len());
        let left_out = match shown < of {
            true => format!(" The {shown} largest of {of} classes."),
            false => String::new(),
        };
        let caption = format!(
            "Latency from when a request should have been sent. At 100, one request in 100 is \
             slower: that is the p99; at 2, the median. Bands: 95 % interval over {REPLICATIONS} \
             replications of {} requests, at the best values of the parameters. Dashed across: \
             limits of the objective.{left_out}",
            recording.requests
        );
        let says = format!("Latency of {shown} classes by the share of requests that are slower");
        Some(Self { figure: Figure::new(figures::latency(answer, recording), &says, &caption) })
    }
}
