//! What every pool does, whatever it costs.

use std::path::Path;

use sim::pool::{PoolKind, StartMethod};
use validator::run::{End, Kernel, Load, Observation, Outcome, PoolSpec, Record, Sample};

use crate::support::{MILLISECOND, STANDARD, Trial, alone, not_run, pair, python, pythons};

const WORK: [(Kernel, u64); 3] = [
    (Kernel::Python, MILLISECOND),
    (Kernel::Native, MILLISECOND),
    (Kernel::Sleep, 3 * MILLISECOND),
];

/// Most requests that were in service at once.
fn most_at_once(seen: &Observation) -> usize {
    let interval = |r: &Record| Some((r.started?, r.finished?));
    let intervals: Vec<_> = seen.records.iter().filter_map(interval).collect();
    let at = |instant| intervals.iter().filter(|i| i.0 <= instant && instant < i.1).count();
    intervals.iter().map(|interval| at(interval.0)).max().unwrap_or(0)
}

/// Each request served once, in a consistent order of instants, on two slots.
fn check(seen: &Observation, count: usize, what: &str) {
    assert_eq!(seen.end, End::Complete, "{what}");
    assert_eq!(seen.lost, [0; 0], "{what}");
    let mut served: Vec<_> = seen.records.iter().map(|record| record.request).collect();
    served.sort_unstable();
    assert_eq!(served, (0..count).collect::<Vec<_>>(), "{what}");
    for record in &seen.records {
        assert_eq!(record.outcome, Outcome::Ok, "{what}");
        let (started, finished) = (record.started.unwrap(), record.finished.unwrap());
        let instants = [record.scheduled, record.submitted, started, finished, record.received];
        assert!(instants.is_sorted(), "{what}: {record:?}");
    }
    let most = most_at_once(seen);
    assert!((1..=2).contains(&most), "{what}: {most} at once");
    assert!(seen.startup.launched < seen.startup.began);
    assert!(seen.startup.began <= seen.startup.ready && seen.startup.ready <= seen.origin);
}

#[test]
fn open_loads_are_served_once_and_counted_from_their_instants() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in STANDARD {
        let trial = Trial::new(pair(kind), &WORK, 12, 2 * MILLISECOND);
        let seen = trial.run(python).unwrap();
        check(&seen, 12, &format!("{kind:?}"));
        for record in &seen.records {
            let instant = seen.origin + trial.rows[record.request].at.0;
            assert_eq!(record.scheduled, instant);
        }
    }
}

#[test]
fn a_batch_comes_back_in_order() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in STANDARD {
        let seen = Trial::new(pair(kind), &WORK, 10, 0).batch().run(python).unwrap();
        check(&seen, 10, &format!("{kind:?}"));
        let order: Vec<_> = seen.records.iter().map(|record| record.request).collect();
        assert!(order.is_sorted(), "{kind:?}: {order:?}");
    }
}

#[test]
fn a_chunk_is_served_by_one_worker() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in [PoolKind::MultiprocessingPool, PoolKind::ProcessPoolExecutor] {
        let pool = PoolSpec { chunk: Some(3), ..pair(kind) };
        let seen = Trial::new(pool, &WORK, 9, 0).batch().run(python).unwrap();
        check(&seen, 9, &format!("{kind:?}"));
        for chunk in seen.records.chunks(3) {
            assert!(chunk.iter().all(|record| record.worker == chunk[0].worker), "{kind:?}");
        }
    }
}

#[test]
fn closed_clients_wait_for_their_reply() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in STANDARD {
        let mut trial = Trial::new(pair(kind), &WORK, 12, 0);
        for row in &mut trial.rows {
            row.at.0 = MILLISECOND;
        }
        trial.spec.load = Load::Closed { clients: 3 };
        let seen = trial.run(python).unwrap();
        check(&seen, 12, &format!("{kind:?}"));
        for record in &seen.records {
            let earlier = seen.records.iter().filter(|r| r.submitted < record.submitted).count();
            let back = seen.records.iter().filter(|r| r.received <= record.submitted).count();
            assert!(earlier - back < 3, "{kind:?}: {} unanswered", earlier - back);
        }
    }
}

#[test]
fn processes_start_in_every_way() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in [PoolKind::MultiprocessingPool, PoolKind::ProcessPoolExecutor] {
        for start_method in [StartMethod::Fork, StartMethod::Spawn, StartMethod::Forkserver] {
            let pool = PoolSpec { start_method, ..pair(kind) };
            let seen = Trial::new(pool, &WORK, 8, 0).run(python).unwrap();
            check(&seen, 8, &format!("{kind:?} {start_method:?}"));
        }
    }
}

