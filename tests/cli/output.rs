//! Where answers go, and what happens when they cannot.

use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};

use crate::lab::Lab;

const RECOMMEND: &str = "recommend --workload tiny.toml";

#[test]
fn a_file_gets_what_standard_output_would() {
    let lab = Lab::new();
    let shown = lab.answer(RECOMMEND, 0);
    assert_eq!(lab.answer(&format!("{RECOMMEND} --out answer.txt"), 0), "");
    let without_command = |text: &str| text.split("Repeat").next().map(str::to_owned);
    assert_eq!(without_command(&lab.read("answer.txt")), without_command(&shown));
    assert_eq!(lab.files(), ["answer.txt", "tiny.toml"]);
}

#[test]
fn a_full_disk_is_an_error_and_leaves_the_device_alone() {
    let lab = Lab::new();
    let stderr = lab.refusal(&format!("{RECOMMEND} --out /dev/full"), 1, 1);
    assert!(stderr.contains("/dev/full") && stderr.contains("No space left"), "{stderr}");
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
}

#[test]
fn places_that_cannot_be_written_are_refused_before_the_work() {
    let lab = Lab::new();
    lab.refusal(&format!("{RECOMMEND} --out ."), 1, 1);
    lab.refusal(&format!("{RECOMMEND} --out no/such/folder/answer"), 1, 1);
    assert_eq!(lab.files(), ["tiny.toml"]);
}

fn planner(lab: &Lab, arguments: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("planner"));
    command.args(arguments.split_whitespace()).current_dir(lab.path("")).stderr(Stdio::piped());
    command
}

#[test]
fn a_closed_pipe_is_no_error() {
    let lab = Lab::new();
    for arguments in [RECOMMEND, "--help", "man", "completions bash"] {
        let mut child = planner(&lab, arguments).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments}");
    }
}

#[test]
fn a_full_standard_output_is_an_error() {
    let lab = Lab::new();
    for arguments in [RECOMMEND, "man", "completions bash"] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = planner(&lab, arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {stderr}");
        assert!(stderr.contains("standard output"), "{stderr}");
        assert!(stderr.contains("No space left"), "{stderr}");
    }
}
