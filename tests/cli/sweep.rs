//! `planner sweep` and `planner plot`.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::lab::{Lab, TINY};

/// Open arrivals at a rate that can be varied, two classes.
const OPEN: &str = r#"name = "open"

[arrivals.poisson]
rate = "100/s" # to be varied

[[class]]
name = "short"
share = 0.7
[[class.segment]]
python = { exponential = { mean = "1 ms" } }

[[class]]
name = "long"
share = 0.3
[[class.segment]]
wait = "5 ms"

[runtime]
python = ["3.12"]
thread_safe = true
"#;

const BASE: &str = "sweep --workload open.toml --requests 300 --replications 3";
const RATES: &str = "--vary workload.arrivals.poisson.rate=50/s,100/s,150/s";
/// Cells enough to be interrupted among.
const MANY: &str = "--vary workload.arrivals.poisson.rate=50/s..150/s:40";
const POOLS: &str = "--vary profile=process:1..2,threads:4";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("open.toml", OPEN);
    lab
}

/// Rows of a CSV file without quotes, by column.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.lines().map(|line| line.split(',').map(str::to_owned));
    let names: Vec<String> = lines.next().unwrap().collect();
    lines.map(|line| names.iter().cloned().zip(line).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} is `{}`", row[column]))
}

#[test]
fn a_grid_has_a_row_for_every_combination_with_intervals() {
    let lab = lab();
    let rows = rows(&lab.answer(&format!("{BASE} {RATES} {POOLS}"), 0));
    assert_eq!(rows.len(), 9);
    for row in &rows {
        let rate = number(row, "workload.arrivals.poisson.rate_per_s");
        for figure in ["throughput{}_per_s", "p99{}_s", "mean{}_s_short", "peak_pss{}_bytes"] {
            let end = |part| number(row, &figure.replace("{}", part));
            assert!(end("_low") <= end("") && end("") <= end("_high"), "{figure}");
        }
        assert!((number(row, "arrivals_per_s") / rate - 1.0).abs() < 0.3, "{row:?}");
        assert_eq!((row["error"].as_str(), row["seed"].as_str()), ("", "1"));
    }
    // The same requests for every pool: common random numbers.
    assert_eq!(rows[0]["arrivals_per_s"], rows[1]["arrivals_per_s"]);
    assert!(number(&rows[0], "p99_s") > number(&rows[1], "p99_s"));
}

#[test]
fn a_row_has_the_figures_of_simulate() {
    let lab = lab();
    let row = rows(&lab.answer(&format!("{BASE} --profile process:2"), 0)).remove(0);
    let simulate =
        "simulate --workload open.toml --requests 300 --replications 3 --profile process:2";
    let json = lab.answer(&format!("{simulate} --format json"), 0);
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    let point = answer["figures"]["throughput"]["point"].as_f64().unwrap();
    assert_eq!(number(&row, "throughput_per_s"), point);
}

#[test]
fn one_at_a_time_varies_around_the_base() {
    let lab = lab();
    let vary = "--vary host.cores=1,2 --vary workload.class.short.share=0.5";
    let csv = lab.answer(&format!("{BASE} --mode one-at-a-time --profile process:2 {vary}"), 0);
    let found: Vec<_> = rows(&csv)
        .into_iter()
        .map(|row| {
            ["varied", "host.cores", "workload.class.short.share"].map(|name| row[name].clone())
        })
        .collect();
    let expected = [
        ["", "8", "0.7"],
        ["host.cores", "1", "0.7"],
        ["host.cores", "2", "0.7"],
        ["workload.class.short.share", "8", "0.5"],
    ];
    assert_eq!(found, expected);
}

