//! Pools: what a candidate is, and who gets the next request.
//!
//! A new rule is one file here with a table test and one line in `policy_for`; a
//! pool that people deploy is one file in `kinds`.

mod accept_race;
mod admission;
mod config;
mod deployment;
mod first_fit;
mod kind;
mod kinds;
mod least_busy;
mod least_loaded;
mod lifecycle;
mod policy;
mod profile;
mod round_robin;
mod shared_queue;

pub use accept_race::AcceptRace;
pub use admission::{Bundling, Ordering, ParentThreads, Prefetch};
pub use config::{Dispatcher, PoolConfig, StartMethod, WorkerChoice};
pub(crate) use deployment::WHOLE;
pub use deployment::{Deployment, Split};
pub use first_fit::FirstFit;
pub use kind::PoolKind;
pub use kinds::{Kind, Rule, Shape};
pub use least_busy::LeastBusy;
pub use least_loaded::LeastLoaded;
pub use lifecycle::{Backoff, Drain, Heartbeat, Lifecycle};
pub use policy::{Action, PoolPolicy, PoolView, WorkerView, policy_for};
pub use profile::{Concurrency, MAX_SLOTS, MAX_THREADS, MAX_WORKERS, Profile};
pub use round_robin::RoundRobin;
pub use shared_queue::SharedQueue;
