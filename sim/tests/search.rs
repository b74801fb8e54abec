//! The search as a whole: it repeats, it honours what the workload says, it
//! loses no candidate on the way, and it finds what theory says is best.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use sim::experiment::{Scenario, Summary, replicate};
use sim::host::{Host, Parameter, Quota};
use sim::kernel::SimDuration;
use sim::pool::{Concurrency, Dispatcher, PoolConfig, Profile, Split, StartMethod};
use sim::search::{Recommendation, Resource, SearchError, SearchOptions, recommend};
use sim::stats::Verdict;
use sim::workload::{
    Arrivals, Distribution, Goal, LatencyLimit, PythonVersion, Quantile, RequestClass, Segment,
    SegmentKind, Stage, Workload,
};

const MIB: u64 = 1 << 20;

fn millis(n: u64) -> SimDuration {
    SimDuration(n * 1_000_000)
}

fn exponential(kind: SegmentKind, mean: SimDuration) -> Segment {
    Segment::new(kind, Distribution::Exponential { mean })
}

fn one_class(rate: f64, segments: Vec<Segment>) -> Workload {
    let classes = vec![RequestClass::new("request", 1.0, segments)];
    let mut workload = Workload::new("search", Arrivals::Poisson { rate }, classes);
    workload.runtime.import_bytes = 50 * MIB;
    workload
}

/// Bytecode of 10 ms at half the speed of four cores.
fn bytecode() -> Workload {
    one_class(200.0, vec![exponential(SegmentKind::Python, millis(10))])
}

/// Waits of 50 ms between two short stretches of bytecode.
fn waiting() -> Workload {
    let python = || exponential(SegmentKind::Python, SimDuration(200_000));
    one_class(200.0, vec![python(), exponential(SegmentKind::Wait, millis(50)), python()])
}

fn host() -> Host {
    let mut host = Host::ideal(4);
    host.memory_bytes = 4096 * MIB;
    host.memory.interpreter = Parameter::exactly(10 * MIB);
    host.memory.thread = Parameter::exactly(MIB);
    host.memory.cow_plateau = Parameter::exactly(0.5);
    host.memory.cow_requests = Parameter::exactly(100.0);
    host.interpreter.free_threaded_313 = Parameter::exactly(1.2);
    host.interpreter.free_threaded_314 = Parameter::exactly(1.1);
    host
}

fn python(versions: &[&str]) -> Vec<PythonVersion> {
    versions.iter().map(|v| v.parse().unwrap()).collect()
}

fn quick() -> SearchOptions {
    SearchOptions { budget: 300_000, ..SearchOptions::default() }
}

fn answer(workload: &Workload) -> Recommendation {
    recommend(workload, &host(), &quick(), &()).unwrap()
}

fn pools(answer: &Recommendation) -> Vec<PoolConfig> {
    let others = answer.runners_up.iter().map(|r| &r.assessed.deployment);
    std::iter::once(&answer.choice.deployment)
        .chain(others)
        .flat_map(|deployment| deployment.pools.clone())
        .collect()
}

fn is_accounted_for(answer: &Recommendation) -> bool {
    let effort = answer.effort;
    let listed: u32 = answer.excluded.iter().map(|exclusion| exclusion.candidates).sum();
    effort.candidates == effort.excluded + effort.bounded + effort.raced
        && listed == effort.excluded + effort.bounded
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let workload = waiting();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        format!("{:?}", pool.install(|| answer(&workload)))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(3));
}

#[test]
fn bytecode_under_a_lock_needs_processes() {
    let found = answer(&bytecode());
    assert_eq!(found.choice.pool().profile.concurrency, Concurrency::Serial);
    assert!(found.choice.pool().profile.workers >= 3, "{}", found.choice.deployment);
    assert_eq!(found.verdict, Verdict::Met);
    assert!(is_accounted_for(&found), "{:?}", found.effort);
    // 100 requests/s is what one lock allows, 200 are offered.
    let locked = found.excluded.iter().find(|e| e.what == "threads of one process: lock too busy");
    let locked = locked.unwrap();
    assert!(locked.reason.contains("100 requests/s of the 200"), "{}", locked.reason);
}

