//! Pools that are started again beside their run.

use std::fs;

use validator::run::{Kernel, KernelRate, Stop, start_again};

use crate::support::{MILLISECOND, STANDARD, Trial, alone, pair, processes_of, python, wait_until};

const RATE: f64 = 100.0;

fn known(kernel: &str) -> KernelRate {
    KernelRate {
        kernel: kernel.to_owned(),
        fixed_ns: RATE,
        step_ns: RATE,
        check_asked_ns: 0,
        check_took_ns: 0,
    }
}

#[test]
fn every_pool_starts_again_at_the_rates_that_are_known() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    for kind in STANDARD {
        let folder = tempfile::tempdir().unwrap();
        let trial = Trial::new(pair(kind), &[(Kernel::Python, MILLISECOND)], 2, MILLISECOND);
        let run = trial.run_in(python, folder.path(), &Stop::new()).unwrap();
        let plan = trial.plan(python);
        let again = |stop: &Stop| start_again(&plan, &[known("python")], 2, folder.path(), stop);
        let starts = again(&Stop::new());
        assert_eq!(starts.failed, None, "{kind}");
        let [first, second] = starts.seen[..] else { panic!("{kind}: {starts:?}") };
        assert!(run.startup.ready < first.launched && first.ready < second.launched, "{kind}");
        assert!(first.launched < first.began && first.began <= first.ready, "{kind}");
        let events = fs::read_to_string(folder.path().join("starts/2-events.jsonl")).unwrap();
        assert!(events.contains("\"step_ns\": 100.0") && !events.contains("\"request\""));
        wait_until("all processes end", || processes_of(folder.path()).is_empty());
        let stop = Stop::new();
        stop.request();
        let none = again(&stop);
        assert!(none.seen.is_empty() && none.failed.is_some_and(|it| it.contains("interrupted")));
        wait_until("all processes end", || processes_of(folder.path()).is_empty());
    }
}

#[test]
fn a_start_that_fails_is_said_and_ends_the_starting() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let trial = Trial::new(pair(STANDARD[0]), &[(Kernel::Sleep, 0)], 2, MILLISECOND);
    trial.run_in(python, folder.path(), &Stop::new()).unwrap();
    fs::write(folder.path().join("python/service.py"), "raise ImportError('gone')\n").unwrap();
    let plan = trial.plan(python);
    let starts = start_again(&plan, &[], 3, folder.path(), &Stop::new());
    assert!(starts.seen.is_empty());
    assert!(starts.failed.is_some_and(|why| why.contains("import") && why.contains("gone")));
}
