//! tadween-core 0.1.0b3: three linked stages, and the memory of results.
//!
//! Parameters are fitted on one thread, one process and two, for bytecode and
//! for NumPy, and on the memory of one process; everything else is predicted.

mod fit;
mod model;
mod variants;

use serde::Deserialize;

use super::measured::Claim;
use super::{
    Figure, Fitted, Kept, Model, Pace, Readings, Run, Setting, Sources, System, SystemError, Unit,
    Variant,
};
use crate::environments::Purpose;
use fit::Fit;
use variants::Size;

const SOURCES: Sources = &[
    ("tadween_runner.py", include_str!("../../../python/systems/tadween_runner.py")),
    ("records.py", super::RECORDS),
];

/// The pipeline of tadween-core.
#[derive(Clone, Copy, Debug)]
pub struct Tadween {
    size: Size,
}

impl Tadween {
    /// Scaled to a host with so much memory, in bytes.
    pub fn for_memory(bytes: u64) -> Self {
        Self { size: Size::for_memory(bytes) }
    }
}

/// One task of one stage, instants in ns.
#[derive(Debug, Deserialize)]
struct Task {
    stage: String,
    started: u64,
    finished: u64,
    ok: bool,
}

/// CPU time of one transfer, in ns.
#[derive(Debug, Deserialize)]
struct Transfer {
    at: u64,
    cpu_ns: u64,
}

impl System for Tadween {
    fn name(&self) -> &'static str {
        "tadween"
    }

    fn purpose(&self) -> Purpose {
        Purpose::Tadween
    }

    fn document(&self) -> &'static str {
        "tadween-benchmarks"
    }

    fn claims(&self) -> Vec<Claim> {
        variants::claims()
    }

    fn sources(&self) -> Sources {
        SOURCES
    }

    fn oldest_python(&self) -> u8 {
        11
    }

    fn scaling(&self) -> String {
        self.size.scaling()
    }

    fn variants(&self) -> Vec<Variant> {
        variants::all(self.size)
    }

    fn read(&self, variant: &Variant, run: &Run) -> Result<Readings, SystemError> {
        let tasks: Vec<Task> = run.records("stage")?;
        if let Some(task) = tasks.iter().find(|task| !task.ok) {
            let reason = format!("a task of `{}` failed", task.stage);
            return Err(SystemError::Records { variant: variant.name.clone(), reason });
        }
        let (begin, end) = (run.instant("begin")?, run.instant("end")?);
        let last = tasks.iter().filter(|task| is_last(&task.stage));
        let mut readings = Readings::from([(
            Figure::Throughput,
            last.count() as f64 / seconds(end.saturating_sub(begin)),
        )]);
        // Results are looked at a while; a pipeline's processes end at once.
        let heavy = variant.spec["benchmark"] == "memory";
        let until = if heavy { end + variants::AFTER_NS } else { end };
        readings.extend(run.peak_pss(begin, until).map(|pss| (Figure::PeakPss, pss)));
        for (stage, figure) in STAGES {
            let times = tasks.iter().filter(|task| task.stage == stage).map(time);
            readings.extend(mean(times).map(|mean| (figure, mean)));
        }
        readings.extend(first_wave(&tasks, &run.records("transfer")?));
        Ok(readings)
    }

    fn fit<'a>(
        &self,
        setting: &Setting<'a>,
        runs: &[Kept],
    ) -> Result<Box<dyn Model + 'a>, SystemError> {
        Ok(Box::new(Fit::of(*setting, self.size, runs)?))
    }
}

/// The stages whose times are compared.
const STAGES: [(&str, Figure); 3] =
    [("download", Figure::Download), ("compute", Figure::Compute), ("upload", Figure::Upload)];

fn is_last(stage: &str) -> bool {
    stage == "upload" || stage == "payload"
}

fn time(task: &Task) -> f64 {
    seconds(task.finished.saturating_sub(task.started))
}

fn seconds(ns: u64) -> f64 {
    ns as f64 * 1e-9
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Of the downloads that began before anything was computed.
fn first_wave(tasks: &[Task], transfers: &[Transfer]) -> Readings {
    let computing = tasks.iter().filter(|task| task.stage == "compute").map(|task| task.started);
    let Some(computing) = computing.min() else { return Readings::new() };
    let first = tasks.iter().filter(|task| task.stage == "download" && task.finished <= computing);
    let began = tasks.iter().filter(|task| task.stage == "download").map(|task| task.started).min();
    // The first five begin together; whoever comes later may meet a computation.
    let together = began.map_or(0, |began| began + variants::TOGETHER_NS);
    let cpu = transfers.iter().filter(|it| it.at < together).map(|it| seconds(it.cpu_ns));
    let time = mean(first.map(time)).map(|mean| (Figure::FirstWave, mean));
    time.into_iter().chain(mean(cpu).map(|mean| (Figure::TransferCpu, mean))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(stage: &str, started: u64, finished: u64) -> Task {
        let ms = 1_000_000;
        Task { stage: stage.to_owned(), started: started * ms, finished: finished * ms, ok: true }
    }

    #[test]
    fn the_first_wave_ends_where_computing_begins() {
        let tasks = [
            task("download", 0, 950),
            task("download", 1, 981),
            task("download", 951, 3000),
            task("compute", 982, 1300),
        ];
        let transfer = |at_ms: u64, cpu_ms: u64| Transfer {
            at: at_ms * 1_000_000,
            cpu_ns: cpu_ms * 1_000_000,
        };
        let wave = first_wave(&tasks, &[transfer(0, 80), transfer(1, 90), transfer(951, 200)]);
        assert!((wave[&Figure::FirstWave] - 0.965).abs() < 1e-9, "{wave:?}");
        assert!((wave[&Figure::TransferCpu] - 0.085).abs() < 1e-9, "{wave:?}");
        assert!(first_wave(&tasks[..2], &[]).is_empty());
    }
}
