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

/// Point of the estimate at `path` of an answer.
fn point(answer: &Value, path: &str) -> f64 {
    answer.pointer(&format!("{path}/point")).and_then(Value::as_f64).unwrap()
}

#[test]
fn a_kind_brings_its_size_and_its_rules() {
    let lab = Lab::steady();
    let answer = lab.json("simulate --workload steady.toml --pool gunicorn-sync --cores 2", 0);
    let pool = &answer["pools"][0];
    // 2 * 4 hardware threads + 1.
    assert_eq!(pool["pool"]["profile"], "process:9");
    assert_eq!(
        (&pool["pool"]["kind"], &pool["pool"]["choice"]),
        (&"gunicorn-sync".into(), &"accept-one".into())
    );
    let other = "simulate --workload steady.toml --pool gunicorn-sync --choice least-loaded";
    assert_eq!(lab.json(other, 0)["pools"][0]["pool"]["choice"], "least-loaded");
    let stderr =
        lab.refusal("simulate --workload steady.toml --pool uvicorn --profile process:2", 2, 1);
    assert!(stderr.contains("write async:4x100"), "{stderr}");
    let stderr = lab.refusal("simulate --workload steady.toml --pool gunicorn-sync --ttl 5s", 2, 1);
    assert!(
        stderr.contains("gunicorn-sync has no ttl") && stderr.contains("grpc-process"),
        "{stderr}"
    );
}

#[test]
fn classes_may_have_pools_of_their_own() {
    let lab = Lab::steady();
    let simulate = "simulate --workload steady.toml --profile large=process:2,small=threads:4";
    let answer = lab.json(simulate, 0);
    let pools = answer["pools"].as_array().unwrap();
    let served: Vec<&Value> = pools.iter().map(|pool| &pool["serves"][0]).collect();
    assert_eq!(served, ["large", "small"]);
    let of_pools: f64 = pools.iter().map(|pool| point(pool, "/throughput")).sum();
    let all = point(&answer, "/figures/throughput");
    assert!((of_pools / all - 1.0).abs() < 0.01, "{of_pools} {all}");
    let large = point(&pools[0], "/throughput") / all;
    assert!((large - 0.2).abs() < 0.02, "{large}");
    let text = lab.answer(simulate, 0);
    assert!(text.contains("Hybrid of 2 pools") && text.contains("mean service"), "{text}");
    let missing = lab.refusal("simulate --workload steady.toml --profile large=process:2", 2, 1);
    assert!(missing.contains("class `small` has no pool"), "{missing}");
    let wrong = "simulate --workload steady.toml --profile lagre=process:2,small=process:1";
    assert!(lab.refusal(wrong, 2, 1).contains("did you mean `large`?"));
}

#[test]
fn stages_have_the_executors_that_the_workload_gives_them() {
    let lab = Lab::new();
    let workload = concat!(env!("CARGO_MANIFEST_DIR"), "/workloads/tadween/numpy.toml");
    let profile = |extra: &str| -> Vec<String> {
        let simulate = format!("simulate --workload {workload} --replications 2 {extra}");
        let answer = lab.json(&simulate, 0);
        let pools = answer["pools"].as_array().unwrap().iter();
        pools.map(|pool| pool["pool"]["profile"].as_str().unwrap().to_owned()).collect()
    };
    let stated = profile("");
    assert_eq!(stated.len(), 3, "{stated:?}");
    let stderr =
        lab.refusal(&format!("simulate --workload {workload} --profile cpuu=process:3"), 2, 1);
    assert!(stderr.contains("no stage of"), "{stderr}");
}

#[test]
fn restarts_and_what_they_cost_are_counted_once() {
    let lab = Lab::steady();
    let simulate = "simulate --workload steady.toml --profile process:2 --for 60s \
                    --max-requests 200 --max-requests-jitter 50";
    let answer = lab.json(&format!("{simulate} --timeline t.csv"), 0);
    assert_eq!(answer["requests"], 3_000);
    let workers = &answer["workers"];
    // 3000 requests in lives of 200 to 250, in ten replications.
    let restarts = workers["restarts"].as_u64().unwrap();
    assert!((110..150).contains(&restarts), "{restarts}");
    let causes = &workers["restarts_per_hour_by_cause"];
    assert_eq!(causes["max_requests"], workers["restarts_per_hour"]);
    assert_eq!(causes["ttl"]["point"], 0.0);
    // What is down is never more, the more workers it is.
    let down = workers["down_at_least"].as_array().unwrap();
    let down: Vec<f64> = down.iter().map(|share| point(share, "")).collect();
    assert!(down.is_sorted_by(|a, b| a >= b) && down.len() <= 2, "{down:?}");
    let lost = point(workers, "/capacity_lost");
    assert!((down.iter().sum::<f64>() / 2.0 - lost).abs() < 1e-9, "{down:?} {lost}");
    assert!(answer["blast_radius"]["extra_mean"]["point"].is_number());
    let timeline = lab.read("t.csv");
    let column = timeline.lines().next().unwrap().split(',').position(|name| name == "restarts");
    let last = timeline.lines().last().unwrap().split(',').nth(column.unwrap()).unwrap();
    let moments = answer["timeline"].as_array().unwrap();
    assert_eq!(last.parse::<u64>().unwrap(), moments.last().unwrap()["restarts"].as_u64().unwrap());
    assert!((10..16).contains(&last.parse::<u64>().unwrap()), "{last}");
    let text = lab.answer(simulate, 0);
    assert!(
        text.contains("restarts, all by max requests") && text.contains("Blast radius"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn who_lives_for_ever_has_no_blast_radius() {
    let lab = Lab::steady();
    let simulate = "simulate --workload steady.toml --profile process:2 --requests 500";
    let answer = lab.json(simulate, 0);
    assert_eq!(
        (&answer["blast_radius"], &answer["workers"]["restarts"]),
        (&Value::Null, &0.into())
    );
    assert!(!lab.answer(simulate, 0).contains("Workers\n"));
    let rare = lab.answer(&format!("{simulate} --max-requests 100000"), 0);
    assert!(rare.contains("None was replaced in"), "{rare}");
}

#[test]
fn a_length_of_time_needs_a_rate() {
    let lab = Lab::new();
    let stderr = lab.refusal("simulate --workload tiny.toml --for 1h", 2, 1);
    assert!(stderr.contains("write --requests instead"), "{stderr}");
    let stderr = lab.refusal("simulate --workload tiny.toml --ttl-jitter 1s", 2, 1);
    assert!(stderr.contains("add --ttl"), "{stderr}");
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

#[test]
fn a_life_shorter_than_a_start_is_refused_with_both_times() {
    let stderr = Lab::new().refusal(&format!("{SIMULATE} --start-method spawn --ttl 1ms"), 2, 1);
    assert!(stderr.contains("would live for 1.00 ms, and takes"), "{stderr}");
    assert!(stderr.contains("raise its TTL"), "{stderr}");
}

#[test]
fn sizes_that_no_pool_or_host_has_are_refused() {
    let lab = Lab::new();
    for (flags, needle) in [
        ("--profile process:0", "no number from 1"),
        ("--profile process:NaN", "no number from 1"),
        ("--memory -3GiB", "is negative"),
        ("--cores 0", "not in 1..="),
    ] {
        let stderr = lab.refusal(&format!("simulate --workload tiny.toml {flags}"), 2, 1);
        assert!(stderr.contains(needle), "{flags}: {stderr}");
    }
}
