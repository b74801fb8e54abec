//! `audit` as its users meet it.

use std::fs;
use std::path::Path;

use crate::lab::Lab;

const BEGIN: &str = "<!-- output -->\n```text\n";
const END: &str = "```\n<!-- /output -->";

fn here(arguments: &str) -> String {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("planner");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("COLUMNS");
    let assert = command.args(arguments.split_whitespace()).assert().success().stderr("");
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Run with `UPDATE_README=1` to put changed answers into the page.
#[test]
fn the_page_shows_the_real_answers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md");
    let page = fs::read_to_string(&path).unwrap();
    let published = here("audit calibration/published");
    let published = &published[..published.find("\n\n").unwrap() + 1];
    let own = here("audit docs/examples/load-test.csv --cores 8 --memory 16GiB");
    let mut fresh = String::new();
    let mut rest = page.as_str();
    for answer in [published, &own] {
        let from = rest.find(BEGIN).unwrap() + BEGIN.len();
        let to = rest.find(END).unwrap();
        fresh.push_str(&rest[..from]);
        fresh.push_str(answer);
        fresh.push_str(END);
        rest = &rest[to + END.len()..];
    }
    fresh.push_str(rest);
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, fresh).unwrap();
    } else {
        assert_eq!(page, fresh);
    }
}

#[test]
fn every_form_has_the_same_figures() {
    let lab = Lab::new();
    lab.write("r.csv", "name,clients,throughput,p50\n<a>,1,2400/s,20 ms\n");
    let text = lab.answer("audit r.csv --all", 0);
    assert!(text.contains("interactive response time, 23.4 times off"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let json = lab.json("audit r.csv", 0);
    assert_eq!(json["total"]["refuted"], 2);
    assert_eq!(json["documents"][0]["figures"][0]["value"], 2400.0);
    let page = lab.answer("audit r.csv --format html", 0);
    assert!(page.contains("&lt;a&gt;") && !page.contains("<a>"), "{page}");
    assert!(page.contains("prefers") || page.contains("color-scheme: light dark"));
}

#[test]
fn the_model_predicts_rows_that_name_a_pool() {
    let lab = Lab::steady();
    lab.write("r.csv", "name,profile,offered,throughput,p50\na,process:4,50/s,50/s,300 ms\n");
    let json = lab.json("audit r.csv --workload steady.toml", 0);
    let figures = json["documents"][0]["figures"].as_array().unwrap();
    let verdict = |quantity: &str| {
        figures.iter().find(|one| one["quantity"] == quantity).unwrap()["verdict"].clone()
    };
    assert_eq!(verdict("throughput"), "reproduced");
    assert_eq!(verdict("p50"), "differs");
}

#[test]
fn faulty_rows_are_told_after_the_others_were_judged() {
    let lab = Lab::new();
    lab.write("r.csv", "name,throughput,p50\na,5/s,1 ms\nb,5/s,1 MB\n");
    let assert = lab.planner("audit r.csv").assert().code(20);
    let output = assert.get_output();
    assert!(String::from_utf8_lossy(&output.stdout).contains("Figures"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("r.csv:3:7"));
}

#[test]
fn what_is_not_there_is_refused() {
    let lab = Lab::new();
    for paths in ["", "nowhere.toml", "nowhere.csv", ".."] {
        lab.planner(&format!("audit {paths}")).assert().failure();
    }
}
