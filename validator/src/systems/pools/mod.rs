//! python-pool-performance (2016): five pools, two jobs, growing numbers of jobs.
//!
//! The document's tables are lines over the number of jobs, and so is what is
//! compared: time per job, and time of a pool without any. Nothing is fitted to a
//! pool: the job's time is measured without one.

mod model;

use serde::Deserialize;
use serde_json::json;
use sim::pool::PoolKind;

use super::measured::Claim;
use super::{
    Figure, Fitted, Kept, Model, Pace, Readings, Run, Setting, Sources, System, SystemError, Unit,
    Variant,
};
use crate::environments::Purpose;
use model::Fit;

const SOURCES: Sources = &[
    ("pools_runner.py", include_str!("../../../python/systems/pools_runner.py")),
    ("records.py", super::RECORDS),
];

/// Threads or greenlets, as in the document.
const THREADS: u32 = 50;
const POOLS: [PoolKind; 5] = [
    PoolKind::MultiprocessingPool,
    PoolKind::MultiprocessingThreadPool,
    PoolKind::ThreadPoolExecutor,
    PoolKind::GeventPool,
    PoolKind::EventletGreenPool,
];
const QUICK: [PoolKind; 2] = [PoolKind::MultiprocessingThreadPool, PoolKind::ThreadPoolExecutor];

/// What is done for one result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Three nested square roots.
    Compute,
    /// A GET from a local server.
    Network,
}

impl Job {
    fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Network => "network",
        }
    }

    /// Numbers of jobs.
    fn counts(self) -> [u64; 4] {
        match self {
            Self::Compute => [1000, 5000, 10_000, 20_000],
            Self::Network => [50, 100, 200, 300],
        }
    }

    /// Calls without a pool.
    fn calls(self) -> u64 {
        match self {
            Self::Compute => 100_000,
            Self::Network => 100,
        }
    }
}

/// The five pools.
#[derive(Clone, Copy, Debug)]
pub struct FivePools {
    processes: u32,
}

impl FivePools {
    /// On a host with so many hardware threads: 2n + 1 processes.
    pub fn on(logical_cpus: u32) -> Self {
        Self { processes: 2 * logical_cpus + 1 }
    }

    fn cases(self) -> impl Iterator<Item = (String, Job, PoolKind)> {
        [Job::Compute, Job::Network].into_iter().flat_map(|job| {
            POOLS.map(|pool| (format!("{}-{}", job.name(), pool.name()), job, pool))
        })
    }
}

/// A number of jobs, times in ns.
#[derive(Debug, Deserialize)]
struct Point {
    jobs: u64,
    elapsed_ns: u64,
    blocks: i64,
}

#[derive(Debug, Deserialize)]
struct Alone {
    call_ns: f64,
}

#[derive(Debug, Deserialize)]
struct Server {
    pid: i32,
}

impl System for FivePools {
    fn name(&self) -> &'static str {
        "pools"
    }

    fn purpose(&self) -> Purpose {
        Purpose::FivePools
    }

    fn document(&self) -> &'static str {
        "python-pools-analysis"
    }

    fn claims(&self) -> Vec<Claim> {
        // The document prints no time without its number of jobs.
        Vec::new()
    }

    fn sources(&self) -> Sources {
        SOURCES
    }

    fn oldest_python(&self) -> u8 {
        9
    }

    fn scaling(&self) -> String {
        "the numbers of jobs are not published; up to 20000 computations and 300 GETs".to_owned()
    }

    fn variants(&self) -> Vec<Variant> {
        let variant = |(name, job, pool): (String, Job, PoolKind)| Variant {
            spec: json!({
                "pool": pool.name(),
                "job": job.name(),
                "threads": THREADS,
                "processes": self.processes,
                "calls": job.calls(),
                "counts": job.counts(),
            }),
            fitted: false,
            quick: QUICK.contains(&pool),
            name,
        };
        self.cases().map(variant).collect()
    }

    fn read(&self, variant: &Variant, run: &Run) -> Result<Readings, SystemError> {
        let points: Vec<Point> = run.records("point")?;
        let times: Vec<(f64, f64)> =
            points.iter().map(|it| (it.jobs as f64, it.elapsed_ns as f64 * 1e-9)).collect();
        let (Some((intercept, slope)), Some(last)) = (line(&times), points.last()) else {
            let reason = "fewer than two numbers of jobs".to_owned();
            return Err(SystemError::Records { variant: variant.name.clone(), reason });
        };
        let servers: Vec<Server> = run.records("server")?;
        let alone: Vec<Alone> = run.records("alone")?;
        let (begin, end) = (run.instant("begin")?, run.instant("end")?);
        let is_server = |pid: i32| servers.iter().any(|server| server.pid == pid);
        let during = run.samples.iter().filter(|sample| (begin..=end).contains(&sample.at));
        let pss = during.map(|sample| -> u64 {
            sample.processes.iter().filter(|it| !is_server(it.pid)).map(|it| it.pss).sum()
        });
        let mut readings = Readings::from([
            (Figure::PerJob, slope),
            (Figure::Intercept, intercept),
            (Figure::Blocks, last.blocks as f64),
        ]);
        readings.extend(pss.max().map(|pss| (Figure::PeakPss, pss as f64)));
        readings.extend(alone.first().map(|it| (Figure::Alone, it.call_ns * 1e-9)));
        Ok(readings)
    }

    fn fit<'a>(
        &self,
        setting: &Setting<'a>,
        runs: &[Kept],
    ) -> Result<Box<dyn Model + 'a>, SystemError> {
        Ok(Box::new(Fit::of(*setting, *self, runs)?))
    }
}

/// Intercept and slope by least squares; `None` of fewer than two places.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let spread: f64 = points.iter().map(|it| (it.0 - x).powi(2)).sum();
    let together: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
    (spread > 0.0).then(|| (y - together / spread * x, together / spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found() {
        let (intercept, slope) = line(&[(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]).unwrap();
        assert!((intercept - 3.0).abs() < 1e-12 && (slope - 2.0).abs() < 1e-12);
        assert_eq!(line(&[(1.0, 5.0)]), None);
    }

    #[test]
    fn ten_variants_on_two_cores_with_five_processes() {
        let variants = FivePools::on(2).variants();
        assert_eq!(variants.len(), 10);
        assert!(variants.iter().all(|variant| variant.spec["processes"] == 5));
    }
}