#[test]
fn without_the_lock_threads_do_with_less_memory() {
    let mut workload = bytecode();
    workload.runtime.python = python(&["3.12", "3.14t"]);
    workload.objective.goal = Some(Goal::Memory);
    let found = answer(&workload);
    assert_eq!(found.choice.pool().python, python(&["3.14t"])[0]);
    assert_eq!(found.choice.pool().profile.workers, 1, "{}", found.choice.deployment);
    assert_eq!(found.choice.bottleneck.resource, Resource::Workers);
}

#[test]
fn waits_go_on_threads_or_an_event_loop_of_one_process() {
    let mut workload = waiting();
    let found = answer(&workload);
    assert_eq!(found.choice.pool().profile.workers, 1, "{}", found.choice.deployment);
    workload.runtime.isolation = true;
    let found = answer(&workload);
    // 200/s for 50.4 ms are ten at once.
    assert!(found.choice.pool().profile.workers > 10, "{}", found.choice.deployment);
}

#[test]
fn limits_decide_before_the_goal() {
    let mut workload = bytecode();
    workload.objective.goal = Some(Goal::Memory);
    let relaxed = answer(&workload);
    let at_most = millis(54);
    workload.objective.latency = vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
    let strict = answer(&workload);
    let p99 = |found: &Recommendation| found.choice.summary.classes[0].quantiles[2].point;
    assert!(p99(&strict) <= 0.054 && p99(&relaxed) > 0.054);
    assert!(strict.choice.summary.peak_pss.point > relaxed.choice.summary.peak_pss.point);
    assert_eq!(strict.choice.margins.len(), 1);
}

#[test]
fn a_batch_fills_the_cores_and_no_more() {
    let mut workload = bytecode();
    workload.arrivals = Arrivals::Batch { requests: 400 };
    let found = answer(&workload);
    assert_eq!(found.goal, Goal::Throughput);
    // 400 requests of 10 ms on four cores.
    let makespan = found.choice.summary.makespan;
    assert!((1.0..1.1).contains(&makespan.point), "{makespan:?}");
    assert!((4..8).contains(&found.choice.pool().profile.workers), "{}", found.choice.deployment);
    assert!(is_accounted_for(&found), "{:?}", found.effort);
}

#[test]
fn an_impossible_load_still_gets_an_answer() {
    let mut workload = bytecode();
    workload.arrivals = Arrivals::Poisson { rate: 1000.0 };
    let found = answer(&workload);
    assert_eq!(found.verdict, Verdict::Missed);
    assert!(found.choice.summary.saturated);
    assert!(found.choice.pool().profile.workers >= 4, "{}", found.choice.deployment);
    assert!(found.warnings.iter().any(|w| w.message.contains("no candidate can keep")));
    assert!(is_accounted_for(&found), "{:?}", found.effort);
}

#[test]
fn if_nothing_is_possible_every_family_says_why() {
    let mut host = host();
    host.memory_bytes = MIB;
    let error = recommend(&waiting(), &host, &quick(), &()).unwrap_err();
    let SearchError::NothingPossible(exclusions) = error else { panic!("{error}") };
    for family in ["processes", "threads of one process", "processes of threads", "event loops"] {
        let said = exclusions.iter().find(|e| e.what == family);
        assert!(said.is_some_and(|e| e.reason.contains("the host has 1 MiB")), "{family}");
    }
}

#[test]
fn a_varying_load_is_sized_for_its_peak() {
    let mut workload = bytecode();
    let at = |secs: u64, rate| (sim::kernel::SimTime(secs * 1_000_000_000), rate);
    let points = vec![at(0, 50.0), at(60, 50.0), at(61, 340.0), at(70, 340.0), at(71, 50.0)];
    workload.arrivals = Arrivals::Varying { points };
    let at_most = millis(200);
    workload.objective.latency = vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
    let found = answer(&workload);
    assert!(found.choice.pool().profile.workers >= 4, "{}", found.choice.deployment);
    assert_eq!(found.verdict, Verdict::Met, "{:?}", found.choice.margins);
}

