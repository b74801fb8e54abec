//! A user's own results: judged row by row, faults named with their place.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use audit::document::StatedHost;
use audit::laws::Law;
use audit::load_test::parse;
use audit::verdict::findings;

const GOOD: &str = "name,profile,clients,offered,throughput,p50 (ms),p99,memory\n\
                    low,process:8,,100/s,100/s,9.5,15 ms,1.3 GB\n\
                    high,process:8,16,,2400/s,20,42 ms,18 GB\n";

fn host() -> StatedHost {
    StatedHost { cpus: Some(8.0), memory: Some(16e9), ..StatedHost::default() }
}

#[test]
fn rows_are_judged_by_laws() {
    let (document, errors) = parse(GOOD, Path::new("r.csv"), host()).unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    let broken: Vec<Law> =
        findings(&document).iter().filter(|one| !one.holds).map(|one| one.law).collect();
    assert_eq!(broken, [Law::InteractiveResponse, Law::Memory]);
}

#[test]
fn a_faulty_row_is_named_and_the_others_are_judged() {
    for (from, to, says, line) in [
        ("15 ms", "15 MB", "not the unit of this column", 2),
        ("9.5", "9.5 s", "a unit of its own", 2),
        ("9.5", "-9.5", "does not start with a number", 2),
        ("15 ms", "0 ms", "cannot be", 2),
        ("process:8,16", "procs:8,16", "procs:8", 3),
        ("high,", ",", "no name", 3),
        ("high,", "low,", "twice", 3),
        (",18 GB", "", "cells", 3),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let (document, errors) = parse(&text, Path::new("r.csv"), host()).unwrap();
        assert_eq!((document.configurations.len(), errors.len()), (1, 1), "{to}: {errors:?}");
        assert!(errors[0].message.contains(says), "{to}: {:?}", errors[0]);
        assert_eq!(errors[0].line_column().unwrap().0, line, "{to}");
        assert!(errors[0].help.is_some());
    }
}

#[test]
fn an_unknown_pool_is_an_error_of_its_row() {
    let text = "name,pool,throughput\na,apache,5/s\nb,uvicorn,5/s\n";
    let (document, errors) = parse(text, Path::new("r.csv"), host()).unwrap();
    assert_eq!((document.configurations.len(), errors.len()), (1, 1));
    assert!(errors[0].message.contains("`apache` is no pool"), "{:?}", errors[0]);
}

#[test]
fn a_file_without_what_every_row_needs_is_refused() {
    for (text, says) in [
        ("name,p50\na,1 ms\n", "no column `throughput`"),
        ("throughput\n5/s\n", "no column `name`"),
        ("name,througput\na,5/s\n", "`througput` is no column"),
        ("", "no column"),
    ] {
        let errors = parse(text, Path::new("r.csv"), host()).unwrap_err();
        assert!(errors[0].message.contains(says), "{text}: {errors:?}");
    }
}
