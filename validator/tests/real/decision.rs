//! A choice between two real pools of which one is four times as fast.

use std::io;
use std::path::Path;

use sim::host::Host;
use sim::workload::PythonVersion;
use validator::interpreters;
use validator::run::{Observation, Stop};
use validator::validate::campaign::{self, Settings, Watcher};
use validator::validate::decision::{Decisions, PLANNER, Today};
use validator::validate::summary::Judgement;
use validator::validate::{Case, Measured, grid};

use crate::support::{alone, python};

const GRID: &str = r#"
requests = 80
[workload]
name = "naps"
arrivals = { batch = { requests = 80 } }
runtime = { thread_safe = true }
class = [{ name = "only", segment = [{ python = "50 us" }, { wait = "20 ms" }] }]
[pools]
thread-pool-executor = ["threads:1", "threads:4", "threads:6"]
"#;

struct Nobody;

impl Watcher for Nobody {
    fn next(&mut self, _cell: &str, _done: u64, _total: u64) {}

    fn landed(&mut self, _case: &Case, _run: &Measured, _seen: &Observation) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_planner_does_not_pick_the_one_that_is_several_times_slower() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let interpreter = interpreters::at(python).unwrap();
    let (host, grid) = (Host::ideal(2), grid::parse(GRID, Path::new("grid.toml")).unwrap());
    let today = Today::of(&interpreter, folder.path()).unwrap();
    assert!(today.pace >= 1.0 && today.kernels.len() >= 3, "{today:?}");
    assert_eq!(Today::of(&interpreter, folder.path()).unwrap(), today, "it is kept");
    let settings = Settings {
        host: &host,
        interpreter: &interpreter,
        repeats: 1,
        starts: 1,
        seed: 1,
        draws: 0,
        out: folder.path(),
        rates: &today.kernels,
    };
    let campaign = campaign::run(&grid.cells, &settings, &Stop::new(), &mut Nobody).unwrap();
    // Every pool was asked for the same steps, however fast the machine then was.
    let rate = today.kernels.iter().find(|rate| rate.kernel == "python").unwrap();
    for run in campaign.results.iter().flat_map(|result| &result.runs) {
        let steps: Vec<f64> = run.measured.kernels.iter().map(|(_, step)| *step).collect();
        assert_eq!(steps, [rate.step_ns], "{run:?}");
    }
    let build = &interpreter.build;
    let version = PythonVersion { minor: build.minor, free_threaded: build.free_threaded };
    let decisions = Decisions::of(&[grid], &campaign, &host, &today, version, &()).unwrap();
    // A machine that works for others may leave nothing to judge by.
    let [decided] = &decisions.decided[..] else {
        assert_eq!(decisions.judgement, Judgement::TooNoisy);
        return;
    };
    let slowest = decided.ran.iter().find(|ran| ran.cell == "naps-tpe-1");
    if let Some(slowest) = slowest {
        assert!(slowest.regret.point > 0.4, "{decided:?}");
    }
    assert!(decided.regret(PLANNER).is_some_and(|regret| regret < 0.4), "{decided:?}");
}
