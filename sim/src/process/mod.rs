//! Processes: how workers start and what memory they hold.
//!
//! * `start`: what starting costs, and whom;
//! * `lineage`: which Python processes there are beside the workers, and who
//!   shares pages with whom;
//! * `plan`: what a worker holds when it is ready;
//! * `holding`: what it holds from then on;
//! * `totals`, `levels`: the sums over all processes, and their course in time;
//! * `ledger`: the events that change any of this; `view`: what may be asked;
//! * `balance`: its end, and that the sums are those of their parts.

mod balance;
mod holding;
mod ledger;
mod levels;
mod lineage;
mod plan;
mod pool_pages;
mod start;
mod totals;
mod view;

#[cfg(test)]
mod ledger_laws;
#[cfg(test)]
mod ledger_tests;

pub(crate) use ledger::Ledger;
pub(crate) use plan::MemoryPlan;
pub(crate) use start::StartPlan;
