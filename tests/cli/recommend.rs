use serde_json::Value;

use crate::lab::{Lab, TINY};

const RECOMMEND: &str = "recommend --workload tiny.toml";

fn json(lab: &Lab, arguments: &str, code: i32) -> Value {
    serde_json::from_str(&lab.answer(&format!("{arguments} --format json"), code)).unwrap()
}

#[test]
fn the_answer_comes_first_and_fits_80_columns() {
    let text = Lab::new().answer(RECOMMEND, 0);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no {needle}: {text}"));
    assert!(at("process") < at("throughput"));
    assert!(at("throughput") < at("Why") && at("Why") < at("How sure"));
    assert!(text.contains("planner recommend --workload tiny.toml"), "{text}");
}

#[test]
fn one_seed_gives_one_answer_on_any_number_of_threads() {
    let lab = Lab::new();
    let one = lab.planner(RECOMMEND).env("RAYON_NUM_THREADS", "1").output().unwrap();
    let four = lab.planner(RECOMMEND).env("RAYON_NUM_THREADS", "4").output().unwrap();
    assert_eq!(String::from_utf8(one.stdout).unwrap(), String::from_utf8(four.stdout).unwrap());
}

#[test]
fn the_seed_changes_the_figures() {
    let lab = Lab::new();
    assert_ne!(lab.answer(RECOMMEND, 0), lab.answer(&format!("{RECOMMEND} --seed 2"), 0));
}

#[test]
fn an_objective_that_no_pool_meets_ends_with_ten() {
    let lab = Lab::new();
    let limit = "\n[objective]\np99 = { unit = \"1 us\" }\n";
    lab.write("tiny.toml", format!("{TINY}{limit}"));
    let answer = json(&lab, RECOMMEND, 10);
    assert_eq!(answer["verdict"], "missed", "{answer}");
    assert_eq!(answer["choice"]["limits"][0]["verdict"], "missed");
}

#[test]
fn text_and_json_name_the_same_choice() {
    let lab = Lab::new();
    let answer = json(&lab, RECOMMEND, 0);
    let profile = answer["choice"]["pool"]["profile"].as_str().unwrap();
    let text = lab.answer(RECOMMEND, 0);
    assert!(text.lines().next().unwrap().contains(profile), "{profile}: {text}");
}

#[test]
fn a_smaller_host_gets_a_smaller_pool() {
    let lab = Lab::new();
    lab.write("tiny.toml", TINY.replace("requests = 20", "requests = 400"));
    let workers = |arguments: &str| {
        json(&lab, &format!("{RECOMMEND} {arguments}"), 0)["choice"]["pool"]["workers"]
            .as_u64()
            .unwrap()
    };
    assert!(workers("--cores 1") < workers("--cores 4"));
}
