use serde_json::Value;

use crate::lab::Lab;

const SIMULATE: &str = "simulate --workload tiny.toml --profile process:2";

#[test]
fn shows_figures_with_intervals_and_a_time_line() {
    let text = Lab::new().answer(SIMULATE, 0);
    for needle in ["throughput", "p99", "unit", "queue", "busy", "PSS"] {
        assert!(text.contains(needle), "no {needle}: {text}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn no_color_keeps_to_ascii() {
    let lab = Lab::new();
    let output = lab.planner(SIMULATE).env("NO_COLOR", "1").assert().success();
    assert!(output.get_output().stdout.is_ascii());
}

#[test]
fn two_workers_finish_a_batch_sooner_than_one() {
    let lab = Lab::new();
    let makespan = |profile: &str| {
        let arguments = format!("simulate --workload tiny.toml --profile {profile} --format json");
        let answer: Value = serde_json::from_str(&lab.answer(&arguments, 0)).unwrap();
        answer["figures"]["makespan"]["point"].as_f64().unwrap()
    };
    assert!(makespan("process:2") < 0.8 * makespan("process:1"));
}

#[test]
fn files_hold_every_request_and_the_state_of_the_pool() {
    let lab = Lab::new();
    let files = "--records r.csv --timeline t.csv --trace-out trace.csv";
    lab.answer(&format!("{SIMULATE} {files}"), 0);
    let records = lab.read("r.csv");
    assert_eq!(records.lines().count(), 21, "{records}");
    assert!(
        records.lines().skip(1).all(|line| line.contains("unit") && line.ends_with("completed"))
    );
    assert!(lab.read("t.csv").lines().count() > 10);
    assert_eq!(lab.files(), ["r.csv", "t.csv", "tiny.toml", "trace.csv"]);
}

#[test]
fn a_written_trace_replays_to_the_same_records() {
    let lab = Lab::new();
    lab.answer(&format!("{SIMULATE} --records drawn.csv --trace-out trace.csv"), 0);
    let batch = "[arrivals.batch]\nrequests = 20";
    let replay = lab.read("tiny.toml").replace(batch, "[arrivals.replay]\nfile = \"trace.csv\"");
    lab.write("replay.toml", replay);
    lab.answer("simulate --workload replay.toml --profile process:2 --records replayed.csv", 0);
    assert_eq!(lab.read("drawn.csv"), lab.read("replayed.csv"));
}

#[test]
fn a_profile_that_the_interpreter_cannot_run_is_a_usage_error() {
    let lab = Lab::new();
    let arguments = "simulate --workload tiny.toml --profile interpreters:4 --python 3.12";
    assert!(lab.refusal(arguments, 2, 1).contains("3.14"));
}

#[test]
fn a_full_disk_spoils_no_other_file() {
    let lab = Lab::new();
    lab.refusal(&format!("{SIMULATE} --records /dev/full"), 1, 1);
    assert_eq!(lab.files(), ["tiny.toml"]);
}
