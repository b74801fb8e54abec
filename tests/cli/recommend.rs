use std::path::Path;

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
    let profile = answer["choice"]["pools"][0]["profile"].as_str().unwrap();
    let text = lab.answer(RECOMMEND, 0);
    assert!(text.lines().next().unwrap().contains(profile), "{profile}: {text}");
}

#[test]
fn a_smaller_host_gets_a_smaller_pool() {
    let lab = Lab::new();
    lab.write("tiny.toml", TINY.replace("requests = 20", "requests = 400"));
    let workers = |arguments: &str| {
        json(&lab, &format!("{RECOMMEND} {arguments}"), 0)["choice"]["pools"][0]["workers"]
            .as_u64()
            .unwrap()
    };
    assert!(workers("--cores 1") < workers("--cores 4"));
}

#[test]
fn throughput_is_no_goal_of_an_open_load() {
    let lab = Lab::new();
    let open = "[arrivals.poisson]\nrate = \"10/s\"";
    lab.write("tiny.toml", TINY.replace("[arrivals.batch]\nrequests = 20", open));
    let stderr = lab.refusal(&format!("{RECOMMEND} --goal throughput"), 2, 1);
    assert!(stderr.contains("open load"), "{stderr}");
}

#[test]
fn a_workload_that_excludes_every_profile_ends_with_ten_and_the_reasons() {
    let lab = Lab::new();
    let objective = "\n[objective]\nmemory = \"1 MiB\"\n";
    lab.write("tiny.toml", format!("{TINY}{objective}"));
    let stderr = lab.refusal(RECOMMEND, 10, 1);
    assert!(stderr.contains("MiB"), "{stderr}");
    for line in stderr.lines().skip(1) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_would_change_the_answer_is_said_in_text_and_json() {
    let lab = Lab::new();
    let answer = json(&lab, RECOMMEND, 0);
    let (simulated, predicted) = (&answer["choice"]["figures"], &answer["prediction"]);
    for figure in ["throughput", "makespan", "peak_pss"] {
        let end = |of: &Value, end: &str| of[figure][end].as_f64().unwrap();
        assert_eq!(end(simulated, "point"), end(predicted, "point"));
        assert!(end(predicted, "low") <= end(simulated, "low"), "{figure}");
        assert!(end(predicted, "high") >= end(simulated, "high"), "{figure}");
    }
    let flips = answer["what_if"]["flips"].as_array().unwrap();
    assert!(flips.iter().any(|flip| flip["input"] == "time in bytecode"), "{flips:?}");
    let points = answer["frontier"]["points"].as_array().unwrap();
    let chosen: Vec<&Value> = points.iter().filter(|point| point["chosen"] == true).collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0]["pools"], answer["choice"]["pools"]);
    let text = lab.answer(RECOMMEND, 0);
    for heading in ["When the answer changes", "What the time rests on", "Frontier"] {
        assert!(text.contains(heading), "{heading}: {text}");
    }
}

#[test]
fn a_container_of_half_a_cpu_is_not_a_host() {
    let answer = Lab::new().answer(&format!("{RECOMMEND} --quota 0.5"), 0);
    assert!(answer.contains("quota 0.5 CPUs"), "{answer}");
    let words: Vec<&str> = answer.split_whitespace().collect();
    assert!(words.join(" ").contains("blind to the quota of 0.5"), "{answer}");
}

#[test]
fn what_one_host_cannot_carry_gets_a_number_of_hosts() {
    let lab = Lab::new();
    let open = "[arrivals.poisson]\nrate = \"15000/s\"";
    let limit = "\n[objective]\np99 = { unit = \"50 ms\" }\n";
    let tiny = TINY.replace("[arrivals.batch]\nrequests = 20", open);
    lab.write("tiny.toml", format!("{tiny}{limit}"));
    let answer = json(&lab, RECOMMEND, 10);
    let fleet = &answer["what_if"]["fleet"];
    // Four workers of 1.15 ms each carry 3478/s.
    assert_eq!(fleet["at_least"], 5, "{fleet}");
    assert!(fleet["random"]["hosts"].as_u64().unwrap() >= 5, "{fleet}");
    assert_eq!(fleet["random"]["limits"][0]["verdict"], "met");
    assert_ne!(fleet["random"]["one_fewer"], "met");
    let text = lab.answer(RECOMMEND, 10);
    assert!(text.contains("How many such hosts"), "{text}");
}

#[test]
fn every_workload_that_ships_gets_an_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lab = Lab::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("workloads")).unwrap() {
        let path = entry.unwrap().path();
        // Published ones lie in folders and are no example of a good answer.
        if path.is_dir() || path.ends_with("variants.toml") {
            continue;
        }
        // Half the usual precision: enough to see that every part of the answer is there.
        let output =
            lab.planner("recommend --precision 10% --workload").arg(&path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 10)), "{}: {code:?}", path.display());
        assert!(text.starts_with("Use ") && text.contains("How sure"), "{text}");
        // The command that repeats the answer holds the file's path, however long.
        let mut prose = text.lines().take_while(|line| !line.contains("Repeat: "));
        assert_eq!(prose.find(|line| line.chars().count() > 80), None);
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn every_published_workload_gets_an_answer() {
    let lab = Lab::new();
    let workloads = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads");
    let folders = std::fs::read_dir(workloads).unwrap().map(|entry| entry.unwrap().path());
    let files = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut seen = 0;
    for path in files {
        let mut command = lab.planner("recommend --precision 50% --workload");
        let output = command.arg(&path).output().unwrap();
        let (text, code) = (String::from_utf8(output.stdout).unwrap(), output.status.code());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(code, Some(0 | 10)), "{}: {code:?} {stderr}", path.display());
        assert!(text.starts_with("Use ") && text.contains("How sure"), "{text}");
        seen += 1;
    }
    assert!(seen >= 17, "{seen}");
}

