//! Recycling: what it costs, who is down together, and what it bounds.

use sim::closed_form::Lives;
use sim::experiment::{Outcome, RestartCause, Scenario, replicate, simulate};
use sim::host::{Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::{Dispatcher, Lifecycle, PoolConfig, Profile, StartMethod};
use sim::recycling::{Drift, Leak, Question, Rule, keep_up};
use sim::stats::Estimate;
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Workload};

fn secs(s: f64) -> SimDuration {
    SimDuration::from_secs(s)
}

/// Spawned workers on more cores than they need: an outage is `start.stop` and
/// the imports, to the nanosecond.
struct Lab {
    host: Host,
    workload: Workload,
    pool: PoolConfig,
}

impl Lab {
    fn new(workers: u32, arrivals: Arrivals, outage: f64, lifecycle: Lifecycle) -> Self {
        let millisecond = Distribution::Constant(SimDuration::MILLISECOND);
        let classes =
            vec![RequestClass::new("any", 1.0, vec![Segment::new(SegmentKind::Wait, millisecond)])];
        let mut workload = Workload::new("recycling", arrivals, classes);
        workload.service.dispatcher = Dispatcher::Native;
        workload.runtime.import_time = secs(outage * 0.75);
        let mut host = Host::ideal(256);
        host.start.stop = Parameter::exactly(secs(outage * 0.25));
        let python = workload.runtime.python[0];
        let pool = PoolConfig::new(&workload, Profile::processes(workers), python);
        let pool = PoolConfig { start_method: StartMethod::Spawn, lifecycle, ..pool };
        Self { host, workload, pool }
    }

    fn scenario(&self, requests: u64) -> Scenario<'_> {
        Scenario::new(&self.workload, &self.host, &self.pool, requests, 42)
    }

    fn run(&self, requests: u64) -> Outcome {
        simulate(&self.scenario(requests), 0, &mut ()).unwrap()
    }

    fn replicate(&self, requests: u64, replications: u32) -> Vec<Outcome> {
        replicate(&self.scenario(requests), 0..replications).unwrap()
    }
}

fn ttl(base: f64, jitter: f64) -> Lifecycle {
    Lifecycle { ttl: Some(secs(base)), ttl_jitter: secs(jitter), ..Lifecycle::default() }
}

fn poisson(rate: f64) -> Arrivals {
    Arrivals::Poisson { rate }
}

/// Share of time with `k` or more down, 99.9 % interval.
fn down_at_least(outcomes: &[Outcome], k: usize) -> Estimate {
    let shares: Vec<f64> = outcomes.iter().map(|o| o.workers.down_at_least(k)).collect();
    Estimate::from_samples_at(0.999, &shares)
}

#[test]
fn a_restart_every_30_s_that_takes_5_to_10_s_costs_14_to_25_percent() {
    for (outage, published) in [(5.0, 0.14), (10.0, 0.25)] {
        let outcome = Lab::new(8, poisson(2.0), outage, ttl(30.0, 0.0)).run(20_000);
        let lost = Lives::new(8, 30.0, 0.0, outage).unwrap().down();
        let workers = &outcome.workers;
        for share in [workers.capacity_lost, workers.restarting_share] {
            assert!((share / lost - 1.0).abs() < 0.01, "{share} {lost}");
        }
        assert!((workers.capacity_lost - published).abs() < 0.005, "{workers:?}");
        assert!((workers.mean_outage - outage).abs() < 0.01, "{workers:?}");
    }
}

#[test]
fn one_ttl_for_a_hundred_workers_expires_together() {
    let outcome = Lab::new(100, poisson(20.0), 5.0, ttl(60.0, 0.0)).run(20_000);
    let workers = &outcome.workers;
    let cycles = workers.observed / 65.0;
    let expired = workers.restarts[RestartCause::Ttl as usize];
    assert_eq!(expired, workers.total_restarts());
    assert!((expired as f64 / 100.0 - cycles).abs() <= 1.0, "{expired} in {cycles} cycles");
    assert_eq!(workers.worst_capacity_lost, 1.0);
    // All hundred or none, but for a request that one has to finish first.
    let all = workers.down_at_least(100);
    assert!((all - 5.0 / 65.0).abs() < 0.005, "{all}");
    assert!(workers.down_at_least(1) - all < 1e-3, "{workers:?}");
    // As many requests as come in 5 s of 65 wait.
    let delayed = workers.requests_delayed as f64 / 20_000.0;
    assert!((delayed - 5.0 / 65.0).abs() < 0.015, "{delayed}");
}

