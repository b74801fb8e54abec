//! `planner validate`, as far as it needs no Python.

use crate::lab::{Lab, TINY};

#[test]
fn without_a_calibration_it_says_how_to_make_one() {
    let said = Lab::new().refusal("validate", 21, 1);
    assert!(said.contains("planner calibrate --quick"), "{said}");
}

#[test]
fn cells_that_cannot_be_read_and_pools_that_are_not_run_are_refused() {
    let lab = Lab::new();
    let host = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/reference-8core.toml");
    lab.write("cells.toml", "set = \"other\"\n");
    let said = lab.refusal(&format!("validate --calibration {host} --cells cells.toml"), 20, 1);
    assert!(said.contains("cells.toml:1:7") && said.contains("held-out"), "{said}");
    let said = lab.refusal(&format!("validate --calibration {host} --only no-such-cell"), 2, 1);
    assert!(said.contains("leave out --only"), "{said}");
    let words = format!("validate --calibration {host} --decision --only no-such-workload");
    let said = lab.refusal(&words, 2, 1);
    assert!(said.contains("none of the 14 workloads"), "{said}");
}

#[test]
fn what_the_model_is_off_by_is_never_taken_from_scored_cells() {
    let lab = Lab::new();
    let host = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/reference-8core.toml");
    let validate = format!("validate --calibration {host} --discrepancy new.toml");
    for set in ["held-out", "reserve", "extrapolation", "grpc", "servers"] {
        let said = lab.refusal(&format!("{validate} --set {set}"), 2, 1);
        assert!(said.contains(&format!("{set} cells")), "{said}");
        assert!(said.contains("--set development"), "{said}");
    }
    let said = lab.refusal(&format!("{validate} --set development --quick"), 2, 1);
    assert!(said.contains("takes 19"), "{said}");
    let said = lab.refusal(&format!("{validate} --set random --count 18"), 2, 1);
    assert!(said.contains("takes 19"), "{said}");
    lab.refusal(&format!("{validate} --decision"), 2, 1);
    lab.write("other.toml", "of somebody");
    let words = format!("validate --calibration {host} --discrepancy other.toml --set development");
    let said = lab.refusal(&words, 2, 1);
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(lab.read("other.toml"), "of somebody");
    assert!(!lab.path("new.toml").exists());
}

#[test]
fn a_pool_that_is_only_simulated_is_listed_as_not_run() {
    let lab = Lab::new();
    let host = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/reference-8core.toml");
    lab.write("tiny.toml", TINY);
    // Any interpreter: none is started.
    let words = format!(
        "validate --calibration {host} --workload tiny.toml --profile process:2 --pool keyed-process"
    );
    let text = lab.answer(&words, 30);
    assert!(text.contains("not run: `keyed-process` is not run for real"), "{text}");
}

#[test]
fn drawn_cells_can_be_listed_and_kept() {
    let lab = Lab::new();
    let text = lab.answer("validate --set random --seed 3 --count 12 --print-set", 0);
    assert_eq!(text.matches("[[cell]]").count(), 12);
    lab.write("kept.toml", &text);
    let listed = lab.answer("validate --cells kept.toml --list", 0);
    assert!(listed.starts_with("12 cells\n") && listed.contains("s3-01-"), "{listed}");
    assert_eq!(lab.answer("validate --set random --seed 3 --count 12 --list", 0), listed);
    let said = lab.refusal("validate --count 12 --list", 2, 1);
    assert!(said.contains("add --set random"), "{said}");
}