#[test]
fn shards_in_order_are_the_whole_byte_for_byte() {
    let lab = lab();
    let sweep = format!("{BASE} {RATES} {POOLS}");
    lab.answer(&format!("{sweep} --out whole.csv"), 0);
    for of in [2, 4, 9] {
        let part = |index| {
            lab.answer(&format!("{sweep} --shard {index}/{of} --out part.csv"), 0);
            lab.read("part.csv")
        };
        assert_eq!((1..=of).map(part).collect::<String>(), lab.read("whole.csv"), "{of}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let lab = lab();
    let with = |threads| {
        let mut command = lab.planner(&format!("{BASE} {RATES} {POOLS}"));
        command.env("RAYON_NUM_THREADS", threads).assert().success().get_output().stdout.clone()
    };
    assert_eq!(with("1"), with("3"));
}

#[test]
fn parquet_holds_what_csv_holds() {
    let lab = lab();
    let sweep = format!("{BASE} {RATES} --profile process:2");
    lab.answer(&format!("{sweep} --out t.csv"), 0);
    lab.answer(&format!("{sweep} --out t.parquet"), 0);
    let (csv, parquet) =
        (tables::read(&lab.path("t.csv")).unwrap(), tables::read(&lab.path("t.parquet")).unwrap());
    assert_eq!(csv.rows(), 3);
    assert!(csv.names().eq(parquet.names()));
    for name in csv.names() {
        let (a, b) = (csv.column(name).unwrap(), parquet.column(name).unwrap());
        for row in 0..csv.rows() {
            assert_eq!(
                a.number(row).unwrap_or(0.0),
                b.number(row).unwrap_or(a.number(row).unwrap_or(0.0)),
                "{name}"
            );
            assert_eq!(a.text(row), b.text(row), "{name}");
        }
    }
}

/// Kills `sweep` into t.csv once it has kept `rows` rows, then cuts its journal
/// in the middle of the next.
fn interrupt(lab: &Lab, sweep: &str, rows: usize) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("planner"))
        .args(sweep.split_whitespace())
        .args(["--out", "t.csv"])
        .env("RAYON_NUM_THREADS", "1")
        .current_dir(lab.path(""))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let journal = lab.path("t.csv.partial.jsonl");
    let kept = || fs::read_to_string(&journal).unwrap_or_default();
    let deadline = Instant::now() + Duration::from_secs(120);
    while kept().lines().count() < rows + 2 {
        assert!(Instant::now() < deadline, "no row is kept");
        assert!(child.try_wait().unwrap().is_none(), "the sweep is over already");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!lab.path("t.csv").exists());
    let whole: Vec<String> = kept().lines().take(rows + 1).map(str::to_owned).collect();
    fs::write(&journal, format!("{}\n[7,[0.1", whole.join("\n"))).unwrap();
}

#[test]
fn an_interrupted_sweep_goes_on_and_ends_the_same() {
    let lab = lab();
    let sweep = format!("{BASE} {MANY} --profile process:2");
    let whole = lab.answer(&sweep, 0);
    interrupt(&lab, &sweep, 2);
    let said = lab.answer(&format!("{sweep} --out t.csv"), 0);
    assert!(said.contains("2 rows of an interrupted sweep were kept"), "{said}");
    assert_eq!(lab.read("t.csv"), whole);
    assert!(!lab.path("t.csv.partial.jsonl").exists());
}

#[test]
fn a_sweep_that_changed_is_not_resumed() {
    let lab = lab();
    let sweep = format!("{BASE} {MANY} --profile process:2");
    interrupt(&lab, &sweep, 1);
    let refused = |more: &str, why: &str| {
        let stderr = lab.refusal(&format!("{sweep} --out t.csv {more}"), 2, 1);
        assert!(stderr.contains(why) && stderr.contains("t.csv.partial.jsonl"), "{stderr}");
    };
    refused("--seed 2", "the seed");
    refused("--shard 1/2", "the shard");
    refused("--cores 2", "the host");
    refused("--vary host.cores=3", "a value");
    lab.write("open.toml", OPEN.replace("5 ms", "6 ms"));
    refused("", "the workload");
    assert!(!lab.path("t.csv").exists());
}

