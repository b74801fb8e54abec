//! One cell's scenario, simulated, as a row of figures.
//!
//! The only file of the sweep that knows what a simulation yields.

use sim::experiment::{
    ClassSummary, CpuModel, Scenario, SimError, Start, Summary, WorkersOutcome, replicate, simulate,
};
use sim::pool::{Deployment, PoolConfig};
use sim::stats::Estimate;
use sim::workload::Workload;
use tables::{Kind, Value};

use super::base::Cell;
use crate::pools::served;

/// How long, how often, from which seed.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Requests per replication.
    pub requests: u64,
    /// Replications per cell.
    pub replications: u32,
    /// The same for every cell, so that cells share their random numbers.
    pub seed: u64,
    pub cpu: CpuModel,
    pub start: Start,
}

/// Figures of the pool: name, unit at the end of the column's name, value.
type PoolFigure = (&'static str, &'static str, fn(&Summary) -> Estimate);
/// Figures of a class of requests.
type ClassFigure = (&'static str, &'static str, fn(&ClassSummary) -> Estimate);

const POOL_FIGURES: &[PoolFigure] = &[
    ("throughput", "_per_s", |s| s.throughput),
    ("arrivals", "_per_s", |s| s.arrival_rate),
    ("growth", "_per_s", |s| s.growth),
    ("makespan", "_s", |s| s.makespan),
    ("in_system", "", |s| s.mean_in_system),
    ("peak_queue", "", |s| s.peak_queue),
    ("cores", "_share", |s| s.cores),
    ("lock", "_share", |s| s.lock),
    ("slots", "_share", |s| s.slots),
    ("dispatcher", "_share", |s| s.dispatcher),
    ("peak_pss", "_bytes", |s| s.peak_pss),
    ("peak_rss", "_bytes", |s| s.peak_rss),
    ("idle_pss", "_bytes", |s| s.idle_pss),
    ("restarts", "", |s| workers(s, |w| w.total_restarts() as f64)),
    ("capacity_lost", "_share", |s| workers(s, |w| w.capacity_lost)),
    ("worst_capacity_lost", "_share", |s| workers(s, |w| w.worst_capacity_lost)),
    ("requests_lost", "", |s| workers(s, |w| w.requests_lost as f64)),
    ("requests_delayed", "", |s| workers(s, |w| w.requests_delayed as f64)),
];

const CLASS_FIGURES: &[ClassFigure] = &[
    ("mean", "_s", |c| c.mean),
    ("wait", "_s", |c| c.mean_wait),
    ("p50", "_s", |c| c.quantiles[0]),
    ("p95", "_s", |c| c.quantiles[1]),
    ("p99", "_s", |c| c.quantiles[2]),
    ("failures", "_share", |c| c.failures),
];

/// What became of the workers, over replications.
fn workers(summary: &Summary, value: fn(&WorkersOutcome) -> f64) -> Estimate {
    let values = summary.outcomes.iter().map(|outcome| value(&outcome.workers));
    Estimate::from_samples(&values.collect::<Vec<f64>>())
}

