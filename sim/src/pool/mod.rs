//! Pools: what a candidate is, and who gets the next request.
//!
//! A new rule is one file here with a table test and one line in `policy_for`.

mod config;
mod first_fit;
mod least_loaded;
mod policy;
mod round_robin;
mod shared_queue;

pub use config::{
    Concurrency, Dispatcher, MAX_SLOTS, MAX_THREADS, MAX_WORKERS, PoolConfig, Profile, StartMethod,
    WorkerChoice,
};
pub use first_fit::FirstFit;
pub use least_loaded::LeastLoaded;
pub use policy::{Action, PoolPolicy, PoolView, WorkerView, policy_for};
pub use round_robin::RoundRobin;
pub use shared_queue::SharedQueue;