#[test]
fn wrong_values_are_refused_with_a_caret_before_the_work() {
    let lab = lab();
    for (vary, needle) in [
        ("workload.arrivals.poisson.rate=1/s,2/parsec", "2/parsec"),
        ("workload.arrivals.poisson.rate=100", "100"),
        ("workload.arrivals.poison.rate=1/s", "did you mean `poisson`"),
        ("workload.arrivals.closed.clients=4", "both"),
        ("workload.class.shirt.share=0.5", "no `shirt`"),
        ("workload.name.first=3", "plain value"),
        ("host.cpu.wake_latency=5parsec", "5parsec"),
        ("host.cores=0", "0"),
        ("profile=greenlets:3", "greenlets"),
        ("workers=3", "no `workers` to vary"),
        ("workload.arrivals.poisson.rate=1/s,1/s", "twice"),
        ("profile", "no `=`"),
    ] {
        let arguments = format!("{BASE} --profile process:1 --out t.csv --vary {vary}");
        let stderr = lab.refusal(&arguments, 2, 1);
        assert!(stderr.contains(needle) && stderr.contains("--> --vary:1:"), "{vary}: {stderr}");
        assert!(stderr.contains('^'), "{stderr}");
    }
    assert_eq!(lab.files(), ["open.toml", "tiny.toml"]);
}

#[test]
fn a_path_that_is_varied_twice_is_refused() {
    let lab = lab();
    let arguments = format!("{BASE} --profile process:1 {RATES} {RATES}");
    assert!(lab.refusal(&arguments, 2, 1).contains("varied already"));
}

#[test]
fn a_grid_too_large_is_counted_not_built() {
    let lab = lab();
    let vary = ["host.cores", "workload.service.queue_cap", "workload.service.max_workers"];
    let vary = vary.map(|path| format!("--vary {path}=1..10000")).join(" ");
    let stderr = lab.refusal(&format!("{BASE} --profile process:1 {vary} --out t.csv"), 2, 1);
    assert!(stderr.contains("1000000000000 cells, over 10000000"), "{stderr}");
    assert!(stderr.contains("fewer values") && stderr.contains("--shard"), "{stderr}");
    let vary = "--vary host.cores=1..1000 --vary workload.service.queue_cap=1..2000";
    let stderr = lab.refusal(&format!("{BASE} --profile process:1 {vary} --out t.csv"), 2, 1);
    assert!(stderr.contains("2000000 cells, over 1000000 a run"), "{stderr}");
    assert!(stderr.contains("split the sweep with --shard 1/N"), "{stderr}");
    assert_eq!(lab.files(), ["open.toml", "tiny.toml"]);
}

#[test]
fn places_that_cannot_be_written_are_refused_and_left_alone() {
    let lab = lab();
    let sweep = format!("{BASE} {RATES} --profile process:1");
    lab.refusal(&format!("{sweep} --out no/such/folder/t.csv"), 1, 1);
    lab.refusal(&format!("{sweep} --out ."), 1, 1);
    assert!(lab.refusal(&format!("{sweep} --out t.xlsx"), 2, 1).contains(".parquet"));
    assert!(lab.refusal(&format!("{sweep} --out /dev/full"), 1, 1).contains("No space left"));
    assert_eq!(lab.files(), ["open.toml", "tiny.toml"]);
}

#[test]
fn cells_that_cannot_be_run_say_why_and_the_others_run() {
    let lab = lab();
    let shares =
        "--vary workload.class.short.share=0.2,0.9 --vary workload.class.long.share=0.1,0.8";
    let csv = lab.answer(&format!("{BASE} --profile process:2 {shares}"), 0);
    let errors: Vec<bool> = rows(&csv).iter().map(|row| !row["error"].is_empty()).collect();
    assert_eq!(errors, [true, false, false, true], "{csv}");
    let pools = "--vary profile=interpreters:2 --python 3.12";
    let stderr = lab.planner(&format!("{BASE} {pools} --out t.csv")).assert().code(2);
    let stderr = String::from_utf8(stderr.get_output().stderr.clone()).unwrap();
    assert!(
        stderr.contains("no cell could be run") && stderr.contains("sub-interpreters"),
        "{stderr}"
    );
}

