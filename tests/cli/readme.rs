//! The README shows what the program really says.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const BEGIN: &str = "<!-- output -->\n```text\n";
const END: &str = "```\n<!-- /output -->";

/// The answer up to its reasons, run as the README says.
fn beginning_of_the_answer() -> String {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("planner");
    let arguments = ["recommend", "--workload", "workloads/mixed.toml"];
    let assert = Command::current_dir(&mut command, env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .assert()
        .success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let end = text.find("\nWhy\n").unwrap();
    text[..end].to_owned()
}

/// Run with `UPDATE_README=1` to put a changed answer into the README.
#[test]
fn the_readme_shows_the_real_answer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let from = readme.find(BEGIN).unwrap() + BEGIN.len();
    let to = readme.find(END).unwrap();
    let answer = beginning_of_the_answer();
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{}{answer}{}", &readme[..from], &readme[to..])).unwrap();
    } else {
        assert_eq!(readme[from..to], answer);
    }
}