/// Kinds of the pools of the choice, in order.
fn kinds(answer: &Value) -> Vec<&str> {
    let pools = answer["choice"]["pools"].as_array().unwrap();
    pools.iter().map(|pool| pool["kind"].as_str().unwrap()).collect()
}

#[test]
fn the_stage_of_a_pipeline_that_holds_the_lock_gets_processes() {
    let lab = Lab::new();
    let (threads, processes) = ("thread-pool-executor", "process-pool-executor");
    for (file, kind) in [("native", processes), ("numpy", threads)] {
        let root = env!("CARGO_MANIFEST_DIR");
        let path = format!("{root}/workloads/tadween/{file}.toml");
        let answer = json(&lab, &format!("recommend --precision 10% --workload {path}"), 0);
        assert_eq!(kinds(&answer), [threads, kind, threads], "{file}");
        assert_eq!(answer["choice"]["pools"][1]["serves"][0], "compute");
    }
}

#[test]
fn a_hybrid_is_shown_pool_by_pool() {
    let lab = Lab::new();
    let workload = r#"name = "beside"
[arrivals.poisson]
rate = "100/s"
[[class]]
name = "call"
share = 0.9
[[class.segment]]
wait = "5 ms"
[[class.segment]]
python = "1 ms"
[[class]]
name = "spin"
share = 0.1
[[class.segment]]
python = "100 ms"
[runtime]
python = ["3.12"]
thread_safe = true
fork_safe = true
[service]
dispatcher = "kernel"
max_workers = 3
[objective]
p99 = { call = "15 ms" }
"#;
    lab.write("beside.toml", workload);
    let command = "recommend --precision 10% --workload beside.toml";
    let answer = json(&lab, command, 0);
    let pools = answer["choice"]["pools"].as_array().unwrap();
    let served: Vec<&Value> = pools.iter().map(|pool| &pool["serves"][0]).collect();
    assert_eq!(served, ["spin", "call"], "{pools:?}");
    assert_eq!(answer["verdict"], "met");
    assert_eq!(answer["runners_up"][0]["pools"].as_array().unwrap().len(), 1);
    let text = lab.answer(command, 0);
    for part in ["2 pools that share the host", "For spin: ", "For call: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_answer_as_a_whole() {
    insta::assert_snapshot!(Lab::new().answer(RECOMMEND, 0));
}

#[test]
fn what_the_model_is_off_by_moves_ends_and_nothing_else() {
    let lab = Lab::new();
    let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/reference-8core.toml");
    let plain = std::fs::read_to_string(reference).unwrap();
    let off = |figure: &str, low: f64, high: f64| {
        format!(
            "\n[discrepancy.{figure}]\nlow_factor = {low}\nhigh_factor = {high}\ncells = 24\n\
             origin = \"measured\"\nnote = \"a test\"\n"
        )
    };
    lab.write("off.toml", plain + &off("throughput", 0.5, 2.0) + &off("p99", 0.8, 1.25));
    let mut without = json(&lab, RECOMMEND, 0);
    let mut with = json(&lab, &format!("{RECOMMEND} --calibration off.toml"), 0);
    assert_eq!(with["prediction"]["model_error"], true);
    assert_eq!(without["prediction"]["model_error"], false);
    let interval = |answer: &Value, path: &str| {
        let it = answer.pointer(path).unwrap();
        ["point", "low", "high"].map(|end| it[end].as_f64().unwrap())
    };
    for (path, low, high) in [
        ("/prediction/throughput", 0.5, 2.0),
        ("/prediction/makespan", 0.5, 2.0),
        ("/prediction/latency/unit/p99", 0.8, 1.25),
        ("/prediction/latency/unit/p50", 1.0, 1.0),
        ("/prediction/peak_pss", 1.0, 1.0),
    ] {
        let (is, was) = (interval(&with, path), interval(&without, path));
        let expected = [was[0], was[1] * low, was[2] * high];
        for (is, expected) in is.into_iter().zip(expected) {
            assert!((is / expected - 1.0).abs() < 1e-12, "{path}: {is} {expected}");
        }
    }
    for answer in [&mut with, &mut without] {
        answer["prediction"].take();
        answer["command"].take();
    }
    assert_eq!(with, without, "nothing but the prediction changes");
    let text = lab.answer(&format!("{RECOMMEND} --calibration off.toml"), 0);
    assert!(text.contains("with the parameters' ranges and the model's error"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("model's error from 24 cells"), "{text}");
    let simulate = "simulate --workload tiny.toml --profile process:2 --calibration off.toml";
    let text = lab.answer(simulate, 0).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("not that of the parameters or of the model"), "{text}");
}
