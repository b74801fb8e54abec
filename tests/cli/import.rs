//! `planner import`: every format of docs/examples/import, and what it refuses.

use std::path::Path;

use crate::lab::Lab;

/// Each example with what it needs, and the parts of its answer that matter.
const EXAMPLES: [(&str, &str); 10] = [
    ("nginx-access.log", ""),
    ("apache-access.log", "--slots 4 --cpu-share 40% --lock-share 90%"),
    ("tasks.csv", "--trace trace.csv"),
    ("scrape-1.prom scrape-2.prom", ""),
    ("scrape-2.prom", "--rate 50/s"),
    ("locust_stats.csv", ""),
    ("locust_stats_history.csv", ""),
    ("k6-points.json", ""),
    ("k6-summary.json", ""),
    ("wrk.txt", ""),
];

/// With the examples in it.
fn lab() -> Lab {
    let lab = Lab::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/import");
    for (files, _) in EXAMPLES {
        for file in files.split(' ') {
            lab.write(file, std::fs::read(folder.join(file)).unwrap());
        }
    }
    lab
}

#[test]
fn every_format_gives_its_golden_answer_and_a_workload_that_runs() {
    let lab = lab();
    for (files, flags) in EXAMPLES {
        let answer = lab.answer(&format!("import {files} {flags} --force"), 0);
        for line in answer.lines().take_while(|line| *line != "Repeat") {
            assert!(line.chars().count() <= 80, "{files}: {line}");
        }
        let name = format!("import_{}", files.replace([' ', '.', '-'], "_"));
        insta::assert_snapshot!(name, format!("{answer}\n---\n{}", lab.read("workload.toml")));
        let simulate = "simulate --workload workload.toml --profile process:8 --requests 300";
        lab.answer(simulate, 0);
    }
}

#[test]
fn recommend_takes_an_imported_workload_at_once() {
    let lab = lab();
    lab.answer("import tasks.csv --name tasks", 0);
    let recommend = "recommend --workload workload.toml --cores 2 --precision 20%";
    let json = lab.json(recommend, 0);
    assert_eq!(json["workload"], "tasks");
}

#[test]
fn a_trace_is_replayed() {
    let lab = lab();
    lab.answer("import tasks.csv --trace trace.csv --arrivals replay --out replay.toml", 0);
    assert!(lab.read("replay.toml").contains("[arrivals.replay]\nfile = \"trace.csv\""));
    assert_eq!(lab.read("trace.csv").lines().count(), 601);
    let json = lab.json("simulate --workload replay.toml --profile process:8", 0);
    assert!(json.to_string().contains("report"));
    let refusal = lab.refusal("import tasks.csv --arrivals replay --force", 2, 1);
    assert!(refusal.contains("--trace FILE"), "{refusal}");
}

#[test]
fn json_has_the_numbers_of_the_text() {
    let lab = lab();
    let json = lab.json("import nginx-access.log", 0);
    let imported = &json["imported"];
    assert_eq!(imported["counts"]["lines"], 600);
    assert_eq!(imported["format"], "access-log");
    assert_eq!(imported["split"]["cpu_assumed"], true);
    assert!(imported["classes"][0]["service"]["ks"].as_f64().unwrap() < 0.2);
}

#[test]
fn nothing_is_overwritten_unless_told_to() {
    let lab = lab();
    lab.write("workload.toml", "precious");
    assert!(lab.refusal("import wrk.txt", 1, 1).contains("--force"));
    assert_eq!(lab.read("workload.toml"), "precious");
}

#[test]
fn bad_input_says_what_where_and_what_to_do() {
    let lab = lab();
    let good = lab.read("nginx-access.log");
    let untimed: String =
        good.lines().map(|line| format!("{}\n", &line[..line.len() - 6])).collect();
    lab.write("empty.log", " \n\n");
    lab.write("untimed.log", untimed);
    lab.write("noise.log", "lorem ipsum\ndolor sit amet\n");
    lab.write("mixed.log", format!("{good}{}", "another form\n".repeat(300)));
    lab.write("one.csv", "timestamp,duration_ms\n1760129736,5\n");
    lab.write("same.csv", "timestamp,duration_ms\n1760129736.0,5\n1760129736.0,5\n");
    lab.write("unit.csv", "timestamp,latency\n1760129736,5\n");
    lab.write("null.csv", "timestamp,duration_ms\n1,\0\n\0,2\n");
    lab.write("bad.prom", "a_bucket{le=\"1\"} x\n");
    lab.write("cut.json", "{\"metrics\": {\"http_reqs\": ");
    for (arguments, expected) in [
        ("missing.log", "cannot be read"),
        (".", "folder"),
        ("empty.log", "empty"),
        ("untimed.log", "--log-format"),
        ("noise.log", "--from"),
        ("mixed.log", "mixed.log:601:9"),
        ("one.csv", "1 usable request"),
        ("unit.csv", "--unit ms"),
        ("unit.csv --unit ms --duration latncy", "did you mean `latency`?"),
        ("null.csv", "is no"),
        ("bad.prom", "bad.prom:1:1"),
        ("cut.json", "cut.json:1:"),
        ("scrape-2.prom", "--rate 50/s"),
        ("scrape-2.prom scrape-1.prom", "earlier scrape first"),
        ("wrk.txt wrk.txt", "one at a time"),
        ("wrk.txt tasks.csv", "one format at a time"),
        ("nginx-access.log --log-format $status", "time stamp"),
        ("wrk.txt --arrivals gamma", "gives no gamma"),
        ("wrk.txt --from k6-summary", "no JSON"),
    ] {
        let refusal = lab.refusal(&format!("import {arguments}"), 20, 1);
        let joined = refusal.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(expected), "{arguments}: {refusal}");
    }
    assert!(!lab.path("workload.toml").exists());
}

#[test]
fn what_is_wrong_with_a_log_is_counted_and_said() {
    let lab = lab();
    let good = lab.read("apache-access.log");
    let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
    lines.insert(10, "# rotated".to_owned());
    lines.insert(20, lines[21].rsplit_once(' ').unwrap().0.to_owned() + " -5");
    lines.insert(30, lines[31].rsplit_once(' ').unwrap().0.to_owned() + " 99999999999999");
    lines.insert(40, lines[41].rsplit_once(' ').unwrap().0.to_owned() + " -");
    let late: Vec<String> =
        lines[300..].iter().map(|line| line.replace("2025:13:", "2025:17:")).collect();
    lines.extend(late);
    lab.write("bad.log", lines.join("\n"));
    let json = lab.json("import bad.log", 0);
    let counts = &json["imported"]["counts"];
    assert_eq!(counts["unparsed_at"], serde_json::json!([11]));
    for (key, expected) in [("unparsed", 1), ("negative", 1), ("absurd", 1), ("untimed", 1)] {
        assert_eq!(counts[key], expected, "{key}");
    }
    assert_eq!(json["imported"]["period"]["holes"], 1);
    let span = json["imported"]["period"]["span"].as_f64().unwrap();
    assert!(span < 600.0, "{span}");
}
