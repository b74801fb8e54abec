//! What is wrong with a workload is said once, in words, where it is.

use std::path::Path;

use sim::workload::{Arrivals, Distribution, SegmentKind, Workload};

use crate::parse;

const GOOD: &str = r#"
name = "good"
[arrivals.poisson]
rate = "10/s"
[[class]]
name = "echo"
share = 0.7
[[class.segment]]
python = "1 ms"
[[class]]
name = "load"
share = 0.3
[[class.segment]]
native = "2 ms"
parallel = "blas"
[runtime]
python = ["3.12"]
[service]
max_workers = 8
[objective]
p99 = { echo = "10 ms" }
"#;

fn refusal(from: &str, to: &str) -> (String, String) {
    crate::refusal(GOOD, from, to)
}

fn expect(from: &str, to: &str, message: &str, under: &str) {
    assert_eq!(refusal(from, to), (message.to_owned(), under.to_owned()), "{from} -> {to}");
}

#[test]
fn the_good_workload_is_good() {
    let workload = parse(GOOD).unwrap();
    assert_eq!(workload.classes[1].segments[0].kind, SegmentKind::Native { parallel: true });
    assert!(!workload.runtime.thread_safe);
}

#[test]
fn keys() {
    expect("rate =", "rte =", "unknown key `rte` in [arrivals.poisson]", "rte");
    expect("share = 0.7", "share = 0.7\nfoo = 1", "unknown key `foo` in [[class]]", "foo");
    expect("name = \"good\"\n", "", "the workload has no `name`", "");
    expect("share = 0.7\n", "", "[[class]] has no `share`", "[[class]]");
}

#[test]
fn units_and_numbers() {
    let message = |from, to| refusal(from, to).0;
    expect("\"1 ms\"", "\"1 msec\"", "`1 msec` has no known unit", "\"1 msec\"");
    expect("\"1 ms\"", "1", "`1` has no unit", "1");
    expect("\"1 ms\"", "nan", "`nan` has no unit", "nan");
    expect("\"1 ms\"", "\"nan ms\"", "`nan ms` does not start with a number", "\"nan ms\"");
    expect("\"1 ms\"", "\"-1 ms\"", "`-1 ms` is negative", "\"-1 ms\"");
    expect("\"1 ms\"", "\"0 ms\"", "a segment of no time does nothing", "\"0 ms\"");
    expect("\"1 ms\"", "\"1e300 h\"", "`1e300 h` is more than 168 h", "\"1e300 h\"");
    expect("\"10/s\"", "\"0/s\"", "this rate must be at least 1/h", "\"0/s\"");
    expect("\"10/s\"", "\"inf/s\"", "`inf/s` does not start with a number", "\"inf/s\"");
    expect("\"10/s\"", "10", "`10` has no unit", "10");
    assert_eq!(message("8", "0"), "`0` is not a whole number from 1 to 4096");
    assert_eq!(message("8", "-1"), "`-1` is not a whole number from 1 to 4096");
    assert_eq!(message("8", "1000000000"), "`1000000000` is not a whole number from 1 to 4096");
    assert_eq!(message("8", "1.5"), "expected a whole number from 1 to 4096, found a number");
}

#[test]
fn shares() {
    expect("0.3", "0.2", "the shares sum to 0.900000, not 1", "0.2");
    expect("0.3", "0", "this share must be above zero", "0");
    expect("0.3", "-0.3", "`-0.3` is negative", "-0.3");
    expect("0.3", "nan", "`nan` does not start with a number", "nan");
    expect("0.3", "\"130 %\"", "`130 %` is more than the whole", "\"130 %\"");
    assert!(parse(&GOOD.replace("0.3", "\"30 %\"")).is_ok());
    assert!(parse(&GOOD.replace("0.3", "0.3000005")).is_ok());
}

#[test]
fn classes_and_segments() {
    expect("\"load\"", "\"echo\"", "there are two classes `echo`", "\"echo\"");
    expect("\"load\"", "\"a b\"", "`a b` cannot be a name", "\"a b\"");
    expect(
        "python = \"1 ms\"",
        "python = \"1 ms\"\nwait = \"1 ms\"",
        "[[class.segment]] has both `python` and `wait`",
        "\"1 ms\"",
    );
    expect(
        "python = \"1 ms\"",
        "python = \"1 ms\"\nparallel = \"blas\"",
        "nothing to run in parallel",
        "\"blas\"",
    );
    expect(
        "python = \"1 ms\"",
        "python = \"1 ms\"\nreacquires = 15",
        "this segment never releases the lock, so it cannot take it again",
        "15",
    );
    expect(
        "python = \"1 ms\"",
        "repeat = 600\ngroup = [{ wait = \"1 ms\" }, { python = \"1 ms\" }]",
        "600 times 2 segments is more than 1024",
        "600",
    );
    expect("python = \"1 ms\"", "group = []", "there are no segments", "[]");
    expect(
        "python = \"1 ms\"",
        "group = [{ group = [] , wait = \"1 ms\" }]",
        "unknown key `group` in a segment of a group",
        "group",
    );
}

#[test]
fn distributions() {
    let segment = |to: &str| refusal("\"1 ms\"", to).0;
    assert_eq!(segment("{ exponential = {} }"), "exponential has no `mean`");
    assert_eq!(segment("{}"), "the distribution names no distribution");
    assert_eq!(
        segment("{ lognormal = { median = \"5 ms\", p99 = \"5 ms\" } }"),
        "p99 is 1.000 times the median"
    );
    assert_eq!(
        segment("{ gamma = { mean = \"5 ms\", cv = 0 } }"),
        "`0` is not a number from 0.01 to 20"
    );
    assert_eq!(
        segment("{ empirical = { values = [\"0 s\"] } }"),
        "an empirical distribution needs a value above zero"
    );
    assert_eq!(
        segment("{ empirical = { values = [] } }"),
        "an empirical distribution needs a value above zero"
    );
}

