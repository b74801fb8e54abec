//! A campaign of one small cell on a real pool.

use std::io;
use std::path::Path;

use sim::host::Host;
use validator::interpreters;
use validator::run::{Observation, Stop};
use validator::validate::campaign::{self, Campaign, Settings, Watcher};
use validator::validate::summary::Summary;
use validator::validate::{Case, Cell, Figure, Measured, cells};

use crate::support::{alone, python};

const CELLS: &str = r#"
set = "development"
[[workload]]
name = "small"
arrivals = { deterministic = { rate = "100/s" } }
class = [{ name = "only", segment = [{ python = "1 ms" }, { wait = "2 ms" }] }]
[[cell]]
name = "threads"
effect = "waits"
workload = "small"
pool = "thread-pool-executor"
profile = "threads:2"
requests = 60
"#;

/// Asks for an early end once a run has landed.
struct StopAfterOne {
    stop: Option<Stop>,
    landed: u32,
}

impl Watcher for StopAfterOne {
    fn next(&mut self, _cell: &str, _done: u64, _total: u64) {}

    fn landed(&mut self, case: &Case, run: &Measured, seen: &Observation) -> io::Result<()> {
        assert_eq!((seen.records.len(), run.cell.as_str()), (case.rows.len(), "threads"));
        self.landed += 1;
        if let Some(stop) = &self.stop {
            stop.request();
        }
        Ok(())
    }
}

fn run(cells: &[Cell], python: &Path, out: &Path, stop: Option<Stop>) -> (Campaign, u32) {
    let interpreter = interpreters::at(python).unwrap();
    let settings = Settings {
        host: &Host::ideal(2),
        interpreter: &interpreter,
        repeats: 2,
        starts: 3,
        seed: 1,
        draws: 4,
        out,
        rates: &[],
    };
    let mut watcher = StopAfterOne { stop: stop.clone(), landed: 0 };
    let stop = stop.unwrap_or_default();
    let campaign = campaign::run(cells, &settings, &stop, &mut watcher).unwrap();
    (campaign, watcher.landed)
}

#[test]
fn an_interrupted_campaign_keeps_what_landed_and_goes_on() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let cells = cells::parse(CELLS, Path::new("cells.toml")).unwrap();
    let (first, landed) = run(&cells, python, folder.path(), Some(Stop::new()));
    assert!(first.interrupted && first.not_run.is_empty());
    assert_eq!((landed, first.results[0].runs.len()), (1, 1));
    let (second, landed) = run(&cells, python, folder.path(), None);
    assert!(!second.interrupted);
    assert_eq!((landed, second.results[0].runs.len()), (1, 2));
    let [one] = &second.results[..] else { panic!("{second:?}") };
    let seen = one.runs[0].measured.observed;
    // 60 requests of at least 3 ms, one every 10 ms.
    assert!(seen.get(Figure::P50).unwrap() >= 0.003);
    assert!(seen.get(Figure::Throughput).unwrap() <= 60.0 / 0.59);
    let run = &one.runs[0].measured;
    assert_eq!((run.starts.len(), &run.start_failed), (3, &None));
    let quicker = run.starts.iter().filter(|it| Some(**it) < seen.get(Figure::StartUp)).count();
    assert!(quicker <= 1, "the median of three");
    assert!(seen.get(Figure::PeakPss).is_some_and(|bytes| bytes > 1e6));
    assert_eq!(one.runs[0].predicted.served, 60);
    Summary::of(&second.results);
}
