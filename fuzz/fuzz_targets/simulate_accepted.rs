//! Whatever workload the reader accepts, the engine simulates without tripping
//! one of its assertions.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use sim::experiment::{CpuModel, Limits, Scenario, Start, simulate};
use sim::host::Host;
use sim::pool::{PoolConfig, Profile, StartMethod, WorkerChoice};
use sim::workload::Workload;

/// Small enough for thousands of inputs a second.
const LIMITS: Limits = Limits { events: 50_000, in_system: 1_000 };
const REQUESTS: u64 = 100;
const CHOICES: [WorkerChoice; 4] = [
    WorkerChoice::SharedQueue,
    WorkerChoice::FirstFit,
    WorkerChoice::RoundRobin,
    WorkerChoice::LeastLoaded,
];

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let text = include_str!("../../calibration/reference-8core.toml");
    Host::parse(text, Path::new("reference-8core.toml")).expect("the calibration that ships")
});

fn profile(seed: u8) -> Profile {
    let (workers, slots) = (u32::from(seed >> 2 & 7) + 1, u32::from(seed >> 5) + 1);
    match seed & 3 {
        0 => Profile::processes(workers),
        1 => Profile::threads(workers, slots),
        2 => Profile::event_loops(workers, slots),
        _ => Profile::interpreters(workers, slots),
    }
}

// The first line chooses the pool, the rest is the workload.
fuzz_target!(|text: &str| -> Corpus {
    let Some((pick, text)) = text.split_once('\n') else {
        return Corpus::Reject;
    };
    let pick: Vec<u8> = pick.bytes().chain([0; 3]).collect();
    let parsed = Workload::parse(text, Path::new("fuzz.toml"), Path::new("/nonexistent"));
    let Ok(workload) = parsed else {
        return Corpus::Reject;
    };
    let mut pool = PoolConfig::new(&workload, profile(pick[0]), workload.runtime.python[0]);
    pool.choice = CHOICES[usize::from(pick[1] & 3)];
    pool.start_method = StartMethod::ALL[usize::from(pick[1] >> 2) % 3];
    pool.blas_threads = u32::from(pick[2] & 15) + 1;
    let scenario = Scenario {
        cpu: if pick[2] & 16 == 0 { CpuModel::ProcessorSharing } else { CpuModel::FairQuanta },
        start: if pick[2] & 32 == 0 { Start::Warm } else { Start::Cold },
        limits: LIMITS,
        ..Scenario::new(&workload, &HOST, &pool, REQUESTS, 1)
    };
    // A limit that is passed, or a profile that cannot run, is an answer too.
    let _ = simulate(&scenario, 0, &mut ());
    Corpus::Keep
});
