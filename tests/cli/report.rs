//! `recommend --report`: one file that needs nothing else.

use std::collections::BTreeSet;

use crate::lab::Lab;

/// Limits, a leak that fills the memory of processes.
pub(crate) const CASE: &str = r#"name = "steady"

[arrivals.poisson]
rate = "50/s"

[[class]]
name = "small"
share = 0.8

[[class.segment]]
python = "2 ms"

[[class.segment]]
wait = { exponential = { mean = "10 ms" } }

[class.memory]
leak = "64 KiB"

[[class]]
name = "large"
share = 0.2

[[class.segment]]
native = "20 ms"

[runtime]
python = ["3.12"]
thread_safe = false
fork_safe = true
import_time = "200 ms"

[service]
dispatcher = "kernel"
max_workers = 8

[objective]
p99 = { small = "120 ms", large = "300 ms" }
memory = "2 GiB"
"#;

/// The report on [`CASE`].
pub(crate) fn report(lab: &Lab) -> String {
    lab.write("case.toml", CASE);
    lab.answer("recommend --precision 20% --workload case.toml --report out.html", 0);
    lab.read("out.html")
}

#[test]
fn it_needs_nothing_else_and_is_small() {
    let lab = Lab::new();
    let html = report(&lab);
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    assert!(!html.contains("<script"), "it has a script");
    // The only addresses are names of SVG's vocabulary and an empty icon.
    for (at, _) in html.match_indices("://") {
        let rest: String = html[at..].chars().take(40).collect();
        assert!(rest.starts_with("://www.w3.org/2000/svg\""), "{rest}");
    }
    assert!(!html.contains(" src="), "it loads something");
    for address in html.split(" href=\"").skip(1) {
        assert!(address.starts_with("data:,\""), "{address:.40}");
    }
    assert_eq!(lab.files(), ["case.toml", "out.html", "tiny.toml"]);
}

#[test]
fn names_of_users_are_text() {
    let lab = Lab::new();
    lab.write("<b>&.toml", CASE);
    lab.answer("recommend --precision 20% --workload <b>&.toml --report out.html", 0);
    let html = lab.read("out.html");
    assert!(html.contains("&lt;b&gt;&amp;.toml"), "the command is not there");
    assert!(!html.contains("<b>"), "a name became markup");
}

#[test]
fn it_says_what_the_text_says() {
    let lab = Lab::new();
    // The only escape that figures and rules have.
    let html = report(&lab).replace("&#x2f;", "/");
    let answer = lab.json("recommend --precision 20% --workload case.toml", 0);
    let text = lab.answer("recommend --precision 20% --workload case.toml", 0);
    let headline = text.lines().next().unwrap();
    assert!(html.contains(&format!("<h1>{headline}</h1>")), "{headline}");
    // Every figure of the text stands in the page, digit by digit.
    let figures = text.lines().skip_while(|line| !line.starts_with("Predicted"));
    for line in figures.skip(1).take_while(|line| !line.is_empty()) {
        let cell = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).nth(1).unwrap();
        assert!(html.contains(cell), "{cell} of {line}");
    }
    for rule in answer["rules"].as_array().unwrap() {
        assert!(html.contains(rule["rule"].as_str().unwrap()), "{rule}");
    }
    for id in ["latency", "time", "frontier", "rules", "flips", "sensitivity", "calibration"] {
        assert!(html.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
    assert!(html.contains("--report out.html</code>"), "the command is not there");
    assert_eq!(html.matches("<figure>").count(), 5);
}

#[test]
fn every_colour_of_the_pictures_follows_the_page() {
    let html = report(&Lab::new());
    let (style, pictures) = html.split_once("</style>").unwrap();
    let mut colours = BTreeSet::new();
    for attribute in ["fill=\"#", "stroke=\"#"] {
        for (at, _) in pictures.match_indices(attribute) {
            colours.insert(&pictures[at..at + attribute.len() + 7]);
        }
    }
    assert!(colours.len() > 4, "{colours:?}");
    for colour in colours {
        assert!(style.contains(&format!("[{colour}]")), "{colour} has no colour in the dark");
    }
}

#[test]
fn one_seed_gives_one_report() {
    let (one, two) = (Lab::new(), Lab::new());
    assert!(report(&one) == report(&two), "two reports on one seed differ");
}

#[test]
fn a_saturated_pool_has_no_latencies_to_show() {
    let lab = Lab::new();
    lab.write("case.toml", CASE.replace("python = \"2 ms\"", "python = \"400 ms\""));
    lab.answer("recommend --precision 20% --workload case.toml --report out.html", 10);
    let html = lab.read("out.html");
    assert!(html.contains("the pool is saturated"), "no word of the overload");
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_search() {
    let lab = Lab::new();
    let stderr = lab.refusal("recommend --workload tiny.toml --report no/such/out.html", 1, 1);
    assert!(stderr.contains("no/such/out.html"), "{stderr}");
    lab.refusal("recommend --workload tiny.toml --report .", 1, 1);
    assert_eq!(lab.files(), ["tiny.toml"]);
}

#[test]
fn a_full_disk_does_not_cost_the_answer() {
    let lab = Lab::new();
    let output = lab.planner("recommend --workload tiny.toml --report /dev/full").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("Use "));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/dev/full"));
}
