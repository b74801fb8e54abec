//! Operational laws: what figures of one configuration allow each other to be.
//!
//! Each law takes the case with the figures' ranges and breaks only if no
//! values within what the printed digits allow keep it.

mod arithmetic;
mod memory;
mod queue;
mod rates;
mod restarts;

use crate::figure::Figure;
use crate::quantity::Quantity;

pub use arithmetic::of_document;

/// A law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// N = X R: no more requests are in the system than can be.
    Little,
    /// U = X D: CPU time per request is no more than a request can use.
    Utilisation,
    /// X <= C / D: no more is served than the cores can do.
    Bottleneck,
    /// X <= N / R of a closed load: clients that wait cannot send more.
    InteractiveResponse,
    /// Nothing is served that was not offered.
    Offered,
    /// Memory fits the host.
    Memory,
    /// A higher quantile is no smaller.
    Quantiles,
    /// Requests wait only while every slot is busy, and nothing is turned away
    /// below the cap.
    Queue,
    /// A worker that is away takes its share of the slots with it.
    Capacity,
    /// Workers that live T each are replaced N / T times per second.
    ForcedFlow,
    /// A figure equals what it is computed from.
    Arithmetic,
    /// A figure keeps a bound that is computed from others.
    Bound,
    /// What is said to be larger is larger.
    Order,
}

impl Law {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Little => "Little's law",
            Self::Utilisation => "utilisation law",
            Self::Bottleneck => "bottleneck bound",
            Self::InteractiveResponse => "interactive response time",
            Self::Offered => "offered against achieved",
            Self::Memory => "memory against RAM",
            Self::Quantiles => "order of quantiles",
            Self::Queue => "queue against slots",
            Self::Capacity => "share of capacity",
            Self::ForcedFlow => "forced flow",
            Self::Arithmetic => "arithmetic",
            Self::Bound => "operational bound",
            Self::Order => "order",
        }
    }
}

/// What a law says of some figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which law.
    pub law: Law,
    /// Is it kept? What only follows from a law is.
    pub holds: bool,
    /// The figures that took part, by id.
    pub figures: Vec<String>,
    /// The computation in words and numbers.
    pub words: String,
    /// How many times too much (or too little); 1 if it holds.
    pub off: f64,
}

/// A figure with its name.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Id of the claim, or column of the row.
    pub id: &'a str,
    /// What it says.
    pub quantity: Quantity,
    /// The figure.
    pub figure: &'a Figure,
}

/// The figures of one configuration and what is stated of it.
#[derive(Clone, Debug, Default)]
pub struct Case<'a> {
    /// Its figures, one of each quantity at most.
    pub items: Vec<Item<'a>>,
    /// Hardware threads of the host.
    pub cpus: Option<f64>,
    /// Memory of the host, in bytes.
    pub memory: Option<f64>,
    /// Processes.
    pub workers: Option<f64>,
    /// Requests in service at most.
    pub slots: Option<f64>,
    /// Clients that wait for each reply.
    pub clients: Option<f64>,
    /// Time between a reply and the next request, in s.
    pub think: f64,
    /// Cores that one request can use.
    pub cores_per_request: Option<f64>,
    /// Requests in the system at most.
    pub in_flight: Option<f64>,
    /// Orderings that may have been used, with what each lets in at once.
    pub orderings: Vec<(String, f64)>,
    /// Requests that may wait.
    pub queue_cap: Option<f64>,
    /// Processes away together.
    pub workers_away: Option<f64>,
    /// Life of a worker, in s.
    pub ttl: Option<f64>,
    /// CPU time per request at the least, in s, and how it is computed.
    pub demand: Option<(f64, String)>,
    /// Longest time in the system, in s, and how it is known.
    pub longest: Option<(f64, String)>,
}

impl<'a> Case<'a> {
    /// The figure of `quantity`.
    pub fn get(&self, quantity: Quantity) -> Option<Item<'a>> {
        self.items.iter().copied().find(|item| item.quantity == quantity)
    }

    /// The mean sojourn time, else the median.
    fn typical(&self) -> Option<Item<'a>> {
        self.get(Quantity::Mean).or_else(|| self.get(Quantity::P50))
    }
}

/// What every law says of `case`.
pub fn of_case(case: &Case<'_>) -> Vec<Finding> {
    let laws: [fn(&Case<'_>) -> Vec<Finding>; 10] = [
        rates::little,
        rates::utilisation,
        rates::bottleneck,
        rates::interactive,
        rates::offered,
        memory::fits,
        queue::quantiles,
        queue::waiting,
        restarts::capacity,
        restarts::forced_flow,
    ];
    laws.iter().flat_map(|law| law(case)).collect()
}

/// A finding about `items` that compares `found` with the `limit` it must not
/// pass, at the most favourable ends of their ranges.
fn at_most(law: Law, items: &[Item<'_>], found: f64, limit: f64, words: String) -> Finding {
    let holds = found <= limit * (1.0 + 1e-6);
    Finding {
        law,
        holds,
        figures: items.iter().map(|item| item.id.to_owned()).collect(),
        words,
        off: if holds { 1.0 } else { found / limit },
    }
}
