//! Nothing that is typed panics, and whatever is accepted keeps the promises
//! that the engine relies on.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sim::experiment::{Limits, Scenario, simulate};
use sim::host::Host;
use sim::pool::{Drain, Ordering, PoolConfig, Profile};
use sim::workload::{
    Arrivals, Distribution, MAX_CLASSES, MAX_SEGMENTS, RequestClass, SegmentKind, Workload,
};

use crate::{parse, toml_files};

/// The promises of `sim::workload::Workload`.
fn assert_checked(workload: &Workload) {
    let shares: f64 = workload.classes.iter().map(|class| class.share).sum();
    assert!((shares - 1.0).abs() <= 1e-6, "{shares}");
    assert!((1..=MAX_CLASSES).contains(&workload.classes.len()));
    assert_eq!(workload.class_index().len(), workload.classes.len());
    assert!(!workload.runtime.python.is_empty());
    for class in &workload.classes {
        assert!((1..=MAX_SEGMENTS).contains(&class.segments.len()));
        assert_class(class, workload);
        for segment in &class.segments {
            assert!(segment.duration.mean_secs() > 0.0, "{segment:?}");
            assert!(segment.duration.mean_secs().is_finite(), "{segment:?}");
            assert!(segment.duration.squared_cv().is_finite(), "{segment:?}");
            assert_ne!(segment.reacquires, Some(0));
            let releases = matches!(segment.kind, SegmentKind::Native { .. } | SegmentKind::Wait);
            assert!(segment.reacquires.is_none() || releases, "{segment:?}");
            assert_distribution(&segment.duration);
        }
    }
    assert_pool_rules(workload);
    for limit in &workload.objective.latency {
        assert!(limit.class < workload.classes.len() && !limit.at_most.is_zero());
    }
    match &workload.arrivals {
        Arrivals::Closed { clients, .. } => assert!(*clients > 0),
        Arrivals::Batch { requests } => assert!(*requests > 0),
        Arrivals::Varying { points } => {
            assert!(points[0].0.0 == 0 && points.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        open => assert!(open.offered_rate().is_some_and(|rate| rate > 0.0 && rate.is_finite())),
    }
}

fn assert_class(class: &RequestClass, workload: &Workload) {
    let stages: Vec<u32> = class.segments.iter().map(|segment| segment.stage).collect();
    assert!(stages.is_sorted(), "{stages:?}");
    let passed: BTreeSet<u32> = stages.into_iter().collect();
    assert_eq!(passed.len(), workload.stages.len().max(1));
    assert!(passed.iter().all(|stage| (*stage as usize) < workload.stages.len().max(1)));
    assert!((0.0..=1.0).contains(&class.kept_share));
    assert!((0.0..=1.0).contains(&(class.crash + class.hang)));
    let lifecycle = &workload.service.lifecycle;
    let killed = lifecycle.kill_after.is_some()
        || lifecycle.heartbeat.is_some()
        || (lifecycle.recycles() && lifecycle.drain != Drain::Finish);
    assert!(class.hang == 0.0 || killed, "{lifecycle:?}");
}

fn assert_pool_rules(workload: &Workload) {
    if let Some(keys) = workload.keys {
        assert!(keys.count > 0 && keys.partitions > 0 && keys.skew >= 0.0 && keys.skew <= 10.0);
    }
    let service = &workload.service;
    assert!(service.ordering == Ordering::Unordered || workload.keys.is_some());
    assert_ne!(service.max_in_flight, Some(0));
    let lifecycle = &service.lifecycle;
    assert!(lifecycle.ttl.is_none_or(|ttl| ttl > workload.runtime.import_time));
    assert!(lifecycle.ttl.is_some() || lifecycle.ttl_jitter.is_zero());
    assert!(lifecycle.max_requests.is_some() || lifecycle.max_requests_jitter == 0);
    assert_ne!(lifecycle.max_requests, Some(0));
    assert!(lifecycle.memory_limit.is_none_or(|limit| limit > workload.runtime.import_bytes));
    assert!(lifecycle.heartbeat.is_none_or(|beat| beat.misses > 0 && !beat.every.is_zero()));
    let pause = lifecycle.back_off;
    assert!(pause.factor >= 1.0 && pause.factor.is_finite() && pause.first <= pause.most);
    for share in workload.objective.keep_up.iter().flat_map(|up| [up.share, up.probability]) {
        assert!(share > 0.0 && share <= 1.0);
    }
}

fn assert_distribution(distribution: &Distribution) {
    match distribution {
        Distribution::Lognormal { median, p99 } => assert!(median < p99 && !median.is_zero()),
        Distribution::Gamma { cv, .. } => assert!((0.01..=20.0).contains(cv)),
        Distribution::Empirical(values) => assert!(!values.is_empty()),
        Distribution::Constant(_) | Distribution::Exponential { .. } => {}
    }
}

/// The engine asserts after every event, so ending is the check; a limit that
/// is passed is an answer too.
fn assert_runs(workload: &Workload) {
    let host = Host::ideal(2);
    let limits = Limits { events: 20_000, in_system: 500 };
    let profiles = [Profile::processes(3), Profile::threads(2, 3), Profile::event_loops(1, 8)];
    for profile in profiles {
        let pool = PoolConfig::new(workload, profile, workload.runtime.python[0]);
        let scenario = Scenario { limits, ..Scenario::new(workload, &host, &pool, 40, 1) };
        let _ = simulate(&scenario, 0, &mut ());
    }
}

/// Parses as both kinds of file; what is accepted is checked and run, and every
/// error can be shown.
fn feed(text: &str) {
    match parse(text) {
        Ok(workload) => {
            assert_checked(&workload);
            assert_runs(&workload);
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in &errors {
                let span = error.span.clone().unwrap_or(0..0);
                assert!(error.source_text.get(span).is_some(), "{error:?}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
    let calibration = Host::parse(text, std::path::Path::new("host.toml"));
    assert!(calibration.is_ok() || !calibration.unwrap_err().is_empty());
}

fn shipped() -> Vec<String> {
    let files = toml_files("workloads").into_iter().chain(toml_files("calibration"));
    let texts = files.map(|path| std::fs::read_to_string(path).unwrap());
    texts.chain([crate::stages::GOOD, crate::lifecycles::GOOD].map(str::to_owned)).collect()
}

/// What people (and fuzzers) put in the place of a value.
const ODDITIES: &[&str] = &[
    "",
    "0",
    "-1",
    "nan",
    "-inf",
    "1e308",
    "\"\"",
    "\"0 s\"",
    "\"1e99 s\"",
    "\"1 ns\"",
    "\"9/s\"",
    "true",
    "[]",
    "{}",
    "[[]]",
    "2026-11-21",
    "'''x'''",
    "\"é\"",
    "\u{0}",
    "0x7fffffffffffffff",
    "99999999999999999999",
    "1_000",
    "[class]",
    "\"168 h\"",
    "\"16 TiB\"",
    "\"10000000/s\"",
    "\"100 %\"",
    "\"key_hash\"",
    "\"process:4096\"",
    "{ within = \"1 ns\" }",
];

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        feed(&text);
    }

    #[test]
    fn no_value_in_the_place_of_another_panics(
        file in 0..shipped().len(),
        line in any::<prop::sample::Index>(),
        oddity in prop::sample::select(ODDITIES),
    ) {
        let text = &shipped()[file];
        let lines: Vec<&str> = text.lines().collect();
        let at = line.index(lines.len());
        let changed = match lines[at].split_once(" = ") {
            Some((key, _)) => format!("{key} = {oddity}"),
            None => oddity.to_owned(),
        };
        let mut mutated = lines;
        mutated[at] = &changed;
        feed(&mutated.join("\n"));
    }

    #[test]
    fn no_cut_moved_or_doubled_piece_panics(
        file in 0..shipped().len(),
        cuts in any::<[prop::sample::Index; 3]>(),
    ) {
        let characters: Vec<char> = shipped()[file].chars().collect();
        let mut at = cuts.map(|cut| cut.index(characters.len()));
        at.sort_unstable();
        let [a, b, c] = at;
        let piece = |from: usize, to: usize| characters[from..to].iter().collect::<String>();
        let end = characters.len();
        feed(&(piece(0, a) + &piece(b, end)));
        feed(&(piece(0, a) + &piece(b, c) + &piece(a, b) + &piece(c, end)));
        feed(&(piece(0, b) + &piece(a, end)));
    }
}