#[test]
fn rules_of_thumb_are_priced() {
    let mut workload = bytecode();
    workload.arrivals = Arrivals::Poisson { rate: 240.0 };
    let found = answer(&workload);
    let names: Vec<&str> = found.rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(names, ["2n+1", "n", "sqrt", "min(32, n+4)", "decision tree"]);
    // Two processes allow 200 requests/s.
    let sqrt = &found.rules[2];
    assert_eq!(sqrt.verdict, Some(Verdict::Missed), "{sqrt:?}");
    assert!(sqrt.worse_by.is_some_and(|worse| worse.low > 2.0), "{sqrt:?}");
    // The lock lets 100 of 240 requests/s through.
    assert_eq!(found.rules[3].verdict, Some(Verdict::Missed));
    workload.runtime.thread_safe = false;
    let threads = &answer(&workload).rules[3];
    assert_eq!(threads.verdict, None);
    assert!(threads.note.contains("not thread-safe"), "{}", threads.note);
}

#[test]
fn every_figure_has_a_prediction_around_its_simulation() {
    let mut uncertain = host();
    uncertain.dispatch.kernel.worker =
        Parameter { high: millis(1), ..Parameter::exactly(SimDuration(100_000)) };
    let found = recommend(&bytecode(), &uncertain, &quick(), &()).unwrap();
    let prediction = &found.what_if.sensitivity.prediction;
    let summary = &found.choice.summary;
    let pairs = [
        (summary.throughput, prediction.throughput),
        (summary.peak_pss, prediction.peak_pss),
        (summary.makespan, prediction.makespan),
        (found.choice.startup, prediction.startup),
    ];
    let quantiles = summary.classes[0].quantiles.into_iter().zip(prediction.classes[0]);
    for (simulated, predicted) in pairs.into_iter().chain(quantiles) {
        assert_eq!(simulated.point, predicted.point);
        assert!(predicted.low <= simulated.low && simulated.high <= predicted.high);
    }
    assert!(prediction.classes[0][0].high > summary.classes[0].quantiles[0].high);
}

#[test]
fn nothing_on_the_frontier_is_beaten_in_everything() {
    let mut workload = bytecode();
    workload.runtime.python = python(&["3.12", "3.14t"]);
    let found = answer(&workload);
    let points = &found.frontier.points;
    assert_eq!(points.iter().filter(|point| point.chosen).count(), 1);
    assert!(points.len() > 1, "{points:?}");
    for point in points.iter().filter(|point| !point.chosen) {
        assert!(!points.iter().any(|other| point.is_dominated_by(other)), "{}", point.deployment);
        assert_eq!(point.verdict, Verdict::Met);
    }
    let chosen = points.iter().find(|point| point.chosen).unwrap();
    assert_eq!(chosen.deployment, found.choice.deployment);
    assert_eq!(chosen.throughput, found.choice.summary.throughput);
}

#[test]
fn a_load_that_one_host_cannot_carry_gets_a_number_of_hosts() {
    let mut workload = bytecode();
    workload.arrivals = Arrivals::Poisson { rate: 1000.0 };
    let at_most = millis(200);
    workload.objective.latency = vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
    let found = answer(&workload);
    let fleet = found.what_if.fleet.unwrap();
    // Four cores carry 400/s each.
    assert_eq!(fleet.at_least, 3);
    let random = fleet.random.unwrap();
    assert!((3..=4).contains(&random.hosts), "{random:?}");
    assert!(random.margins.iter().all(|margin| margin.verdict == Verdict::Met));
    assert!(random.one_fewer.0 != Verdict::Met);
    assert_eq!(answer(&bytecode()).what_if.fleet, None);
}

