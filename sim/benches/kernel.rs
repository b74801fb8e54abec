//! M/M/1 on the kernel's calendar and streams, in customers per second.
//!
//! `cargo bench -p sim --bench kernel`. The baseline is the shortest loop that a
//! Rust programmer would write: the standard library's binary heap and the same
//! random numbers.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand_distr::{Distribution as _, Exp1};
use sim::kernel::{Calendar, Purpose, SimTime, Streams};

const CUSTOMERS: u64 = 1_000_000;
const MEAN_GAP_NS: f64 = 1e9 / 0.9;
const MEAN_SERVICE_NS: f64 = 1e9;

/// Mean sojourn time in service times; the closed form says 10.
fn on_the_calendar() -> f64 {
    const ARRIVAL: u32 = 0;
    const DEPARTURE: u32 = 1;
    let streams = Streams::new("mm1", 1);
    let mut gaps = streams.stream(Purpose::Arrivals, 0);
    let mut services = streams.stream(Purpose::Services, 0);
    let mut draw_gap = || -> u64 {
        let unit: f64 = Exp1.sample(&mut gaps);
        (unit * MEAN_GAP_NS) as u64
    };
    let mut draw_service = || -> u64 {
        let unit: f64 = Exp1.sample(&mut services);
        (unit * MEAN_SERVICE_NS) as u64
    };
    let mut calendar = Calendar::with_slots(2);
    let mut queue: VecDeque<u64> = VecDeque::new();
    let (mut served, mut sojourns) = (0u64, 0u128);
    calendar.schedule(ARRIVAL, SimTime(draw_gap()), 1);
    while let Some((now, slot)) = calendar.pop() {
        if slot == ARRIVAL {
            queue.push_back(now.0);
            if queue.len() == 1 {
                calendar.schedule(DEPARTURE, SimTime(now.0 + draw_service()), 0);
            }
            calendar.schedule(ARRIVAL, SimTime(now.0 + draw_gap()), 1);
        } else if let Some(came) = queue.pop_front() {
            sojourns += u128::from(now.0 - came);
            served += 1;
            if served == CUSTOMERS {
                break;
            }
            if !queue.is_empty() {
                calendar.schedule(DEPARTURE, SimTime(now.0 + draw_service()), 0);
            }
        }
    }
    sojourns as f64 / served as f64 / MEAN_SERVICE_NS
}

/// The same on `std::collections::BinaryHeap`.
fn on_the_binary_heap() -> f64 {
    let streams = Streams::new("mm1", 1);
    let mut gaps = streams.stream(Purpose::Arrivals, 0);
    let mut services = streams.stream(Purpose::Services, 0);
    let mut events: BinaryHeap<Reverse<(u64, u64, bool)>> = BinaryHeap::new();
    let mut sequence = 0;
    let draw = |rng: &mut _, mean: f64| -> u64 {
        let unit: f64 = Exp1.sample(rng);
        (unit * mean) as u64
    };
    let mut queue: VecDeque<u64> = VecDeque::new();
    let (mut served, mut sojourns) = (0u64, 0u128);
    events.push(Reverse((draw(&mut gaps, MEAN_GAP_NS), sequence, true)));
    while let Some(Reverse((now, _, arrival))) = events.pop() {
        sequence += 1;
        if arrival {
            queue.push_back(now);
            if queue.len() == 1 {
                events.push(Reverse((now + draw(&mut services, MEAN_SERVICE_NS), sequence, false)));
            }
            sequence += 1;
            events.push(Reverse((now + draw(&mut gaps, MEAN_GAP_NS), sequence, true)));
        } else if let Some(came) = queue.pop_front() {
            sojourns += u128::from(now - came);
            served += 1;
            if served == CUSTOMERS {
                break;
            }
            if !queue.is_empty() {
                events.push(Reverse((now + draw(&mut services, MEAN_SERVICE_NS), sequence, false)));
            }
        }
    }
    sojourns as f64 / served as f64 / MEAN_SERVICE_NS
}

fn mm1(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mm1");
    group.throughput(Throughput::Elements(CUSTOMERS)).sample_size(20);
    group.bench_function("calendar", |b| b.iter(|| black_box(on_the_calendar())));
    group.bench_function("binary_heap", |b| b.iter(|| black_box(on_the_binary_heap())));
    group.finish();
}

criterion_group!(benches, mm1);
criterion_main!(benches);
