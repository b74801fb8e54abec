//! Arguments about pools that several commands share.

use clap::{Args, ValueEnum};
use sim::input::{parse_bytes, parse_duration};
use sim::kernel::SimDuration;
use sim::pool::{Drain, MAX_THREADS, PoolKind, Profile, StartMethod, WorkerChoice};
use sim::workload::PythonVersion;

use crate::pools::{Choices, LifeChanges, Named};

/// Which pool.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Pool")]
pub struct PoolArgs {
    /// process:8, threads:16, thread:4x25, interpreters:8 or async:4x100; or one
    /// for each class or stage: echo=threads:8,matmul=process:4 [default: the
    /// pool's own size on the host]
    #[arg(long)]
    pub profile: Option<Named<Profile>>,
    /// Pool that people deploy, like gunicorn-gthread; or one for each class
    /// [default: the workload's, else a shape without a product]
    #[arg(long, value_name = "KIND")]
    pub pool: Option<Named<PoolKind>>,
    /// Interpreter, like 3.12 or 3.13t [default: the workload's first]
    #[arg(long, value_name = "VERSION")]
    pub python: Option<PythonVersion>,
    /// How workers start: fork, forkserver or spawn; or one for each class or
    /// stage [default: the pool's, else the interpreter's]
    #[arg(long, value_name = "METHOD", value_parser = start_methods)]
    pub start_method: Option<Named<StartMethod>>,
    /// Native threads per parallel segment; or a number for each class or stage
    #[arg(long, value_name = "N", default_value = "1", value_parser = blas_threads)]
    pub blas_threads: Named<u32>,
    /// Which worker gets a request [default: the pool's own rule]
    #[arg(long, value_enum)]
    pub choice: Option<ChoiceArg>,
}

impl From<&PoolArgs> for Choices {
    fn from(args: &PoolArgs) -> Self {
        Self {
            profile: args.profile.clone(),
            kind: args.pool.clone(),
            python: args.python,
            start_method: args.start_method.clone(),
            blas_threads: args.blas_threads.clone(),
            choice: args.choice.map(WorkerChoice::from),
        }
    }
}

/// When workers are replaced, where the workload says otherwise or nothing.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Life of workers")]
pub struct LifeArgs {
    /// Replace a worker when it has lived so long, like 30min
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub ttl: Option<SimDuration>,
    /// Add up to so much to each life, at random
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub ttl_jitter: Option<SimDuration>,
    /// Replace a worker when it has served so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_REQUESTS))]
    pub max_requests: Option<u64>,
    /// Add up to so many to each life, at random
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_REQUESTS))]
    pub max_requests_jitter: Option<u64>,
    /// Replace a worker whose resident set is larger, like 512MiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory_limit: Option<u64>,
    /// Look at the rules so often [default: after each request]
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub check_every: Option<SimDuration>,
    /// Start the new worker before the old one goes
    #[arg(long)]
    pub start_first: bool,
    /// What becomes of the requests of a worker that goes: finish, drop, or a
    /// time in which to finish, like 30s
    #[arg(long, value_name = "HOW", value_parser = drain)]
    pub drain: Option<Drain>,
}

/// Most requests of one life.
const MAX_REQUESTS: u64 = 1_000_000_000;

impl From<&LifeArgs> for LifeChanges {
    fn from(args: &LifeArgs) -> Self {
        Self {
            ttl: args.ttl,
            ttl_jitter: args.ttl_jitter,
            max_requests: args.max_requests,
            max_requests_jitter: args.max_requests_jitter,
            memory_limit: args.memory_limit,
            check_every: args.check_every,
            start_first: args.start_first,
            drain: args.drain,
        }
    }
}

/// One start method, or one for each name.
pub fn start_methods(text: &str) -> Result<Named<StartMethod>, String> {
    Named::read(text, |one| one_of::<StartMethodArg>(one).map(StartMethod::from))
}