#[test]
fn a_leak_is_answered_with_a_rule_and_a_stated_rule_is_kept_to() {
    let mut workload = bytecode();
    workload.service.dispatcher = Dispatcher::Python;
    assert_eq!(answer(&workload).recycling, []);
    workload.classes[0].leak_bytes = 1000;
    let rule = answer(&workload).recycling.swap_remove(0).rule.unwrap();
    assert!(rule.lifecycle.max_requests.is_some_and(|requests| requests > 1000), "{rule:?}");
    workload.service.lifecycle.max_requests = Some(3000);
    let found = answer(&workload);
    assert_eq!(found.choice.pool().lifecycle.max_requests, Some(3000));
    assert_eq!(found.recycling[0].rule.as_ref().unwrap().lifecycle.max_requests, Some(3000));
    // Threads in the parent's own process cannot be replaced.
    assert!(pools(&found).iter().all(|pool| !pool.shares_parent()));
    assert!(is_accounted_for(&found), "{:?}", found.effort);
}

#[test]
fn half_a_cpu_throttles_the_tail_and_the_rules_do_not_see_it() {
    let constant = Distribution::Constant(millis(10));
    let workload = one_class(25.0, vec![Segment::new(SegmentKind::Python, constant)]);
    let mut half = Host { cores: 8, ..host() };
    half.quota = Some(Quota { cpus: 0.5, period: millis(100) });
    let found = recommend(&workload, &half, &quick(), &()).unwrap();
    assert_eq!(found.verdict, Verdict::Met);
    assert!(found.choice.pool().profile.workers <= 3, "{}", found.choice.deployment);
    let cores = found.choice.bounds.iter().find(|(resource, _)| *resource == Resource::Cores);
    assert_eq!(cores.unwrap().1, 50.0);
    // Whoever comes once the period's 50 ms are spent waits for the next.
    let p99 = found.choice.summary.classes[0].quantiles[2];
    assert!(p99.low > 0.025, "{p99:?}");
    let free = recommend(&workload, &Host { quota: None, ..half }, &quick(), &()).unwrap();
    assert!(free.choice.summary.classes[0].quantiles[2].high < 0.02, "{}", free.choice.deployment);
    let rule = &found.rules[0];
    assert_eq!(rule.pick.as_ref().unwrap().profile.workers, 17);
    assert!(rule.note.contains("blind to the quota of 0.5"), "{}", rule.note);
    assert!(found.warnings.iter().any(|w| w.message.contains("stands still")));
    assert!(free.rules[0].note.contains("logical CPUs") && !free.rules[0].note.contains("quota"));
}

/// Short calls beside long stretches of bytecode; three processes at most, and
/// calls that wait neither for a slot nor for a lock.
fn calls_beside_computations() -> Workload {
    let constant = |kind, n| Segment::new(kind, Distribution::Constant(millis(n)));
    let wait = vec![constant(SegmentKind::Wait, 5), constant(SegmentKind::Python, 1)];
    let spin = vec![constant(SegmentKind::Python, 100)];
    let classes = vec![RequestClass::new("call", 0.9, wait), RequestClass::new("spin", 0.1, spin)];
    let mut workload = Workload::new("search", Arrivals::Poisson { rate: 100.0 }, classes);
    workload.service.max_workers = Some(3);
    let at_most = millis(15);
    workload.objective.latency = vec![LatencyLimit { class: 0, quantile: Quantile::P99, at_most }];
    workload
}

/// With a lock that is handed on every 5 ms.
fn locking_host() -> Host {
    let mut host = host();
    host.interpreter.switch_interval = Parameter::exactly(millis(5));
    host
}

