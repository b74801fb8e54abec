//! A portrait for tests.

use std::path::PathBuf;

use super::{
    ForkUse, FreeThreaded, ImportUse, Leak, LockUse, MemoryUse, Portrait, Quantiles, Size, Times,
};
use crate::interpreters::{Build, Interpreter, Source};
use crate::lock_probe::Spread;

pub(crate) fn about(point: f64) -> Spread {
    Spread { point, low: 0.9 * point, high: 1.1 * point, n: 10 }
}

/// A call of 10 ms on a core, of which that share holds the lock and that much of
/// it cannot be asked, and of `wait` s beside; with so many re-acquires.
pub(crate) fn portrait(held: f64, kept: f64, releases: f64, wait: f64) -> Portrait {
    let (cpu, none) = (10e-3, about(0.0));
    let size = Size { bytes: Some(100), why_not: None, pack: 1e-6, unpack: 1e-6 };
    let build = Build {
        version: "3.13.0".to_owned(),
        minor: 13,
        implementation: "CPython".to_owned(),
        free_threaded: false,
    };
    Portrait {
        target: "shop.tasks:price".to_owned(),
        python: Interpreter { path: PathBuf::from("python3"), source: Source::Named, build },
        imports: ImportUse {
            cpu: about(0.1),
            memory: about(1e7),
            libraries: vec!["numpy".to_owned()],
            threads: 1,
        },
        first_call: cpu,
        coroutine: false,
        request: size.clone(),
        response: Size { bytes: None, why_not: Some("it is a \"lock\"".to_owned()), ..size },
        unsendable: None,
        times: Times {
            elapsed: about(cpu + wait),
            own_cpu: about(cpu),
            other_cpu: none,
            children_cpu: none,
            wait: about(wait),
            calls: Quantiles { p50: cpu, p95: cpu, p99: cpu },
            wait_cv: 0.5,
            cpu_cv: 0.1,
            machine_cv: 0.1,
            count: 100,
            batch: 1,
            failed: 0.0,
            reason: None,
            threads: 1,
            locked: true,
        },
        blas: None,
        lock: Some(LockUse {
            held: about(held),
            kept: about(kept),
            releases: about(releases),
            delays: Vec::new(),
            given: about(1e-4),
            asked: about(2e-4),
        }),
        memory: Some(MemoryUse {
            working_set: about(1e6),
            kept: 0.5,
            leak: Leak { per_call: about(11_000.0), calls: 100, certain: true },
        }),
        fork: ForkUse { child: "served".to_owned(), threads: 1, imported_threads: 1 },
        free_threaded: FreeThreaded::NotRun("none".to_owned()),
        output: String::new(),
        left: 0,
        not_run: Vec::new(),
        took: 20.0,
    }
}