/// One number of native threads, or one for each name.
pub fn blas_threads(text: &str) -> Result<Named<u32>, String> {
    Named::read(text, |one| {
        let threads = one.parse().ok().filter(|threads| (1..=MAX_THREADS).contains(threads));
        threads.ok_or_else(|| format!("`{one}` is no number from 1 to {MAX_THREADS}"))
    })
}

/// A value of an enumeration by its name.
pub fn one_of<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let known = T::value_variants().iter().filter_map(T::to_possible_value);
        let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
        format!("`{text}` is none of {}", known.join(", "))
    })
}

/// A length of time, possibly zero.
pub fn time(text: &str) -> Result<SimDuration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

/// A length of time above zero.
pub fn positive_time(text: &str) -> Result<SimDuration, String> {
    match time(text)? {
        SimDuration::ZERO => Err("it must be above zero; leave it out if there is none".to_owned()),
        above => Ok(above),
    }
}

fn size(text: &str) -> Result<u64, String> {
    match parse_bytes(text) {
        Ok(0) => Err("it must be above zero; leave it out if there is none".to_owned()),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(error.to_string()),
    }
}

fn drain(text: &str) -> Result<Drain, String> {
    match text {
        "finish" => Ok(Drain::Finish),
        "drop" => Ok(Drain::Drop),
        _ => time(text).map(Drain::Within).map_err(|_| {
            format!("`{text}` is no way to go; write finish, drop or a time like 30s")
        }),
    }
}

/// How workers start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StartMethodArg {
    /// Copy of the parent; pages shared until written
    Fork,
    /// Forked from a small clean server, then imports
    Forkserver,
    /// A fresh interpreter that imports everything again
    Spawn,
}

impl From<StartMethodArg> for StartMethod {
    fn from(method: StartMethodArg) -> Self {
        match method {
            StartMethodArg::Fork => Self::Fork,
            StartMethodArg::Forkserver => Self::Forkserver,
            StartMethodArg::Spawn => Self::Spawn,
        }
    }
}

/// Which worker gets a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ChoiceArg {
    /// One queue; the worker idle longest takes the head
    #[default]
    SharedQueue,
    /// One queue; the first worker in order with a free slot
    FirstFit,
    /// One queue; the worker with the most free slots
    LeastBusy,
    /// A queue per worker, dealt in turn
    RoundRobin,
    /// A queue per worker; the shortest gets the next
    LeastLoaded,
    /// Workers race to accept from a socket; a loop takes one at a time
    AcceptOne,
    /// Workers race to accept from a socket; a loop takes all that wait
    AcceptAll,
}

impl From<ChoiceArg> for WorkerChoice {
    fn from(choice: ChoiceArg) -> Self {
        match choice {
            ChoiceArg::SharedQueue => Self::SharedQueue,
            ChoiceArg::FirstFit => Self::FirstFit,
            ChoiceArg::LeastBusy => Self::LeastBusy,
            ChoiceArg::RoundRobin => Self::RoundRobin,
            ChoiceArg::LeastLoaded => Self::LeastLoaded,
            ChoiceArg::AcceptOne => Self::AcceptOne,
            ChoiceArg::AcceptAll => Self::AcceptAll,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_the_model_can_be_asked_for() {
        let choices = ChoiceArg::value_variants();
        let asked: Vec<&str> =
            choices.iter().map(|choice| WorkerChoice::from(*choice).name()).collect();
        let spelled: Vec<String> = choices
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        assert_eq!(asked, spelled);
        assert!(WorkerChoice::ALL.iter().all(|choice| asked.contains(&choice.name())));
    }

    #[test]
    fn ways_to_go_and_limits_read_with_their_units() {
        assert_eq!(drain("finish"), Ok(Drain::Finish));
        assert_eq!(drain("drop"), Ok(Drain::Drop));
        assert_eq!(drain("30s"), Ok(Drain::Within(SimDuration(30_000_000_000))));
        assert!(drain("30").unwrap_err().contains("a time like 30s"));
        assert!(positive_time("0s").is_err() && positive_time("-1s").is_err());
        assert!(size("0 B").is_err() && size("512").unwrap_err().contains("no unit"));
    }
}
