use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const TWO_CLASSES: &str = r#"
    name = "two"
    [arrivals.poisson]
    rate = "1/s"
    [[class]]
    name = "echo"
    share = 0.5
    segment = [{ python = "1 ms" }]
    [[class]]
    name = "load"
    share = 0.5
    segment = [{ wait = "1 ms" }, { native = "2 ms" }]
"#;

fn workload() -> Workload {
    Workload::parse(TWO_CLASSES, Path::new("two.toml"), Path::new("")).unwrap()
}

const KEYS: Option<KeySpace> = Some(KeySpace { count: 20, skew: 0.0, partitions: 4 });

fn read(content: impl AsRef<[u8]>) -> Result<Vec<TraceRow>, Box<InputError>> {
    read_with(content, None)
}

fn read_with(
    content: impl AsRef<[u8]>,
    keys: Option<KeySpace>,
) -> Result<Vec<TraceRow>, Box<InputError>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("trace.csv");
    fs::write(&path, content).unwrap();
    read_trace(&path, &workload().classes, keys)
}

/// Message, line, and the bytes under the caret.
fn refusal(content: impl AsRef<[u8]>) -> (String, usize, String) {
    refusal_with(content, None)
}

fn refusal_with(content: impl AsRef<[u8]>, keys: Option<KeySpace>) -> (String, usize, String) {
    let error = read_with(content, keys).unwrap_err();
    let line = error.line_column().map_or(0, |(line, _)| line);
    let under = error.span.clone().map_or("", |span| &error.source_text[span]).to_owned();
    (error.message, line, under)
}

#[test]
fn reads_times_classes_and_segments() {
    let rows = read("at_ns,class,segments_ns\r\n5,load,10 20\r\n5,echo,\r\n").unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].segments, [SimDuration(10), SimDuration(20)]);
    assert_eq!(rows[0].class, 1);
    assert_eq!(rows[1], TraceRow { at: SimTime(5), class: 0, key: 0, segments: Vec::new() });
}

#[test]
fn each_fault_is_named_with_its_line_and_caret() {
    let body = |line: &str| refusal(format!("{HEADER}\n1,echo,7\n{line}\n"));
    let expect = |line: &str, message: &str, under: &str| {
        assert_eq!(body(line), (message.to_owned(), 3, under.to_owned()), "{line}");
    };
    expect("0,echo,", "this request comes before the one above it", "0");
    expect("2,echoo,", "there is no class `echoo`", "echoo");
    expect("2,load,7", "`load` has 2 segments, found 1", "7");
    expect("2,echo,7 8", "`echo` has 1 segments, found 2", "7 8");
    expect("2,echo", "expected 3 columns, found 2", "2,echo");
    expect("", "expected 3 columns, found 1", "");
    expect("-2,echo,", "`-2` is no whole number of nanoseconds", "-2");
    expect("2,echo,7.5", "`7.5` is no whole number of nanoseconds", "7.5");
    expect(
        "99999999999999999,echo,",
        "`99999999999999999` ns is more than 31622400 s",
        "99999999999999999",
    );
}

#[test]
fn keys_have_a_column_of_their_own() {
    let rows = read_with(format!("{KEYED_HEADER}\n0,echo,,19\n1,load,5 6,0\n"), KEYS).unwrap();
    assert_eq!(rows.iter().map(|row| row.key).collect::<Vec<_>>(), [19, 0]);
    assert_eq!(rows[1].segments, [SimDuration(5), SimDuration(6)]);
    let body = |line: &str| refusal_with(format!("{KEYED_HEADER}\n{line}\n"), KEYS);
    let expect = |line: &str, message: &str, under: &str| {
        assert_eq!(body(line), (message.to_owned(), 2, under.to_owned()), "{line}");
    };
    expect("0,echo,,20", "`20` is no key", "20");
    expect("0,echo,,-1", "`-1` is no key", "-1");
    expect("0,echo,,", "`` is no key", "");
    expect("0,echo,", "expected 4 columns, found 3", "0,echo,");
    expect("0,echo,,1,2", "expected 4 columns, found 5", "0,echo,,1,2");
}

#[test]
fn a_trace_has_keys_exactly_if_its_workload_has() {
    let (message, line, _) = refusal_with(format!("{HEADER}\n0,echo,\n"), KEYS);
    assert_eq!((&*message, line), ("this trace has no keys, and the workload's requests do", 1));
    let (message, line, _) = refusal(format!("{KEYED_HEADER}\n0,echo,,1\n"));
    assert_eq!((&*message, line), ("this trace has keys, and the workload's requests do not", 1));
}

#[test]
fn files_that_hold_no_trace_are_refused() {
    assert_eq!(refusal("").0, "this trace has no requests");
    assert_eq!(refusal(format!("{HEADER}\n")).0, "this trace has no requests");
    assert_eq!(refusal("time,class\n1,echo\n").0, "the first line does not name the columns");
    assert_eq!(refusal(b"at_ns\xff,class\n").0, "this line is not text");
    assert_eq!(refusal("9".repeat(100_000)).0, "this line is longer than 65536 bytes");
}

#[test]
fn a_workload_replays_a_trace_beside_it() {
    let folder = TempDir::new().unwrap();
    let text = TWO_CLASSES.replace("poisson]\n    rate = \"1/s\"", "replay]\n    file = \"t.csv\"");
    let path = folder.path().join("w.toml");
    fs::write(&path, text).unwrap();
    fs::write(folder.path().join("t.csv"), format!("{HEADER}\n0,echo,5\n9,load,\n")).unwrap();
    let loaded = Workload::load(&path).unwrap();
    let crate::workload::Arrivals::Replay { rows } = loaded.arrivals else {
        panic!("not a replay");
    };
    assert_eq!(rows[1].at, SimTime(9));

    fs::write(folder.path().join("t.csv"), format!("{HEADER}\n0,nobody,5\n")).unwrap();
    let errors = Workload::load(&path).unwrap_err();
    assert_eq!(errors[0].path, folder.path().join("t.csv"));
    assert_eq!(errors[0].line_column(), Some((2, 3)));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        gaps in prop::collection::vec(
            (0_u64..1 << 40, 0_usize..2, any::<bool>(), 0_u64..20),
            1..50,
        ),
        keyed in any::<bool>(),
    ) {
        let keys = KEYS.filter(|_| keyed);
        let workload = Workload { keys, ..workload() };
        let mut at = 0;
        let rows: Vec<TraceRow> = gaps.iter().map(|&(gap, class, drawn, key)| {
            at += gap;
            let times = workload.classes[class].segments.iter().map(|_| SimDuration(gap));
            let segments = if drawn { Vec::new() } else { times.collect() };
            TraceRow { at: SimTime(at), class, key: if keyed { key } else { 0 }, segments }
        }).collect();
        let mut written = Vec::new();
        write_trace(&mut written, rows.iter().cloned(), &workload).unwrap();
        prop_assert_eq!(read_with(written, keys).unwrap(), rows);
    }

    #[test]
    fn no_bytes_panic(
        content in prop::collection::vec(any::<u8>(), 0..200),
        header in prop::sample::select(vec!["", HEADER, KEYED_HEADER]),
        keyed in any::<bool>(),
    ) {
        let content = [header.as_bytes(), b"\n", &content].concat();
        let _ = read_with(content, KEYS.filter(|_| keyed));
    }
}