#[test]
fn a_hybrid_that_alone_keeps_every_limit_is_the_choice() {
    let (workload, host) = (calls_beside_computations(), locking_host());
    let found = recommend(&workload, &host, &quick(), &()).unwrap();
    let chosen = &found.choice;
    assert_eq!(found.verdict, Verdict::Met, "{} {:?}", chosen.deployment, chosen.margins);
    assert_eq!(chosen.deployment.pools.len(), 2, "{}", chosen.deployment);
    assert_eq!(chosen.deployment.split, Split::ByClass(vec![1, 0]));
    // What it replaces is one pool that misses the limit, on the same requests.
    let replaced = &found.runners_up[0];
    assert_eq!(replaced.assessed.deployment.split, Split::Whole);
    assert!(replaced.assessed.margins.iter().any(|margin| margin.verdict == Verdict::Missed));
    assert!(found.hybrids.best.iter().all(|hybrid| hybrid.deployment != chosen.deployment));
    assert!(is_accounted_for(&found), "{:?}", found.effort);
    // Requests of another seed show the same.
    let scenario = Scenario::of(&workload, &host, &chosen.deployment, 10_000, 99);
    let again = Summary::of(replicate(&scenario, 0..6).unwrap());
    let (seen, said) = (again.classes[0].quantiles[2], chosen.summary.classes[0].quantiles[2]);
    assert!((seen.point / said.point - 1.0).abs() < 0.1, "{seen:?} {said:?}");
    let (seen, said) = (again.peak_pss.point, chosen.summary.peak_pss.point);
    assert!((seen / said - 1.0).abs() < 0.1, "{seen} {said}");
}

#[test]
fn without_a_limit_that_needs_two_one_pool_stays_the_choice() {
    let mut workload = calls_beside_computations();
    workload.objective.latency[0].at_most = millis(2000);
    workload.objective.goal = Some(Goal::Memory);
    let found = recommend(&workload, &locking_host(), &quick(), &()).unwrap();
    assert_eq!(found.choice.deployment.pools.len(), 1, "{}", found.choice.deployment);
    assert!(found.hybrids.tried > 0);
}

/// Waits of 20 ms, then 100 ms of `kind`, as two stages of which the first has
/// threads.
fn pipeline(kind: SegmentKind) -> Workload {
    let constant = |kind, n| Segment::new(kind, Distribution::Constant(millis(n)));
    let compute = Segment { stage: 1, ..constant(kind, 100) };
    let segments = vec![constant(SegmentKind::Wait, 20), compute];
    let classes = vec![RequestClass::new("task", 1.0, segments)];
    let mut workload = Workload::new("staged", Arrivals::Batch { requests: 40 }, classes);
    let stage = |name: &str, profile| Stage { name: name.to_owned(), profile, start_method: None };
    workload.stages =
        vec![stage("fetch", Some("threads:5".parse().unwrap())), stage("compute", None)];
    workload
}

#[test]
fn each_open_stage_of_a_pipeline_gets_its_executor() {
    let found = answer(&pipeline(SegmentKind::Python));
    let chosen = &found.choice.deployment;
    assert_eq!((&chosen.split, chosen.pools.len()), (&Split::ByStage, 2));
    assert_eq!(chosen.pools[0].profile.to_string(), "threads:5");
    assert_eq!(chosen.pools[1].profile.concurrency, Concurrency::Serial, "{chosen}");
    assert!(chosen.pools[1].profile.workers >= 4, "{chosen}");
    // 40 times 100 ms on four cores.
    let makespan = found.choice.summary.makespan.point;
    assert!((1.0..1.2).contains(&makespan), "{makespan}");
    for other in &found.runners_up {
        assert_eq!(other.assessed.deployment.split, Split::ByStage);
    }
    assert!(found.rules.iter().all(|rule| rule.pick.is_none() && rule.note.contains("pipeline")));
    assert_eq!(found.hybrids.tried, 0);
    assert!(is_accounted_for(&found), "{:?}", found.effort);
}