#[test]
fn every_interpreter_of_this_machine_serves() {
    let _alone = alone();
    for python in pythons() {
        for kind in [PoolKind::ProcessPoolExecutor, PoolKind::ThreadPoolExecutor, PoolKind::Asyncio]
        {
            let what = format!("{kind:?} on {}", python.path.display());
            let seen = Trial::new(pair(kind), &WORK, 6, 0).run(&python.path).expect(&what);
            check(&seen, 6, &what);
        }
    }
}

#[test]
fn a_process_is_replaced_after_its_requests() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = PoolSpec { max_tasks: Some(2), ..pair(PoolKind::MultiprocessingPool) };
    let seen = Trial::new(pool, &WORK, 8, 0).run(python).unwrap();
    check(&seen, 8, "recycling");
    let mut workers: Vec<_> = seen.records.iter().map(|record| record.worker).collect();
    workers.sort_unstable();
    assert!(workers.chunk_by(PartialEq::eq).all(|requests| requests.len() <= 2), "{workers:?}");
}

#[test]
fn an_event_loop_computes_one_request_at_a_time() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let pool = PoolSpec::threads(PoolKind::Asyncio, 4);
    let seen = Trial::new(pool, &[(Kernel::Native, 4 * MILLISECOND)], 6, 0).run(python).unwrap();
    assert_eq!(most_at_once(&seen), 1);
    // Waits let others run.
    let pool = PoolSpec::threads(PoolKind::Asyncio, 4);
    let seen = Trial::new(pool, &[(Kernel::Sleep, 200 * MILLISECOND)], 6, 0).run(python).unwrap();
    assert_eq!(most_at_once(&seen), 4);
}

/// A batch of bytecode on two slots.
fn compute(python: &Path, kind: PoolKind) -> Observation {
    let work = [(Kernel::Python, 120 * MILLISECOND)];
    Trial::new(pair(kind), &work, 6, 0).batch().run(python).unwrap()
}

#[test]
fn threads_under_one_lock_never_use_more_than_one_core() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in [PoolKind::ThreadPoolExecutor, PoolKind::MultiprocessingThreadPool] {
        let seen = compute(python, kind);
        let cpu: u64 = seen.records.iter().filter_map(|record| record.cpu).sum();
        let first = seen.records.iter().filter_map(|record| record.started).min().unwrap();
        let last = seen.records.iter().filter_map(|record| record.finished).max().unwrap();
        // A hand-off counts as CPU time of both.
        let cores = cpu as f64 / (last - first) as f64;
        assert!(cores < 1.2, "{kind:?}: {cores} cores");
    }
}

/// Cores that the pool used, or was ready to use: neighbours may hold them.
fn cores_wanted(seen: &Observation) -> f64 {
    let first = seen.records.iter().filter_map(|record| record.started).min().unwrap();
    let last = seen.records.iter().filter_map(|record| record.finished).max().unwrap();
    let during = |sample: &&Sample| (first..last).contains(&sample.at);
    let samples: Vec<_> = seen.samples.iter().filter(during).collect();
    let wanted = |sample: &Sample| -> u64 {
        sample.processes.iter().map(|process| process.cpu + process.core_wait).sum()
    };
    let [begin, .., end] = samples[..] else { panic!("too few samples: {samples:?}") };
    (wanted(end) - wanted(begin)) as f64 / (end.at - begin.at) as f64
}

#[test]
fn processes_compute_at_once() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in [PoolKind::MultiprocessingPool, PoolKind::ProcessPoolExecutor] {
        let seen = compute(python, kind);
        assert!(seen.startup.interpreter_lock);
        let cores = cores_wanted(&seen);
        assert!(cores > 1.3, "{kind:?}: {cores} cores wanted");
    }
}

#[test]
fn threads_without_a_lock_compute_at_once() {
    let Some(python) = pythons().iter().find(|python| python.build.free_threaded) else {
        not_run("no free-threaded CPython was found");
        return;
    };
    let _alone = alone();
    let seen = compute(&python.path, PoolKind::ThreadPoolExecutor);
    assert!(!seen.startup.interpreter_lock);
    let cores = cores_wanted(&seen);
    assert!(cores > 1.3, "{cores} cores wanted");
}