#[test]
fn without_a_profile_the_pool_has_its_own_size() {
    let lab = lab();
    let rows = rows(&lab.answer(&format!("{BASE} --vary pool=gunicorn-sync,generic"), 0));
    let simulated = "simulate --workload open.toml --requests 300 --pool gunicorn-sync";
    let simulated = lab.answer(simulated, 0);
    assert!(simulated.contains(&rows[0]["profile"]), "{simulated}");
    assert_eq!((rows[0]["pool"].as_str(), rows[1]["pool"].as_str()), ("gunicorn-sync", "generic"));
}

#[test]
fn each_pool_of_a_hybrid_can_be_varied() {
    let lab = lab();
    let hybrid = "--profile short=process:1,long=threads:4 --vary profile.short=process:1..2";
    let threads = "--vary blas_threads.long=1,4";
    let table = lab.answer(&format!("{BASE} {hybrid} {threads}"), 0);
    let rows = rows(&table.replace("\"", "").replace(",long=threads", ";long=threads"));
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[3]["profile"], "short=process:2;long=threads:4");
    // The parent's threads are one process beside the workers.
    assert_eq!(number(&rows[3], "workers") - number(&rows[0], "workers"), 1.0);
    assert_eq!((rows[0]["blas_threads"].as_str(), rows[1]["blas_threads"].as_str()), ("1", ""));
    // A second worker serves the short ones sooner and the long ones as before.
    assert!(number(&rows[2], "mean_s_short") < number(&rows[0], "mean_s_short"));
    let stderr = lab.refusal(&format!("{BASE} --vary profile.shirt=process:1..2"), 2, 1);
    assert!(stderr.contains("did you mean `short`?") && stderr.contains('^'), "{stderr}");
}

#[test]
fn each_stage_of_a_pipeline_can_be_varied() {
    let lab = lab();
    let staged = OPEN.replace("python = { exp", "stage = \"work\"\npython = { exp");
    let staged = staged.replace("wait = \"5 ms\"", "stage = \"work\"\nwait = \"5 ms\"");
    lab.write(
        "staged.toml",
        format!("{staged}\n[[stage]]\nname = \"work\"\nprofile = \"process:1\"\n"),
    );
    let sweep =
        "sweep --workload staged.toml --requests 300 --vary profile.work=process:2,threads:3";
    let rows = rows(&lab.answer(sweep, 0));
    assert_eq!(
        (rows[0]["profile"].as_str(), rows[1]["profile"].as_str()),
        ("process:2", "threads:3")
    );
    assert!(rows.iter().all(|row| row["error"].is_empty()), "{rows:?}");
}

#[test]
fn a_plan_file_is_the_same_sweep() {
    let lab = lab();
    let plan = "[vary]\n\"workload.arrivals.poisson.rate\" = [\"50/s\", \"100/s\", \"150/s\"]\nprofile = \"process:1..2,threads:4\"\n";
    lab.write("plan.toml", plan);
    let from_plan = lab.answer(&format!("{BASE} --plan plan.toml"), 0);
    assert_eq!(from_plan, lab.answer(&format!("{BASE} {RATES} {POOLS}"), 0));
    lab.write("plan.toml", plan.replace("150/s", "150/parsec"));
    assert!(lab.refusal(&format!("{BASE} --plan plan.toml"), 2, 1).contains("plan.toml:2:"));
}

