//! The five pools as the simulator sees them.

use std::collections::BTreeMap;

use sim::experiment::{Observer, Scenario, SimError, Snapshot, Start, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{PoolConfig, PoolKind, Profile, StartMethod};
use sim::workload::{
    Arrivals, Distribution, RequestClass, Retention, Segment, SegmentKind, Workload,
};

use super::{
    Figure, Fitted, FivePools, Job, Kept, Model, Pace, Readings, Setting, SystemError, THREADS,
    Unit, Variant, line,
};
use crate::lock_probe::Spread;

/// Wait for the local server within a GET, in s: connection and answer, which
/// take the server's core and not the client's. Assumed.
const SERVER: f64 = 600e-6;
/// A float or a status each way, in bytes.
const PAYLOAD: u64 = 32;
const LOOK: SimDuration = SimDuration(50_000_000);

/// Time of the jobs without a pool, at full speed, in s.
#[derive(Debug)]
pub(super) struct Fit<'a> {
    setting: Setting<'a>,
    cases: BTreeMap<String, (Job, PoolKind)>,
    processes: u32,
    compute: f64,
    network: f64,
}

impl<'a> Fit<'a> {
    pub(super) fn of(
        setting: Setting<'a>,
        pools: FivePools,
        runs: &[Kept],
    ) -> Result<Self, SystemError> {
        let alone = |job: Job| {
            let own = runs.iter().filter(|run| run.variant.starts_with(job.name()));
            let times: Vec<f64> = own
                .filter_map(|run| {
                    let pace = Pace::of(run, runs).bytecode;
                    run.readings.get(&Figure::Alone).map(|time| time / pace)
                })
                .collect();
            Spread::of(&times).map(|spread| spread.point).ok_or_else(|| SystemError::NoFit {
                system: "pools",
                reason: format!("no {} job ran without a pool", job.name()),
            })
        };
        Ok(Self {
            setting,
            cases: pools.cases().map(|(name, job, pool)| (name, (job, pool))).collect(),
            processes: pools.processes,
            compute: alone(Job::Compute)?,
            network: alone(Job::Network)?,
        })
    }

    /// `count` jobs at once on a new pool: time until the last result, in s, and
    /// the highest PSS, in bytes.
    fn point(
        &self,
        job: Job,
        kind: PoolKind,
        count: u64,
        (run, pace, seed): (&Kept, Pace, u64),
    ) -> Result<(f64, f64), SimError> {
        let host = self.host(pace);
        let workload = self.workload(job, count, run, pace);
        let profile = match kind {
            PoolKind::MultiprocessingPool => Profile::processes(self.processes),
            PoolKind::GeventPool | PoolKind::EventletGreenPool => Profile::event_loops(1, THREADS),
            _ => Profile::threads(1, THREADS),
        };
        let python = self.setting.python;
        let mut pool = PoolConfig::of_kind(kind, &workload, profile, python, host.logical_cpus())
            .map_err(SimError::Impossible)?;
        pool.start_method = StartMethod::Spawn;
        let mut scenario = Scenario::new(&workload, &host, &pool, count, seed);
        if kind == PoolKind::MultiprocessingPool {
            scenario.start = Start::Cold;
        }
        let mut peak = Peak(0);
        let outcome = simulate(&scenario, 0, &mut peak)?;
        // The model's cold start begins before its parent has booted.
        let boot = host.start.interpreter.value + workload.runtime.import_time;
        let cold = scenario.start == Start::Cold;
        let before = if cold { boot.as_secs() } else { 0.0 };
        Ok((outcome.makespan - before, peak.0 as f64))
    }

    fn host(&self, pace: Pace) -> Host {
        let mut host = self.setting.host.clone();
        let interpreter = host.start.interpreter.value.as_secs() * pace.bytecode;
        host.start.interpreter = Parameter::exactly(SimDuration::from_secs(interpreter));
        host
    }

    fn workload(&self, job: Job, count: u64, run: &Kept, pace: Pace) -> Workload {
        let segment = |kind, seconds: f64| {
            Segment::new(kind, Distribution::Constant(SimDuration::from_secs(seconds)))
        };
        let segments = match job {
            Job::Compute => vec![segment(SegmentKind::Python, self.compute * pace.bytecode)],
            Job::Network => {
                let own = (self.network * pace.bytecode - SERVER).max(0.0);
                vec![
                    segment(SegmentKind::Python, own / 2.0),
                    segment(SegmentKind::Wait, SERVER),
                    segment(SegmentKind::Python, own / 2.0),
                ]
            }
        };
        let mut class = RequestClass::new("job", 1.0, segments);
        (class.request_bytes, class.response_bytes) = (PAYLOAD, PAYLOAD);
        let arrivals = Arrivals::Batch { requests: count };
        let mut workload = Workload::new("five pools", arrivals, vec![class]);
        workload.service.results = Retention::Kept;
        workload.runtime.event_loop = true;
        workload.runtime.python = vec![self.setting.python];
        let host = self.setting.host;
        let application = run.application;
        workload.runtime.import_bytes =
            application.private_bytes.saturating_sub(host.memory.interpreter.value);
        let imports = application.import_cpu_ns.saturating_sub(host.start.interpreter.value.0);
        workload.runtime.import_time = SimDuration(imports);
        workload
    }
}

impl Model for Fit<'_> {
    fn parameters(&self) -> Vec<Fitted> {
        let of = |name, value| Fitted {
            name,
            value,
            unit: Unit::Seconds,
            from: "calls without a pool, at full speed",
        };
        vec![of("three square roots", self.compute), of("a GET", self.network)]
    }

    fn predict(
        &self,
        variant: &Variant,
        run: &Kept,
        pace: Pace,
        seed: u64,
    ) -> Result<Readings, SimError> {
        let Some(&(job, kind)) = self.cases.get(&variant.name) else {
            return Err(SimError::Impossible(format!("no variant `{}`", variant.name)));
        };
        let (mut times, mut highest) = (Vec::new(), 0.0_f64);
        for count in job.counts() {
            let (time, peak) = self.point(job, kind, count, (run, pace, seed))?;
            times.push((count as f64, time));
            highest = highest.max(peak);
        }
        let Some((intercept, slope)) = line(&times) else { return Ok(Readings::new()) };
        Ok(Readings::from([
            (Figure::PerJob, slope),
            (Figure::Intercept, intercept),
            (Figure::PeakPss, highest),
        ]))
    }
}

/// The highest PSS among the looks.
struct Peak(u64);

impl Observer for Peak {
    fn snapshot_every(&self) -> Option<SimDuration> {
        Some(LOOK)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.0 = self.0.max(snapshot.pss);
    }
}
