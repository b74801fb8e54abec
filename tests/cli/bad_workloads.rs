//! Every kind of unusable workload or calibration: one clear error that points
//! at its cause, the documented code, and no answer.

use std::fs::File;

use crate::lab::{Lab, TINY};

const RECOMMEND: &str = "recommend --workload bad.toml";
const REFERENCE: &str = include_str!("../../calibration/reference-8core.toml");

/// The refusal of `TINY` with `from` replaced by `to`, which must name
/// `place` (line:column) and say `needle`.
fn refuse(from: &str, to: &str, place: &str, needle: &str) {
    assert!(TINY.contains(from), "{from}");
    let lab = Lab::new();
    lab.write("bad.toml", TINY.replacen(from, to, 1));
    let stderr = lab.refusal(RECOMMEND, 20, 1);
    assert!(stderr.contains(&format!("bad.toml:{place}")), "{place}: {stderr}");
    assert!(stderr.contains('^'), "{stderr}");
    assert!(stderr.contains(needle), "{needle}: {stderr}");
}

#[test]
fn an_unknown_key_is_pointed_at_with_the_nearest_known_one() {
    refuse("share = 1.0", "shar = 1.0", "8:1", "`share`");
}

#[test]
fn a_wrong_unit_is_pointed_at_with_the_known_ones() {
    refuse("\"1 ms\"", "\"1 sec\"", "11:10", "ms");
}

#[test]
fn a_number_without_its_unit_is_refused() {
    refuse("\"1 ms\"", "5", "11:10", "help");
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for (from, to, place) in [
        ("\"1 ms\"", "\"-1 ms\"", "11:10"),
        ("\"1 ms\"", "\"0 ms\"", "11:10"),
        ("\"1 ms\"", "\"NaN ms\"", "11:10"),
        ("\"1 ms\"", "\"1e300 s\"", "11:10"),
        ("share = 1.0", "share = nan", "8:9"),
        ("share = 1.0", "share = inf", "8:9"),
        ("share = 1.0", "share = -1", "8:9"),
        ("share = 1.0", "share = 0", "8:9"),
        ("requests = 20", "requests = 0", "4:12"),
        ("max_workers = 4", "max_workers = 1000000000", "20:15"),
    ] {
        refuse(from, to, place, "help");
    }
}

#[test]
fn shares_must_sum_to_one() {
    refuse("share = 1.0", "share = 0.25", "8:9", "0.75");
}

#[test]
fn no_classes_and_no_arrivals_are_refused() {
    let lab = Lab::new();
    lab.write("bad.toml", "name = \"x\"\nclass = []\n[arrivals.poisson]\nrate = \"1/s\"\n");
    lab.refusal(RECOMMEND, 20, 1);
    lab.write("bad.toml", TINY.replace("[arrivals.batch]\nrequests = 20\n", ""));
    assert!(lab.refusal(RECOMMEND, 20, 1).contains("[arrivals"));
}

#[test]
fn parts_that_do_not_fit_together_are_pointed_at() {
    let service = "max_workers = 4";
    let ordered = "max_workers = 4\nordering = \"key_hash\"";
    refuse(service, ordered, "21:12", "[keys]");
    let recycled = "max_workers = 4\n[service.recycling]\nttl_jitter = \"1 min\"";
    refuse(service, recycled, "22:14", "`ttl`");
    let pool = "max_workers = 4\npool = [\"gunicorn-snyc\"]";
    refuse(service, pool, "21:9", "did you mean `gunicorn-sync`");
    let staged = "python = \"1 ms\"\nstage = \"resize\"";
    refuse("python = \"1 ms\"", staged, "12:9", "[[stage]]");
    let stages = "[[stage]]\nname = \"a\"\nnext = \"a\"\n\n[[class]]";
    refuse("[[class]]", stages, "8:8", "a -> a");
    let hangs = "python = \"1 ms\"\n[class.faults]\nhang = \"1 %\"";
    refuse("python = \"1 ms\"", hangs, "13:8", "kill_after");
}

#[test]
fn each_of_several_errors_is_said_once() {
    let lab = Lab::new();
    let text =
        TINY.replace("share = 1.0", "shar = 1.0").replace("max_workers = 4", "max_workers = 0");
    lab.write("bad.toml", text);
    lab.refusal(RECOMMEND, 20, 2);
}

#[test]
fn what_is_no_toml_is_refused() {
    let lab = Lab::new();
    lab.write("bad.toml", "name = \n");
    assert!(lab.refusal(RECOMMEND, 20, 1).contains("bad.toml:1:"));
    lab.write("bad.toml", (0..4096_u32).map(|i| (i * 167 % 251) as u8).collect::<Vec<_>>());
    lab.refusal(RECOMMEND, 20, 1);
    lab.write("bad.toml", "");
    let stderr = lab.refusal(RECOMMEND, 20, 2);
    assert!(stderr.contains("no `name`") && stderr.contains("no [class]"), "{stderr}");
}

#[test]
fn what_is_no_file_is_refused() {
    let lab = Lab::new();
    assert!(lab.refusal(RECOMMEND, 20, 1).contains("bad.toml"));
    lab.refusal("recommend --workload .", 20, 1);
    lab.refusal("recommend --workload /dev/zero", 20, 1);
    File::create(lab.path("bad.toml")).unwrap().set_len(1 << 30).unwrap();
    assert!(lab.refusal(RECOMMEND, 20, 1).contains("1 MiB"));
}

#[test]
fn a_very_long_line_is_not_printed_whole() {
    let lab = Lab::new();
    lab.write("bad.toml", TINY.replace("\"tiny\"", &format!("\"{}", "x".repeat(100_000))));
    assert!(lab.refusal(RECOMMEND, 20, 1).len() < 4_000);
}

#[test]
fn an_unusable_calibration_has_a_code_of_its_own() {
    let lab = Lab::new();
    let with = |file: &str| format!("recommend --workload tiny.toml --calibration {file}");
    lab.refusal(&with("none.toml"), 21, 1);
    lab.refusal(&with("."), 21, 1);
    lab.write("typo.toml", REFERENCE.replacen("cores =", "coers =", 1));
    let stderr = lab.refusal(&with("typo.toml"), 21, 1);
    assert!(stderr.contains("did you mean `cores`"), "{stderr}");
}

#[test]
fn the_reference_calibration_is_not_of_this_machine() {
    let lab = Lab::new();
    let foreign: String = REFERENCE
        .lines()
        .map(|line| match line.starts_with("processor = ") {
            true => "processor = \"Examplon 9000\"\n".to_owned(),
            false => format!("{line}\n"),
        })
        .collect();
    lab.write("foreign.toml", foreign);
    let arguments = "recommend --workload tiny.toml --calibration foreign.toml --here";
    assert!(lab.refusal(arguments, 21, 1).contains("Examplon 9000"));
}
