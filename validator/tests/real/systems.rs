//! One short variant of each published system, run for real.

use serde_json::json;
use validator::environments::{Cache, EnvironmentError};
use validator::run::Stop;
use validator::systems::pools::FivePools;
use validator::systems::pyrallel::Pyrallel;
use validator::systems::tadween::Tadween;
use validator::systems::{Figure, Readings, System, Variant, launch};

use crate::support::{alone, not_run, pythons};

/// The figures of a variant, or a line that says why there are none.
fn readings(system: &dyn System, name: &str, spec: serde_json::Value) -> Option<Readings> {
    let _alone = alone();
    let suits = |minor: u8| minor >= system.oldest_python();
    let Some(python) = pythons().iter().find(|it| suits(it.build.minor) && !it.build.free_threaded)
    else {
        not_run(&format!("{} needs CPython 3.{}", system.name(), system.oldest_python()));
        return None;
    };
    let environment = match Cache::of_user().unwrap().environment(python, system.purpose()) {
        Ok(environment) => environment,
        Err(error @ (EnvironmentError::Install { .. } | EnvironmentError::NoVenv { .. })) => {
            not_run(&error.to_string());
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let variant = Variant { name: name.to_owned(), spec, fitted: false, quick: true };
    let folder = tempfile::tempdir().unwrap();
    let run = launch(&variant, system.sources(), &environment.python, folder.path(), &Stop::new())
        .unwrap();
    assert!(run.application.private_bytes > 0 && run.application.import_cpu_ns > 0);
    assert!(!run.samples.is_empty());
    Some(system.read(&variant, &run).unwrap())
}

#[test]
fn tadween_passes_requests_through_its_stages() {
    let spec = json!({
        "benchmark": "pipeline", "workers": 2, "start_method": "fork", "numpy": false,
        "elements": 1000, "requests": 3,
    });
    let Some(seen) = readings(&Tadween::for_memory(1 << 30), "short", spec) else { return };
    // A transfer waits 17 times 50 ms by its own code.
    assert!(seen[&Figure::Download] > 0.85 && seen[&Figure::Upload] > 0.85, "{seen:?}");
    assert!(seen[&Figure::Compute] > 0.0, "{seen:?}");
    assert!(seen[&Figure::FirstWave] > 0.85, "{seen:?}");
}

#[test]
fn pyrallel_keeps_the_limit_of_its_ordering() {
    let spec = json!({
        "engine": "async", "ordering": "partition", "work": "sleep", "messages": 200, "keys": 20,
        "processes": 1, "max_in_flight": 100,
    });
    let Some(seen) = readings(&Pyrallel, "short", spec) else { return };
    // Four partitions, one message of each at a time.
    assert!(seen[&Figure::InFlight] < 4.5, "{seen:?}");
    assert!(seen[&Figure::Processing] > 0.005, "{seen:?}");
}

#[test]
fn five_pools_keep_all_results() {
    let spec = |pool: &str| {
        json!({
            "pool": pool, "job": "compute", "threads": 4, "processes": 2, "calls": 100,
            "counts": [100, 60000],
        })
    };
    for pool in ["multiprocessing-thread-pool", "thread-pool-executor"] {
        let Some(seen) = readings(&FivePools::on(2), pool, spec(pool)) else { return };
        // A complex number each, and the list that holds them.
        assert!(seen[&Figure::Blocks] > 60_000.0, "{pool}: {seen:?}");
        assert!(seen[&Figure::PeakPss] > 0.0, "{pool}: {seen:?}");
    }
}