/// Every element is closed, in order, and no `<` or `&` stands in a text.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for (at, piece) in svg.split('<').enumerate().skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("piece {at}: <{piece}"));
        assert!(!text.contains('&') || text.contains(';'), "bare & in {text}");
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "piece {at}"),
            (false, true) => {}
            (false, false) => open.push(name.trim_end_matches('/')),
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
}

#[test]
fn a_run_is_drawn_with_its_labels() {
    let lab = lab();
    lab.answer(
        "simulate --workload open.toml --profile process:2 --requests 500 --plot run.svg",
        0,
    );
    let svg = lab.read("run.svg");
    assert_well_formed(&svg);
    for label in ["<svg", "workers up", "PSS (MiB)", "time (s)"] {
        assert!(svg.contains(label), "{label}");
    }
    assert!(!svg.contains("NaN"));
}

#[test]
fn every_kind_of_picture_can_be_drawn() {
    let lab = lab();
    let more = "--vary host.cores=1,4 --plot-out auto.svg";
    lab.answer(&format!("{BASE} {RATES} {POOLS} {more} --out t.parquet"), 0);
    let auto = lab.read("auto.svg");
    assert!(auto.contains("offered load (1/s)"));
    assert_well_formed(&auto);
    lab.answer("simulate --workload tiny.toml --profile process:2 --timeline time.csv --cold", 0);
    for (from, kind, needle) in [
        ("t.parquet", "latency", "p99 latency (ms)"),
        ("t.parquet", "throughput --x workers --by host.cores --y peak_pss_bytes", "several rows"),
        ("t.parquet", "frontier", "peak PSS (MiB)"),
        ("t.parquet", "winners", "best p99 latency"),
        ("time.csv", "memory", "memory of the pool (MiB)"),
        ("time.csv", "timeline", "workers up"),
    ] {
        let arguments = format!("plot --from {from} --out p.svg --kind {kind}");
        if needle == "several rows" {
            assert!(lab.refusal(&arguments, 2, 1).contains(needle));
            continue;
        }
        assert_eq!(lab.answer(&arguments, 0), "");
        let svg = lab.read("p.svg");
        assert!(svg.starts_with("<svg") && svg.contains(needle), "{kind}");
        assert_well_formed(&svg);
        assert!(!svg.contains("NaN"), "{kind}");
    }
}

#[test]
fn tables_that_are_none_and_columns_that_are_not_there_are_refused() {
    let lab = lab();
    lab.answer(&format!("{BASE} {RATES} --profile process:1 --out t.csv"), 0);
    let plot = |from: &str, code, more: &str| {
        lab.refusal(&format!("plot --from {from} --out p.svg {more}"), code, 1)
    };
    assert!(plot("t.csv", 2, "--y p99").contains("p99_s"));
    assert!(plot("t.csv", 2, "--x profile").contains("no numbers"));
    assert!(plot("t.csv", 2, "--kind winners").contains("two inputs"));
    assert!(plot("t.csv", 2, "--kind memory").contains("at_ns"));
    plot("tiny.toml", 2, "");
    plot("missing.csv", 1, "");
    lab.write("noise.parquet", "PAR1 this is no such thing PAR1");
    plot("noise.parquet", 1, "");
    lab.write(
        "noise.csv",
        [0xff, 0xfe, 0x00, b',', b'\n', b'1', b'\n', b'1', b',', b'2', b',', b'3'],
    );
    plot("noise.csv", 1, "");
    assert!(!lab.path("p.svg").exists());
}

#[test]
fn the_shipped_form_of_tiny_can_be_swept_cold() {
    let lab = Lab::new();
    assert!(TINY.contains("batch"));
    let sweep = "sweep --workload tiny.toml --cold --vary workload.arrivals.batch.requests=5,20";
    let rows = rows(&lab.answer(&format!("{sweep} --profile process:2"), 0));
    assert!(number(&rows[0], "makespan_s") < number(&rows[1], "makespan_s"));
}
