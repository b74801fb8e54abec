//! Chunks and micro-batches: what a bundle of requests does to makespan and
//! latency.

use sim::experiment::{Outcome, Record, Scenario, simulate};
use sim::host::Host;
use sim::kernel::SimDuration;
use sim::pool::{Bundling, PoolConfig, PoolKind, Profile};
use sim::workload::{Arrivals, Distribution, Segment, SegmentKind, TraceRow, Workload};

use crate::lab::{History, ms, only, run};

fn map(requests: u64, workers: u32) -> (Workload, PoolConfig) {
    let segment = Segment::new(SegmentKind::Python, Distribution::Constant(ms(10)));
    let workload = only(Arrivals::Batch { requests }, vec![segment]);
    let profile = Profile::processes(workers);
    let python = workload.runtime.python[0];
    let kind = PoolKind::MultiprocessingPool;
    let pool = PoolConfig::of_kind(kind, &workload, profile, python, workers).unwrap();
    (workload, pool)
}

#[test]
fn equal_requests_in_chunks_have_the_makespan_of_their_rounds() {
    // n requests of 10 ms over w workers with c to a chunk: chunks go out in
    // rounds of w, and the last round lasts as long as its fullest chunk.
    for (n, workers) in [(100, 4), (97, 4), (64, 8), (5, 4), (1_000, 3)] {
        let (workload, pool) = map(n, workers);
        let chunk = n.div_ceil(4 * u64::from(workers));
        assert_eq!(pool.bundling.map_or(1, |b| u64::from(b.size)), chunk);
        let chunks = n.div_ceil(chunk);
        let full_rounds = (chunks - 1) / u64::from(workers);
        let in_last_round = chunks - full_rounds * u64::from(workers);
        let last = n - (chunks - 1) * chunk;
        let longest = if in_last_round > 1 { chunk } else { last };
        let expected = (full_rounds * chunk + longest) as f64 * 0.010;
        let outcome = run(&workload, &Host::ideal(workers), &pool);
        assert!((outcome.makespan - expected).abs() < 1e-6, "{n}/{workers}: {}", outcome.makespan);
        assert_eq!(outcome.counts.completed, n);
    }
}

#[test]
fn one_straggler_holds_its_whole_chunk_back() {
    // 32 requests of 1 ms, the last of the first chunk 100 ms: nobody takes the
    // others of a chunk over, and their results come with the straggler's.
    let (mut workload, pool) = map(32, 2);
    let row = |i: u64| TraceRow {
        segments: vec![if i == 3 { ms(100) } else { ms(1) }],
        ..TraceRow::default()
    };
    workload.arrivals = Arrivals::Replay { rows: (0..32).map(row).collect() };
    let mut history = History::default();
    let outcome = replay(&workload, &pool, &mut history);
    let done = |i: u64| history.0.iter().find(|r| r.request == i).unwrap().finished.as_secs();
    for i in 0..4 {
        assert!((done(i) - 0.103).abs() < 1e-6, "{i}: {}", done(i));
    }
    // The other worker does the other seven chunks of four meanwhile.
    assert!((done(31) - 0.028).abs() < 1e-6, "{}", done(31));
    let single = PoolConfig { bundling: None, ..pool };
    assert!(replay(&workload, &single, &mut History::default()).makespan < outcome.makespan);
}

fn replay(workload: &Workload, pool: &PoolConfig, history: &mut History) -> Outcome {
    let host = Host::ideal(4);
    simulate(&Scenario::new(workload, &host, pool, 1_000, 1), 0, history).unwrap()
}

/// 2 ms of sleep each, at `rate`, in micro-batches of at most 64 or 5 ms.
fn micro_batches(rate: f64) -> (Vec<Record>, Outcome) {
    let segment = Segment::new(SegmentKind::Wait, Distribution::Constant(ms(2)));
    let workload = only(Arrivals::Deterministic { rate }, vec![segment]);
    let mut pool = PoolConfig::new(&workload, Profile::processes(4), workload.runtime.python[0]);
    pool.bundling = Some(Bundling { size: 64, wait: ms(5), settle_together: false });
    let mut history = History::default();
    let outcome = replay(&workload, &pool, &mut history);
    (history.0, outcome)
}

#[test]
fn at_low_load_a_micro_batch_waits_for_its_limit() {
    // One request at a time: nothing fills the batch, so 5 ms pass, then 2 ms.
    let (records, outcome) = micro_batches(10.0);
    for record in &records {
        let sojourn = record.finished.since(record.scheduled);
        assert_eq!(sojourn, ms(7), "{record:?}");
    }
    assert!((outcome.all.mean_wait - 0.005).abs() < 1e-9);
}

#[test]
fn a_micro_batch_is_serial_in_one_worker() {
    // Five in 5 ms at 1000/s: one worker runs them one after another.
    let (records, _) = micro_batches(1_000.0);
    let mut of_worker: Vec<Vec<&Record>> = vec![Vec::new(); 4];
    for record in &records {
        of_worker[record.worker.unwrap() as usize].push(record);
    }
    for records in of_worker {
        let mut spans: Vec<(u64, u64)> =
            records.iter().map(|r| (r.started.unwrap().0, r.finished.0)).collect();
        spans.sort_unstable();
        assert!(spans.windows(2).all(|w| w[0].1 <= w[1].0), "two at once in one worker");
    }
    // The last of five begins when four have been served.
    let longest = records.iter().map(|r| r.finished.since(r.scheduled)).max().unwrap();
    assert!(longest >= SimDuration(5 * 2_000_000), "{longest:?}");
}
