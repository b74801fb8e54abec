//! The claims that ship: complete, and judged as they must be.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audit::document::Document;
use audit::laws::Law;
use audit::measured;
use audit::predict;
use audit::variants::Variants;
use audit::verdict::{Tally, Verdict, audit, findings};
use sim::host::Host;

const DOCUMENTS: [(&str, usize); 5] = [
    ("pyrallel-consumer-benchmarks", 36),
    ("python-pools-analysis", 46),
    ("snakepit-benchmarks", 286),
    ("snakepit-worker-profiles", 52),
    ("tadween-benchmarks", 134),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn document(name: &str) -> Document {
    let path = root().join("calibration/published").join(format!("{name}.toml"));
    Document::load(&path).unwrap_or_else(|errors| panic!("{}", errors[0]))
}

#[test]
fn every_document_is_there_with_every_figure() {
    for (name, figures) in DOCUMENTS {
        assert_eq!(document(name).claims.len(), figures, "{name}");
    }
}

/// What laws say of the documents, checked by hand: the law, a figure that it
/// refutes, and how far off that is.
const VIOLATIONS: [(&str, Law, &str, f64); 17] = [
    ("snakepit-benchmarks", Law::Utilisation, "matmul-process-rate", 50.0),
    ("snakepit-benchmarks", Law::Utilisation, "matmul-thread-rate", 42.9),
    ("snakepit-benchmarks", Law::Bottleneck, "mixed-process-rate", 2.64),
    ("snakepit-benchmarks", Law::Queue, "peak-process-queue", 5.39),
    ("snakepit-benchmarks", Law::Queue, "peak-process-rejected", 23.8),
    ("snakepit-benchmarks", Law::Offered, "sustained-process-rate", 1.42),
    ("snakepit-benchmarks", Law::Offered, "sustained-thread-rate", 1.16),
    ("snakepit-benchmarks", Law::Arithmetic, "sustained-process-success", 22.7),
    ("snakepit-benchmarks", Law::Arithmetic, "sustained-thread-success", 18.0),
    ("snakepit-benchmarks", Law::Memory, "total-process-24h", 1.39),
    ("snakepit-benchmarks", Law::Capacity, "rec-thread-drop-share", 4.0),
    ("snakepit-benchmarks", Law::ForcedFlow, "rec-process-frequency", 100.0),
    ("snakepit-benchmarks", Law::Arithmetic, "uc2-rate", 16.7),
    ("snakepit-benchmarks", Law::Arithmetic, "uc2-time", 16.7),
    ("pyrallel-consumer-benchmarks", Law::Order, "baseline-lowest-cpu-async", 1.85),
    ("python-pools-analysis", Law::Arithmetic, "overall-process", 1.14),
    ("python-pools-analysis", Law::Order, "process-pulls-ahead-compute", 2.0),
];

#[test]
fn every_known_violation_is_found_with_its_size() {
    for (name, law, figure, off) in VIOLATIONS {
        let found = findings(&document(name));
        let of_law = |one: &&audit::laws::Finding| {
            one.law == law && !one.holds && one.figures.iter().any(|id| id == figure)
        };
        let finding = found.iter().find(of_law).unwrap_or_else(|| panic!("{law:?} {figure}"));
        assert!((finding.off / off - 1.0).abs() < 0.02, "{finding:?}");
    }
}

#[test]
fn littles_law_rules_orderings_out_and_counts_busy_slots() {
    let words = |name: &str, figure: &str| {
        let found = findings(&document(name));
        let of = |one: &&audit::laws::Finding| one.law == Law::Little && one.figures[0] == figure;
        found.iter().find(of).map(|one| one.words.clone()).unwrap()
    };
    let run = words("pyrallel-consumer-benchmarks", "sample-async-rate");
    assert!(run.contains("= 680") && run.contains("100 keys") && run.contains("4 partitions"));
    assert!(words("pyrallel-consumer-benchmarks", "sample-process-rate").contains("= 644"));
    assert!(words("snakepit-benchmarks", "echo-process-rate").contains("= 4.5 "));
    assert!(words("snakepit-benchmarks", "resnet-thread-rate").contains("= 1 "));
}

#[test]
fn nine_in_ten_stated_figures_are_settled_with_few_parameters() {
    let host = Host::load(&root().join("calibration/reference-8core.toml")).unwrap();
    let variants = Variants::load(&root().join("workloads")).unwrap();
    let mut all = Tally::default();
    for (name, _) in DOCUMENTS {
        let document = document(name);
        let said = predict(&document, &|one| variants.build(one, &host), &host, 1);
        let judged = audit(&document, said, BTreeMap::new());
        assert!(judged.failed.is_empty(), "{name}: {:?}", judged.failed);
        for one in &judged.judged {
            let needs_reason = matches!(one.verdict, Verdict::Open | Verdict::Refuted);
            assert!(!needs_reason || !one.why.is_empty(), "{name}: {}", one.claim.id);
        }
        all = all.and(judged.tally());
    }
    assert!(all.settled().unwrap() >= 0.9, "{all:?}");
    assert!(all.explained >= 3 * all.fitted, "{all:?}");
}

#[test]
fn a_slip_is_refused_with_its_place() {
    let path = root().join("calibration/published/pyrallel-consumer-benchmarks.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    for (from, to, says) in [
        ("quantity = \"throughput\"", "quantity = \"througput\"", "no quantity"),
        ("159.69/s", "159.69 ms", "is no throughput"),
        ("sleep-baseline < sleep-process", "sleep-baseline < slep-process", "no claim"),
        ("in = \"sleep-async\"", "in = \"sleep-asink\"", "no configuration"),
        ("id = \"sleep-async\", ", "id = \"sleep-baseline\", ", "twice"),
        ("given = true", "gven = true", "unknown field"),
        ("sample-messages / sample-async-total", "sample-messages /", "no formula"),
    ] {
        assert!(good.contains(from), "{from}");
        let errors = Document::parse(&good.replacen(from, to, 1), &path).unwrap_err();
        let error = errors.iter().find(|error| error.message.contains(says));
        let error = error.unwrap_or_else(|| panic!("{to}: {errors:?}"));
        assert!(error.line_column().is_some() && error.help.is_some(), "{error:?}");
    }
}

#[test]
fn a_measurement_of_the_real_system_settles_a_figure() {
    let document = document("tadween-benchmarks");
    let text = |value: &str| {
        format!(
            "[measured]\ndocument = \"tadween-benchmarks\"\nhost = \"h\"\ndate = \"2026-11-21\"\n\
             command = \"c\"\n[[result]]\nclaim = \"t2-makespan\"\nvalue = \"{value}\"\n\
             low = \"45 s\"\nhigh = \"55 s\"\nrepeats = 5\n"
        )
    };
    let path = Path::new("m.toml");
    let results = measured::parse(&text("52 s"), path, &document).unwrap();
    let judged = audit(&document, Default::default(), results);
    let one = judged.judged.iter().find(|one| one.claim.id == "t2-makespan").unwrap();
    assert_eq!(one.verdict, Verdict::Observed);
    for wrong in ["60 s", "52 MB", "soon"] {
        let errors = measured::parse(&text(wrong), path, &document).unwrap_err();
        assert!(errors[0].line_column().is_some(), "{wrong}");
    }
}