#[test]
fn runtimes_and_objectives() {
    expect(
        "\"3.12\"",
        "\"3.12t\"",
        "Python 3.12 has no free-threaded build; 3.13t is the first",
        "\"3.12t\"",
    );
    expect("[\"3.12\"]", "[]", "there is no interpreter to run on", "[]");
    expect("[\"3.12\"]", "3.12", "expected a list, found a number", "3.12");
    expect("{ echo", "{ ecco", "there is no class `ecco`", "ecco");
    expect(
        "[objective]",
        "[objective]\nthroughput = \"11/s\"",
        "11/s cannot be served: only 10.000/s arrive",
        "\"11/s\"",
    );
    expect(
        "[objective]",
        "[objective]\ngoal = \"speed\"",
        "`speed` is not known here",
        "\"speed\"",
    );
}

#[test]
fn arrivals() {
    let arrivals = |table: &str| refusal("[arrivals.poisson]\nrate = \"10/s\"", table).0;
    assert_eq!(arrivals("[arrivals]"), "[arrivals] names no kind of arrivals");
    assert_eq!(arrivals(""), "the workload has no [arrivals]");
    assert_eq!(
        arrivals("[arrivals.varying]\npoints = [[\"0 s\", \"1/s\"], [\"0 s\", \"1/s\"]]"),
        "this point is not later than the one before it"
    );
    assert_eq!(
        arrivals("[arrivals.varying]\npoints = [[\"0 s\", \"0/s\"], [\"1 s\", \"0/s\"]]"),
        "almost nothing arrives: the mean rate is under a thousandth of the peak"
    );
    assert_eq!(
        arrivals("[arrivals.on_off]\non_rate = \"1/s\"\nmean_on = \"1 us\"\nmean_off = \"1 us\""),
        "only 1.0e-6 requests arrive per stay in on and off"
    );
    assert_eq!(arrivals("[arrivals.replay]\nfile = \"/dev/zero\""), "this is not a regular file");
    assert_eq!(
        arrivals("[arrivals.closed]\nclients = 10000000000"),
        "`10000000000` is not a whole number from 1 to 1000000"
    );
}

#[test]
fn what_is_no_toml() {
    let (message, under) = refusal("rate = \"10/s\"", "rate = \"10/s");
    assert!(message.starts_with("this is not TOML: "), "{message}");
    assert_eq!(under, "");
    assert!(refusal("rate = \"10/s\"", "rate = 10/s").0.starts_with("this is not TOML: "));
    let empty = parse("").unwrap_err();
    assert!(empty.iter().any(|error| error.message == "the workload has no [class]"), "{empty:?}");
}

#[test]
fn several_errors_come_in_the_order_of_the_text() {
    let text = GOOD.replace("\"10/s\"", "10").replace("\"1 ms\"", "1").replace("= 8", "= 0");
    let errors = parse(&text).unwrap_err();
    let lines: Vec<usize> = errors.iter().map(|e| e.line_column().unwrap().0).collect();
    assert!(lines.is_sorted() && lines.len() >= 2, "{errors:?}");
}

#[test]
fn files_that_cannot_be_a_workload() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| {
        let errors = Workload::load(path).unwrap_err();
        assert_eq!(errors.len(), 1);
        errors[0].message.clone()
    };
    assert_eq!(refused(folder.path()), "this is a directory, not a workload file");
    let path = folder.path().join("w.toml");
    assert_eq!(refused(&path), "there is no workload file here");
    std::fs::write(&path, b"name = \"\xff\xfe\"").unwrap();
    assert_eq!(refused(&path), "the file is not text: byte 9 (line 1) is not UTF-8");
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(refused(&path), "the file is larger than 1 MiB");
}

#[test]
fn groups_expand_in_order() {
    let group = "repeat = 2
        group = [{ wait = '1 ms', reacquires = 3 }, { native = '2 ms', repeat = 2 }]";
    let text = GOOD.replace("python = \"1 ms\"", group);
    let workload = parse(&text).unwrap();
    let kinds: Vec<SegmentKind> = workload.classes[0].segments.iter().map(|s| s.kind).collect();
    let (wait, native) = (SegmentKind::Wait, SegmentKind::Native { parallel: false });
    assert_eq!(kinds, [wait, native, native, wait, native, native]);
    assert_eq!(workload.classes[0].segments[3].reacquires, Some(3));
}

#[test]
fn values_come_from_a_file_beside_the_workload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    let empirical = "{ empirical = { file = \"values.txt\" } }";
    std::fs::write(&path, GOOD.replace("\"1 ms\"", empirical)).unwrap();
    let values = folder.path().join("values.txt");
    std::fs::write(&values, "# observed\n1 ms\n\n 3 ms\n").unwrap();
    let workload = Workload::load(&path).unwrap();
    let Distribution::Empirical(read) = &workload.classes[0].segments[0].duration else {
        panic!("{workload:?}");
    };
    assert_eq!(read.iter().map(|value| value.0).collect::<Vec<_>>(), [1_000_000, 3_000_000]);

    std::fs::write(&values, "1 ms\n2\n").unwrap();
    let error = Workload::load(&path).unwrap_err().remove(0);
    assert_eq!((error.path, error.message.as_str()), (values, "`2` has no unit"));
}

#[test]
fn a_closed_load_may_think_for_no_time() {
    let text =
        GOOD.replace("[arrivals.poisson]\nrate = \"10/s\"", "[arrivals.closed]\nclients = 3");
    assert!(matches!(parse(&text).unwrap().arrivals, Arrivals::Closed { clients: 3, .. }));
}