#[test]
fn with_jitter_the_number_down_is_binomial_in_the_long_run() {
    let lives = Lives::new(8, 20.0, 20.0, 5.0).unwrap();
    let outcomes = Lab::new(8, poisson(1.0), 5.0, ttl(20.0, 20.0)).replicate(20_000, 20);
    for k in 1..=4 {
        let (expected, simulated) = (lives.down_at_least(k), down_at_least(&outcomes, k as usize));
        assert!(simulated.contains(expected), "{k}: {expected} {simulated:?}");
        assert!(simulated.relative_half_width() < 0.15, "{k}: {simulated:?}");
    }
}

#[test]
fn the_first_generations_are_those_of_the_renewal_equation() {
    // Deterministic arrivals end every replication at the same time, within
    // the first generation, then within the second.
    let lives = Lives::new(8, 40.0, 15.0, 5.0).unwrap();
    for requests in [550, 1_000] {
        let arrivals = Arrivals::Deterministic { rate: 10.0 };
        let outcomes = Lab::new(8, arrivals, 5.0, ttl(40.0, 15.0)).replicate(requests, 300);
        let observed = outcomes[0].workers.observed;
        let drift = Drift::new(&lives, observed);
        for k in [1, 3, 5] {
            let expected = drift.share_at_least(k, 0.0, observed);
            let simulated = down_at_least(&outcomes, k as usize);
            assert!(simulated.contains(expected), "{requests} {k}: {expected} {simulated:?}");
            // Worse than what a steady state would have in that time.
            assert!(k < 5 || simulated.low > lives.down_at_least(k), "{simulated:?}");
        }
    }
}

#[test]
fn the_jitter_that_was_asked_for_keeps_the_workers_up() {
    let rule = Rule::MaxRequests { base: 200, rate: 2.0, cv: 1.0 };
    let (outage, leak) = (secs(5.0), Leak::default());
    let question = Question { workers: 8, up: 6, probability: 0.99, rule, outage, leak, seed: 1 };
    let answer = keep_up(&question).unwrap();
    // Eight workers take 16 requests/s in turn; five generations.
    let short = |lifecycle| {
        let outcomes = Lab::new(8, poisson(16.0), 5.0, lifecycle).replicate(9_000, 40);
        down_at_least(&outcomes, 3)
    };
    let kept = short(answer.lifecycle);
    assert!(kept.high <= 0.01, "{kept:?}");
    let broken = short(Lifecycle { max_requests_jitter: 0, ..answer.lifecycle });
    assert!(broken.low > 0.02, "{broken:?}");
}

#[test]
fn max_requests_bounds_a_leak_at_its_sawtooth() {
    let lifecycle = Lifecycle { max_requests: Some(500), ..Lifecycle::default() };
    let mut lab = Lab::new(4, poisson(40.0), 1.0, lifecycle);
    lab.workload.classes[0].leak_bytes = 1_000_000;
    lab.host.memory.interpreter = Parameter::exactly(10_000_000);
    let bounded = lab.run(20_000);
    assert_eq!(bounded.memory.worst_worker_rss, 10_000_000 + 500 * 1_000_000);
    assert!(bounded.memory.peak_pss <= 4 * 510_000_000);
    lab.pool.lifecycle = Lifecycle::default();
    let endless = lab.run(20_000);
    let leaked = endless.counts.completed * 1_000_000;
    assert!(endless.memory.peak_pss >= 40_000_000 + leaked, "{:?}", endless.memory);
}

#[test]
fn a_ttl_bounds_a_leak_over_time_at_its_sawtooth() {
    let mut lab = Lab::new(50, poisson(5.0), 2.0, ttl(60.0, 60.0));
    lab.workload.runtime.leak_per_hour = 3_600_000_000;
    let memory = lab.run(20_000).memory;
    let lives = Lives::new(50, 60.0, 60.0, 2.0).unwrap();
    let sawtooth = lives.sawtooth(1e6);
    // The longest of many lives is close to the longest possible. A worker leaks
    // on for the half second that it stops, and a millisecond of its last request.
    let longest = sawtooth.most + 0.501e6;
    let worst = memory.worst_worker_rss as f64 / longest;
    assert!((0.99..=1.0).contains(&worst), "{worst}");
    let mean = 50.0 * (1.0 - lives.down()) * sawtooth.mean;
    let median = memory.pss_quantiles[0] as f64;
    assert!((median / mean - 1.0).abs() < 0.03, "{median} {mean}");
    assert!(memory.peak_pss as f64 <= 50.0 * longest);
}
