//! `planner characterize`: a class that can be used at once.

use std::io::{self, Write as _};

use serde_json::Value;

use crate::lab::{Lab, STEADY, refused};

const MODULE: &str = r#"
import time

def work(steps=20_000):
    total = 0
    for number in range(steps):
        total += number
    time.sleep(0.003)
    return total
"#;

fn lab() -> Lab {
    let lab = Lab::steady();
    lab.write("shop.py", MODULE);
    lab
}

/// Is there a CPython that can be measured? Says so if not.
fn can_run(lab: &Lab) -> bool {
    let doctor = lab.json("doctor", 0);
    let found = doctor["python"]["interpreters"].as_array().is_some_and(|all| !all.is_empty());
    if !found {
        let _ = writeln!(io::stderr(), "not run: no CPython was found");
    }
    found
}

#[test]
fn a_callable_becomes_a_class_beside_others() {
    let lab = lab();
    if !can_run(&lab) {
        return;
    }
    let command = "characterize shop:work --args steps=30_000 --into steady.toml --share 20%";
    let answer: Value = lab.json(command, 0);
    assert!(answer["portrait"]["times"]["count"].as_u64().unwrap() > 10, "{answer}");
    let text = lab.read("steady.toml");
    assert!(text.contains("name = \"work\"\nshare = 0.2\n"), "{text}");
    assert!(text.contains("share = 0.64") && text.contains("share = 0.16"), "{text}");
    // What else was in the file is still there.
    let old = STEADY.lines().filter(|line| !line.starts_with("share"));
    assert!(old.clone().all(|line| text.contains(line)), "{text}");
    lab.answer("simulate --workload steady.toml --profile process:2 --requests 300", 0);
    let again = lab.refusal("characterize shop:work --into steady.toml", 2, 1);
    assert!(again.contains("--name"), "{again}");
}

#[test]
fn what_cannot_be_measured_leaves_no_file() {
    let lab = lab();
    if !can_run(&lab) {
        return;
    }
    let before = lab.files();
    let refusal = lab.refusal("characterize shop:word", 30, 1);
    assert!(refusal.contains("has no attribute 'word'"), "{refusal}");
    let refusal = lab.refusal("characterize shpo:work", 30, 1);
    assert!(
        refusal.contains("No module named 'shpo'") && refusal.contains("--python"),
        "{refusal}"
    );
    assert_eq!(lab.files(), before);
}

#[test]
fn wrong_arguments_are_told_before_anything_is_run() {
    let lab = lab();
    lab.write("work.toml", "precious");
    for (arguments, code, says) in [
        ("characterize shop", 2, "package.module:function"),
        ("characterize shop:work()", 2, "package.module:function"),
        ("characterize shop:work", 2, "work.toml"),
        ("characterize shop:work --timeout 0s", 2, "above 0"),
        ("characterize shop:work --memory 1MB", 2, "128 MiB"),
        ("characterize shop:work --share 10%", 2, "--into"),
        ("characterize shop:work --into nowhere.toml", 20, "nowhere.toml"),
        ("characterize shop:work --out a.toml --python /bin/false", 30, "/bin/false"),
    ] {
        let refusal = lab.refusal(arguments, code, 1);
        assert!(refusal.contains(says), "{arguments}: {refusal}");
    }
    assert_eq!(lab.read("work.toml"), "precious");
}

#[test]
fn a_class_does_not_go_into_a_pipeline() {
    let lab = lab();
    let stages = "[[stage]]\nname = \"one\"\n";
    let staged = STEADY.replace("wait =", "stage = \"one\"\nwait =") + stages;
    lab.write("staged.toml", staged);
    let command = lab.planner("characterize shop:work --into staged.toml").assert();
    assert!(refused(command, 2, 1).contains("has stages"));
}