/// Names and types of the columns that `row` fills.
pub fn columns(workload: &Workload) -> Vec<(String, Kind)> {
    let mut columns: Vec<(String, Kind)> = [
        ("profile", Kind::Text),
        ("pool", Kind::Text),
        ("workers", Kind::Integer),
        ("slots", Kind::Integer),
        ("python", Kind::Text),
        ("start_method", Kind::Text),
        ("blas_threads", Kind::Integer),
        ("choice", Kind::Text),
        ("requests", Kind::Integer),
        ("replications", Kind::Integer),
        ("seed", Kind::Text),
        ("error", Kind::Text),
        ("saturated", Kind::Flag),
        ("over_memory", Kind::Integer),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .to_vec();
    let mut figure = |name: &str, unit: &str, class: &str| {
        for part in ["", "_low", "_high"] {
            columns.push((format!("{name}{part}{unit}{class}"), Kind::Number));
        }
    };
    figure("startup", "_s", "");
    POOL_FIGURES.iter().for_each(|(name, unit, _)| figure(name, unit, ""));
    CLASS_FIGURES.iter().for_each(|(name, unit, _)| figure(name, unit, ""));
    for class in &workload.classes {
        for (name, unit, _) in CLASS_FIGURES {
            figure(name, unit, &format!("_{}", class.name));
        }
    }
    columns
}

/// Simulates `cell`; the values go into the columns of [`columns`]. A cell that
/// cannot be run says why, and has no figures.
pub fn row(cell: Result<Cell<'_>, String>, effort: Effort) -> Vec<Value> {
    let cell = match cell {
        Ok(cell) => cell,
        Err(reason) => {
            let mut row = vec![Value::Missing; 8];
            row.extend(of_effort(effort));
            row.push(Value::Text(reason));
            return row;
        }
    };
    let mut row = of_pool(&cell);
    row.extend(of_effort(effort));
    match figures(&cell, effort) {
        Ok((summary, startup)) => {
            row.push(Value::Missing);
            row.extend(of_summary(&summary, startup));
        }
        Err(error) => row.push(Value::Text(error.to_string())),
    }
    row
}

fn figures(cell: &Cell<'_>, effort: Effort) -> Result<(Summary, f64), SimError> {
    let scenario = Scenario {
        cpu: effort.cpu,
        start: effort.start,
        ..Scenario::of(&cell.workload, &cell.host, &cell.deployment, effort.requests, effort.seed)
    };
    // Without load nothing in a start is random.
    let start = Scenario { start: Start::Cold, requests: 0, ..scenario };
    let startup = simulate(&start, 0, &mut ())?.ready_at.as_secs();
    Ok((Summary::of(replicate(&scenario, 0..effort.replications)?), startup))
}

fn of_pool(cell: &Cell<'_>) -> Vec<Value> {
    let Cell { workload, deployment, .. } = cell;
    let all = |value: &dyn Fn(&PoolConfig) -> String| named(workload, deployment, value);
    let each = |value: &dyn Fn(&PoolConfig) -> String| {
        let first = value(&deployment.pools[0]);
        let is_common = deployment.pools.iter().all(|pool| value(pool) == first);
        Value::Text(if is_common { first } else { all(value) })
    };
    let threads = deployment.pools[0].blas_threads;
    let is_common = deployment.pools.iter().all(|pool| pool.blas_threads == threads);
    vec![
        Value::Text(all(&|pool| pool.profile.to_string())),
        each(&|pool| pool.kind.to_string()),
        Value::Integer(deployment.workers().into()),
        Value::Integer(deployment.slots() as i64),
        each(&|pool| pool.python.to_string()),
        each(&|pool| pool.start_method.name().to_owned()),
        if is_common { Value::Integer(threads.into()) } else { Value::Missing },
        each(&|pool| pool.choice.name().to_owned()),
    ]
}

/// What the one pool has, or each of several with its names, as on the command
/// line: `echo=threads:8,matmul=process:4`.
fn named(
    workload: &Workload,
    deployment: &Deployment,
    value: &dyn Fn(&PoolConfig) -> String,
) -> String {
    if let [only] = &deployment.pools[..] {
        return value(only);
    }
    let each = deployment.pools.iter().enumerate().map(|(index, pool)| {
        let names: Vec<&str> = served(workload, deployment, index).collect();
        format!("{}={}", names.join("+"), value(pool))
    });
    each.collect::<Vec<String>>().join(",")
}

fn of_effort(effort: Effort) -> [Value; 3] {
    [
        Value::Integer(effort.requests as i64),
        Value::Integer(effort.replications.into()),
        // As text: a seed may be larger than any signed integer.
        Value::Text(effort.seed.to_string()),
    ]
}

fn of_summary(summary: &Summary, startup: f64) -> Vec<Value> {
    let mut values =
        vec![Value::Flag(summary.saturated), Value::Integer(summary.over_memory.into())];
    let mut add = |estimate: Estimate| {
        // What is not known, or has no interval, is missing.
        let known = |value: f64| {
            if value.is_finite() { Value::Number(value) } else { Value::Missing }
        };
        values.extend([estimate.point, estimate.low, estimate.high].map(known));
    };
    add(Estimate::exact(startup));
    POOL_FIGURES.iter().for_each(|(.., value)| add(value(summary)));
    for class in std::iter::once(&summary.all).chain(&summary.classes) {
        CLASS_FIGURES.iter().for_each(|(.., value)| add(value(class)));
    }
    values
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use sim::host::Host;
    use sim::kernel::SimDuration;
    use sim::pool::Profile;
    use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind};

    /// 500 requests/s, exponential, on one worker that does 1000/s.
    fn workload() -> Workload {
        let service = Distribution::Exponential { mean: SimDuration(1_000_000) };
        let segments = vec![Segment::new(SegmentKind::Wait, service)];
        let class = RequestClass::new("low", 1.0, segments);
        Workload::new("mm1", Arrivals::Poisson { rate: 500.0 }, vec![class])
    }

    fn effort() -> Effort {
        let (cpu, start) = (CpuModel::default(), Start::default());
        Effort { requests: 20_000, replications: 8, seed: 1, cpu, start }
    }

    #[test]
    fn a_row_holds_the_closed_form_in_its_interval() {
        let (workload, host) = (workload(), Host::ideal(1));
        let pool = PoolConfig::new(&workload, Profile::processes(1), workload.runtime.python[0]);
        let cell = Cell {
            workload: Cow::Borrowed(&workload),
            host: Cow::Borrowed(&host),
            deployment: pool.into(),
        };
        let columns = columns(&workload);
        let row = row(Ok(cell), effort());
        assert_eq!(row.len(), columns.len());
        let number = |name: &str| {
            let at = columns.iter().position(|(column, _)| column == name).unwrap();
            match row[at] {
                Value::Number(value) => value,
                ref other => panic!("{name} is {other:?}"),
            }
        };
        // M/M/1 at half load: twice the service time, one request in the system.
        assert!(number("mean_low_s_low") < 0.002 && 0.002 < number("mean_high_s_low"));
        assert!(number("in_system_low") < 1.0 && 1.0 < number("in_system_high"));
        assert!(number("slots_low_share") < 0.5 && 0.5 < number("slots_high_share"));
    }

    #[test]
    fn no_two_columns_share_a_name_even_with_unlucky_classes() {
        let mut workload = workload();
        let class = &workload.classes[0];
        workload.classes = ["low", "high", "s", "share", "s_low"]
            .map(|name| RequestClass::new(name, 0.2, class.segments.clone()))
            .to_vec();
        let mut names: Vec<String> = columns(&workload).into_iter().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_cell_that_is_no_input_says_why() {
        let row = row(Err("no such thing".to_owned()), effort());
        let at = columns(&workload()).iter().position(|(name, _)| name == "error").unwrap();
        assert_eq!(row[at], Value::Text("no such thing".to_owned()));
    }
}