#[test]
fn a_pipeline_whose_stages_need_what_is_forbidden_says_which() {
    let mut workload = pipeline(SegmentKind::Python);
    workload.runtime.thread_safe = false;
    let error = recommend(&workload, &host(), &quick(), &()).unwrap_err();
    let SearchError::NothingPossible(exclusions) = error else { panic!("{error}") };
    assert!(exclusions.iter().any(|e| e.what.contains("stage `fetch`")), "{exclusions:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_the_workload_forbids_is_never_shown(
        thread_safe: bool,
        event_loop: bool,
        isolation: bool,
        fork_safe: bool,
        free_threading_ready: bool,
        subinterpreters_ready: bool,
        pandas: bool,
        versions in prop::sample::subsequence(vec!["3.12", "3.13t", "3.14"], 1..=3),
        max_workers in prop::option::of(1_u32..6),
        rate in 20.0..150.0,
    ) {
        let mut workload = one_class(rate, vec![exponential(SegmentKind::Native { parallel: true }, millis(10))]);
        let runtime = &mut workload.runtime;
        runtime.thread_safe = thread_safe;
        runtime.event_loop = event_loop;
        runtime.isolation = isolation;
        runtime.fork_safe = fork_safe;
        runtime.free_threading_ready = free_threading_ready;
        runtime.subinterpreters_ready = subinterpreters_ready;
        runtime.libraries = if pandas { vec!["pandas".to_owned()] } else { Vec::new() };
        runtime.python = python(&versions);
        workload.service.max_workers = max_workers;
        let options = SearchOptions { budget: 50_000, ..SearchOptions::default() };
        let found = recommend(&workload, &host(), &options, &()).unwrap();
        prop_assert!(is_accounted_for(&found), "{:?} {:?}", found.effort, found.excluded);
        for pool in pools(&found) {
            let threads = matches!(pool.profile.concurrency, Concurrency::Threads(_));
            prop_assert!(workload.runtime.python.contains(&pool.python), "{pool}");
            prop_assert!(!threads || thread_safe && !pandas, "{pool}");
            prop_assert!(!threads || !pool.lock_free() || free_threading_ready, "{pool}");
            prop_assert!(pool.profile.slots_per_worker() == 1 || !isolation, "{pool}");
            prop_assert!(pool.in_parent() || pool.start_method != StartMethod::Fork || fork_safe, "{pool}");
            prop_assert!(max_workers.is_none_or(|most| pool.profile.workers <= most), "{pool}");
            match pool.profile.concurrency {
                Concurrency::EventLoop(_) => prop_assert!(event_loop, "{pool}"),
                Concurrency::Interpreters(_) => {
                    prop_assert!(subinterpreters_ready && pool.python.has_interpreter_pool(), "{pool}");
                }
                _ => {}
            }
        }
    }
}

/// The first stage is one worker with cores to spare beside it; the second has
/// no room for what BLAS threads waste.
#[test]
fn each_stage_of_a_pipeline_gets_blas_threads_of_its_own() {
    let solve = |stage, mean| Segment {
        stage,
        ..exponential(SegmentKind::Native { parallel: true }, millis(mean))
    };
    let mut workload = one_class(10.0, vec![solve(0, 80), solve(1, 200)]);
    let stage = |name: &str, workers| Stage {
        name: name.to_owned(),
        profile: Some(Profile::processes(workers)),
        start_method: None,
    };
    workload.stages = vec![stage("one", 1), stage("many", 4)];
    let mut host = host();
    host.cpu.blas_serial_share = Parameter::exactly(0.3);
    let found = recommend(&workload, &host, &quick(), &()).unwrap();
    let pools = &found.choice.deployment.pools;
    assert!(pools[0].blas_threads > pools[1].blas_threads, "{}", found.choice.deployment);
    assert!(is_accounted_for(&found), "{:?}", found.effort);
}

#[test]
fn a_life_shorter_than_a_start_is_refused_with_both_times() {
    let mut workload = bytecode();
    workload.runtime.import_time = millis(300);
    workload.service.lifecycle.ttl = Some(millis(1));
    workload.service.start_methods = vec![StartMethod::Spawn];
    workload.runtime.thread_safe = false;
    let Err(SearchError::NothingPossible(excluded)) = recommend(&workload, &host(), &quick(), &())
    else {
        panic!("an answer")
    };
    let both = |reason: &str| reason.contains("1.00 ms") && reason.contains("300 ms");
    assert!(excluded.iter().any(|exclusion| both(&exclusion.reason)), "{excluded:?}");
}
