//! Discrete-event model of Python worker pools: the interpreter lock, the
//! cores, the processes and the queues.
//!
//! A [`Workload`](workload::Workload) says what arrives and what each request
//! does; a [`Host`](host::Host) says what CPython and Linux cost on a machine; a
//! [`PoolConfig`](pool::PoolConfig) is a pool that could be deployed. Together
//! with a seed they make a [`Scenario`](experiment::Scenario), which is
//! simulated in independent replications and boiled down to estimates with
//! intervals:
//!
//! ```
//! use sim::experiment::{Scenario, Summary, replicate};
//! use sim::host::Host;
//! use sim::kernel::SimDuration;
//! use sim::pool::{PoolConfig, Profile};
//! use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};
//!
//! // 80 requests/s of 10 ms of bytecode, exponential: M/M/1 on one worker.
//! let bytecode = Segment::new(
//!     SegmentKind::Python,
//!     Distribution::Exponential { mean: SimDuration(10_000_000) },
//! );
//! let class = RequestClass::new("request", 1.0, vec![bytecode]);
//! let workload = Workload::new("mm1", Arrivals::Poisson { rate: 80.0 }, vec![class]);
//!
//! let host = Host::ideal(4);
//! let python = "3.12".parse()?;
//! let pool = PoolConfig::new(&workload, Profile::processes(1), python);
//! let scenario = Scenario::new(&workload, &host, &pool, 20_000, 1);
//! let summary = Summary::of(replicate(&scenario, 0..10)?);
//!
//! // The closed form says 1 / (100 - 80) = 50 ms.
//! let mean = summary.all.mean;
//! assert!(mean.low < 0.050 && 0.050 < mean.high, "{mean:?}");
//!
//! // Two threads of one interpreter are no faster: they share its lock.
//! let threads = PoolConfig::new(&workload, Profile::threads(1, 2), python);
//! let scenario = Scenario::new(&workload, &host, &threads, 20_000, 1);
//! let summary = Summary::of(replicate(&scenario, 0..10)?);
//! assert!(summary.lock.low > 0.75 && summary.cores.high < 0.25);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`search::recommend`] does this for every candidate that could be deployed.
//!
//! # Order and repeatability
//!
//! * Time is an integer number of nanoseconds. Events of one instant go by rank
//!   (work that ends, waits that end, lock, time-outs, arrivals), then in the
//!   order in which they were scheduled.
//! * All randomness of a replication is drawn once into a
//!   [`Trace`](workload::Trace), from streams by purpose; every pool is served
//!   the same trace.
//! * One seed gives one answer, bit for bit, whatever the number of threads:
//!   only whole replications run in parallel, and they are collected in order.
//! * There is no wall clock, no input or output, and no
//!   unordered collection in this crate.
//!
//! Every run ends with assertions: no request lost, Little's law to the
//! nanosecond, the memory ledger balanced. They stay on in release builds.

pub mod closed_form;
mod cpu;
mod engine;
pub mod experiment;
pub mod host;
pub mod input;
mod interpreter;
pub mod kernel;
pub mod pool;
mod process;
pub mod recycling;
pub mod search;
pub mod stats;
pub mod workload;
