//! A calibration of one round with the cheapest probes.

use std::fs;

use sim::host::{Host, Origin};
use validator::calibrate::{Course, Facts, Journal, Measured, all_probes, fit, measure};
use validator::environments::Cache;
use validator::run::Stop;

use crate::support::{alone, not_run, pythons};

/// What one round of the probes called `names` gives, and its journal.
fn one_round(names: &[&str], stop: &Stop, folder: &std::path::Path) -> Option<(Measured, Journal)> {
    let Some(python) = pythons().iter().find(|python| !python.build.free_threaded) else {
        not_run("no CPython 3.8 or later was found");
        return None;
    };
    let scratch = tempfile::tempdir().unwrap();
    let mut probes = all_probes();
    probes.retain(|probe| names.contains(&probe.name.as_str()));
    let cache = Cache::at(scratch.path().join("cache"));
    let course = Course { python, cache: &cache, probes, rounds: 1, scratch: scratch.path() };
    let mut journal = Journal::open(folder).unwrap();
    let measured = measure(&course, &mut journal, stop, &mut |_, _, _| ()).unwrap();
    Some((measured, journal))
}

#[test]
fn a_round_of_real_probes_becomes_a_calibration() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let Some((measured, journal)) = one_round(&["memory", "wakes"], &Stop::new(), folder.path())
    else {
        return;
    };
    assert!(measured.skipped.is_empty() && !measured.interrupted, "{measured:?}");
    let observations = journal.observations();
    assert!(observations.iter().any(|o| o.probe == "memory" && o.quantity == "interpreter"));
    let probe = validator::host::probe().unwrap();
    let facts = Facts::new("trial", &probe, &pythons()[0], "0");
    let fitted = fit(observations, &facts, &Host::ideal(2));
    assert_eq!((fitted.rounds, fitted.host.name.as_str()), (1, "trial"));
    // On a host whose speed changed meanwhile, nothing counts; it says so.
    assert!(fitted.rejected <= fitted.launches);
    if fitted.rejected == 0 {
        let bare = &fitted.host.memory.interpreter;
        assert_eq!(bare.origin, Origin::Measured);
        assert!((1 << 20..1 << 28).contains(&bare.value), "{bare:?}");
    }
    let again = fit(Journal::open(folder.path()).unwrap().observations(), &facts, &Host::ideal(2));
    assert_eq!(again, fitted, "a refit of what was kept is the same");
    let text = fitted.host.write();
    assert_eq!(Host::parse(&text, "trial.toml".as_ref()).unwrap(), fitted.host);
}

#[test]
fn an_interrupted_calibration_keeps_what_it_has() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let Some((measured, journal)) = one_round(&["memory"], &Stop::new(), folder.path()) else {
        return;
    };
    assert!(!measured.interrupted);
    let before = journal.observations().len();
    drop(journal);
    let stop = Stop::new();
    stop.request();
    let (measured, journal) = one_round(&["memory"], &stop, folder.path()).unwrap();
    assert!(measured.interrupted);
    assert!(before > 0 && journal.observations().len() >= before);
    assert!(!fs::read(folder.path().join("observations.jsonl")).unwrap().is_empty());
}
