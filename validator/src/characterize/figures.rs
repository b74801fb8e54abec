//! From raw observations to figures with intervals.

use serde::Serialize;

use super::answer::{Alone, AloneBlock, Memory};
use crate::lock_probe::Spread;

/// Growth below this many bytes over all calls is no leak: a page here and there
/// comes and goes.
const LEAST_LEAK: f64 = 65_536.0;

/// Times of one call with nothing else in the process, in s, over blocks.
#[derive(Clone, Debug, Serialize)]
pub struct Times {
    /// Elapsed.
    pub elapsed: Spread,
    /// CPU time of the calling thread.
    pub own_cpu: Spread,
    /// CPU time of other threads of the process.
    pub other_cpu: Spread,
    /// CPU time of processes that it started and that ended.
    pub children_cpu: Spread,
    /// Neither on a core nor ready to be.
    pub wait: Spread,
    /// Elapsed time of single calls; of batches where they are short.
    pub calls: Quantiles,
    /// Standard deviation over mean of the elapsed less the CPU time of single
    /// calls.
    pub wait_cv: f64,
    /// Standard deviation over mean of the CPU time of single calls.
    pub cpu_cv: f64,
    /// The same of a piece of bytecode beside each: the machine's own.
    pub machine_cv: f64,
    /// Calls made.
    pub count: u64,
    /// Calls that were timed at once.
    pub batch: u64,
    /// Share of the calls that raised.
    pub failed: f64,
    /// What the last of them raised.
    pub reason: Option<String>,
    /// Threads of the process.
    pub threads: u32,
    /// Is there an interpreter lock?
    pub locked: bool,
}

/// Quantiles of single calls, in s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Median.
    pub p50: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// 99 % quantile.
    pub p99: f64,
}

/// `None` if nothing was measured.
pub(crate) fn times(alone: &Alone) -> Option<Times> {
    let per_call = |value: &dyn Fn(&AloneBlock) -> u64| {
        let of = |b: &AloneBlock| value(b) as f64 / b.calls.max(1) as f64 * 1e-9;
        Spread::of(&alone.blocks.iter().map(of).collect::<Vec<_>>())
    };
    let batch = alone.batch.max(1) as f64;
    let single = |value: &dyn Fn(&(u64, u64, u64)) -> u64| -> Vec<f64> {
        alone.calls.iter().map(|call| value(call) as f64 / batch * 1e-9).collect()
    };
    let (elapsed, cpu) = (single(&|call| call.0), single(&|call| call.1));
    let waits = single(&|call| call.0.saturating_sub(call.1));
    let count: u64 = alone.blocks.iter().map(|block| block.calls).sum();
    Some(Times {
        elapsed: per_call(&|b| b.elapsed)?,
        own_cpu: per_call(&|b| b.own_cpu)?,
        other_cpu: per_call(&|b| b.process_cpu.saturating_sub(b.own_cpu))?,
        children_cpu: per_call(&|b| b.children_cpu)?,
        wait: per_call(&|b| b.elapsed.saturating_sub(b.own_cpu + b.core_wait))?,
        calls: quantiles(&elapsed)?,
        wait_cv: variation(&waits),
        cpu_cv: variation(&cpu),
        machine_cv: variation(&single(&|call| call.2)),
        count,
        batch: alone.batch,
        failed: alone.failed as f64 / count.max(1) as f64,
        reason: alone.reason.clone(),
        threads: alone.threads,
        locked: alone.locked,
    })
}

fn quantiles(values: &[f64]) -> Option<Quantiles> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = |share: f64| sorted[(share * last as f64).round() as usize];
    Some(Quantiles { p50: at(0.5), p95: at(0.95), p99: at(0.99) })
}

/// Standard deviation over mean, without the highest percent: a stall of the
/// machine is none of the callable's.
fn variation(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.truncate(sorted.len() - sorted.len() / 100);
    let count = sorted.len().max(1) as f64;
    let mean = sorted.iter().sum::<f64>() / count;
    let squares = sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    if mean > 0.0 { (squares / count).sqrt() / mean } else { 0.0 }
}

/// Memory of calls, in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryUse {
    /// Highest while a call runs, above what was there before.
    pub working_set: Spread,
    /// Share of that which the allocator keeps afterwards.
    pub kept: f64,
    /// Lost per call.
    pub leak: Leak,
}

/// Memory lost per call, in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Leak {
    /// Slope of private memory over calls.
    pub per_call: Spread,
    /// Calls that it was watched for.
    pub calls: u64,
    /// Is it certain to be above nothing?
    pub certain: bool,
}

/// `None` if nothing was measured.
pub(crate) fn memory_use(memory: &Memory) -> Option<MemoryUse> {
    let of = |value: &dyn Fn(&super::answer::Held) -> f64| {
        Spread::of(&memory.held.iter().map(value).collect::<Vec<_>>())
    };
    let working_set = of(&|held| held.peak.max(0) as f64)?;
    let left = of(&|held| held.left.max(0) as f64)?;
    let kept = if working_set.point > 0.0 { left.point / working_set.point } else { 0.0 };
    Some(MemoryUse { working_set, kept: kept.clamp(0.0, 1.0), leak: leak(&memory.checkpoints)? })
}

/// Slopes between points half a series apart (Theil's incomplete method), which a
/// single jump does not move; the first points are warm-up.
fn leak(points: &[(u64, u64)]) -> Option<Leak> {
    let points = &points[points.len() / 4..];
    let half = points.len() / 2;
    let slope = |(early, late): (&(u64, u64), &(u64, u64))| {
        (late.1 as f64 - early.1 as f64) / (late.0 as f64 - early.0 as f64).max(1.0)
    };
    let slopes: Vec<f64> = points.iter().zip(points.get(half..)?).map(slope).collect();
    let per_call = Spread::of(&slopes)?;
    let calls = points.last()?.0 - points.first()?.0;
    let certain = per_call.low > 0.0 && per_call.point * calls as f64 > LEAST_LEAK;
    Some(Leak { per_call, calls, certain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_growth_is_a_leak_and_a_single_jump_is_none() {
        let steady: Vec<(u64, u64)> = (1..24).map(|n| (10 * n, 50_000_000 + n * 110_000)).collect();
        let found = leak(&steady).unwrap();
        assert!(found.certain && (found.per_call.point - 11_000.0).abs() < 1.0, "{found:?}");
        let jump = |n: u64| (10 * n, if n < 20 { 50_000_000 } else { 60_000_000 });
        assert!(!leak(&(1..24).map(jump).collect::<Vec<_>>()).unwrap().certain);
        let page = |n: u64| (10 * n, 50_000_000 + (n / 8) * 4096);
        assert!(!leak(&(1..24).map(page).collect::<Vec<_>>()).unwrap().certain);
    }

    #[test]
    fn a_stall_does_not_make_a_callable_vary() {
        let mut steady = vec![1.0; 200];
        steady.push(50.0);
        assert!(variation(&steady) < 1e-9);
        assert!(variation(&[1.0, 3.0]) > 0.4);
        assert_eq!(variation(&[]), 0.0);
    }
}
