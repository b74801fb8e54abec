//! Every file that ships is accepted, and every workload runs.

use sim::experiment::{Limits, Scenario, simulate};
use sim::host::{Host, Origin};
use sim::pool::{PoolConfig, Profile};
use sim::workload::{SegmentKind, Workload};

use crate::{root, toml_files};

pub(crate) fn reference() -> Host {
    Host::load(&root().join("calibration/reference-8core.toml")).unwrap()
}

#[test]
fn workloads_are_named_after_their_files_and_say_what_they_stand_for() {
    for path in toml_files("workloads") {
        let workload = Workload::load(&path).unwrap_or_else(|errors| panic!("{errors:?}"));
        let inside = path.strip_prefix(root().join("workloads")).unwrap().with_extension("");
        assert_eq!(inside.to_str().unwrap().replace('/', "-"), workload.name);
        assert!(workload.about.ends_with('.'), "{}: {}", workload.name, workload.about);
    }
}

#[test]
fn workloads_run_on_the_reference_host() {
    let host = reference();
    for path in toml_files("workloads") {
        let workload = Workload::load(&path).unwrap();
        let pool = PoolConfig::new(&workload, Profile::processes(16), workload.runtime.python[0]);
        let limits = Limits { events: 10_000_000, in_system: 20_000 };
        let scenario = Scenario { limits, ..Scenario::new(&workload, &host, &pool, 500, 1) };
        let outcome = simulate(&scenario, 0, &mut ()).unwrap();
        assert!(outcome.counts.completed > 0, "{}: {:?}", workload.name, outcome.counts);
    }
}

#[test]
fn nothing_on_the_reference_host_is_called_measured() {
    let host = reference();
    assert_eq!((host.cores, host.threads_per_core, host.memory_bytes), (8, 2, 32_000_000_000));
    assert!(!host.write().contains("\"measured\""));
    assert_eq!(host.interpreter.switch_interval.origin, Origin::Published);
}

#[test]
fn a_matrix_product_takes_the_published_times_on_one_and_on_many_blas_threads() {
    let host = reference();
    let workload = Workload::load(&root().join("workloads/matmul.toml")).unwrap();
    for (blas_threads, published) in [(1, 0.120), (8, 0.035)] {
        let pool = PoolConfig::new(&workload, Profile::processes(1), workload.runtime.python[0]);
        let pool = PoolConfig { blas_threads, ..pool };
        let outcome =
            simulate(&Scenario::new(&workload, &host, &pool, 200, 1), 0, &mut ()).unwrap();
        let p50 = outcome.all.quantiles[0];
        assert!((p50 / published - 1.0).abs() < 0.15, "{blas_threads}: {p50} s");
    }
}

#[test]
fn the_mixed_load_keeps_the_reference_host_about_half_busy() {
    let workload = Workload::load(&root().join("workloads/mixed.toml")).unwrap();
    let busy = workload.demand_seconds(|kind| kind != SegmentKind::Wait)
        * workload.arrivals.offered_rate().unwrap()
        / f64::from(reference().cores);
    assert!((0.35..0.60).contains(&busy), "{busy}");
}
