//! Event loops, dispatchers, queues and cores under a pool.

use sim::closed_form::Mmc;
use sim::experiment::{Fate, Observer, Outcome, Record, Scenario, Summary, replicate, simulate};
use sim::host::{Host, Parameter, Quota};
use sim::kernel::SimDuration;
use sim::pool::{Dispatcher, PoolConfig, Profile};
use sim::workload::{
    Arrivals, Distribution, PythonVersion, RequestClass, Segment, SegmentKind, Workload,
};

fn ms(n: u64) -> SimDuration {
    SimDuration(n * 1_000_000)
}

fn constant(kind: SegmentKind, length: SimDuration) -> Segment {
    Segment::new(kind, Distribution::Constant(length))
}

fn batch(requests: u64, segments: Vec<Segment>) -> Workload {
    let classes = vec![RequestClass::new("only", 1.0, segments)];
    Workload::new("batch", Arrivals::Batch { requests }, classes)
}

fn pool(workload: &Workload, profile: Profile) -> PoolConfig {
    PoolConfig::new(workload, profile, workload.runtime.python[0])
}

fn run(workload: &Workload, host: &Host, pool: &PoolConfig) -> Outcome {
    simulate(&Scenario::new(workload, host, pool, 100_000, 1), 0, &mut ()).unwrap()
}

const NATIVE: SegmentKind = SegmentKind::Native { parallel: false };

#[test]
fn with_the_lock_off_threads_are_servers_of_their_own() {
    // Threads of a free-threaded process on 4 cores, far more than are ever
    // busy: cores shared by all have the same number in the system as M/M/4.
    let service = Distribution::Exponential { mean: ms(10) };
    let classes =
        vec![RequestClass::new("only", 1.0, vec![Segment::new(SegmentKind::Python, service)])];
    let workload = Workload::new("free", Arrivals::Poisson { rate: 320.0 }, classes);
    let host = Host::ideal(4);
    let mut free = pool(&workload, Profile::threads(1, 500));
    free.python = PythonVersion { minor: 13, free_threaded: true };
    let scenario = Scenario::new(&workload, &host, &free, 40_000, 1);
    let summary = Summary::of(replicate(&scenario, 0..20).unwrap());
    let expected = Mmc::new(320.0, 0.010, 4).unwrap().mean_sojourn();
    let mean = summary.all.mean;
    assert!((mean.point / expected - 1.0).abs() < 0.02, "{expected}: {mean:?}");
    assert!(mean.contains(expected) || mean.relative_half_width() < 0.005, "{mean:?}");
    assert_eq!(summary.outcomes[0].hand_offs, 0);
}

#[test]
fn free_threads_pay_for_contention_by_the_scalability_law() {
    let mut host = Host::ideal(8);
    host.interpreter.free_threaded_313 = Parameter::exactly(1.2);
    host.interpreter.free_threaded_contention = Parameter::exactly(0.05);
    host.interpreter.free_threaded_coherency = Parameter::exactly(0.01);
    for n in [1, 2, 8] {
        let workload = batch(n, vec![constant(SegmentKind::Python, ms(100))]);
        let mut free = pool(&workload, Profile::threads(1, n as u32));
        free.python = PythonVersion { minor: 13, free_threaded: true };
        let others = (n - 1) as f64;
        let expected = 0.1 * 1.2 * (1.0 + 0.05 * others + 0.01 * others * (others + 1.0));
        let makespan = run(&workload, &host, &free).makespan;
        assert!((makespan / expected - 1.0).abs() < 1e-6, "n = {n}: {makespan} {expected}");
    }
}

/// Keeps the time at which each request was done [s].
#[derive(Default)]
struct Ends(Vec<(usize, f64)>);

impl Observer for Ends {
    fn record(&mut self, record: &Record) {
        assert_eq!(record.fate, Fate::Completed);
        self.0.push((record.class, record.finished.as_secs()));
    }
}

#[test]
fn one_long_segment_holds_up_every_task_of_its_loop() {
    let short = vec![constant(SegmentKind::Wait, ms(1)), constant(SegmentKind::Python, ms(1))];
    let long = vec![constant(SegmentKind::Python, ms(100))];
    let classes =
        vec![RequestClass::new("short", 0.9, short), RequestClass::new("long", 0.1, long)];
    let workload = Workload::new("loop", Arrivals::Batch { requests: 40 }, classes);
    let host = Host::ideal(4);
    let loops = pool(&workload, Profile::event_loops(1, 100));
    let mut ends = Ends::default();
    simulate(&Scenario::new(&workload, &host, &loops, 40, 1), 0, &mut ends).unwrap();
    let long = ends.0.iter().filter(|(class, _)| *class == 1).count();
    assert!(long > 0);
    // Every long one was ready first, at time zero; all short ones come after
    // the last of them, whatever else could have run meanwhile.
    let first_short = ends.0.iter().find(|(class, _)| *class == 0).unwrap().1;
    assert!((first_short - (0.1 * long as f64 + 0.001)).abs() < 1e-9, "{first_short}");
}

#[test]
fn waits_of_one_loop_overlap_and_its_cpu_does_not() {
    let segments = vec![constant(SegmentKind::Wait, ms(50)), constant(SegmentKind::Python, ms(2))];
    let workload = batch(20, segments);
    let mut host = Host::ideal(4);
    let loops = pool(&workload, Profile::event_loops(1, 100));
    assert!((run(&workload, &host, &loops).makespan - 0.090).abs() < 1e-9);
    // A task switch costs on both resumes; the first ones end during the wait.
    host.interpreter.task_switch = Parameter::exactly(SimDuration(500_000));
    assert!((run(&workload, &host, &loops).makespan - (0.0505 + 20.0 * 0.0025)).abs() < 1e-9);
    // A semaphore of 10 makes two rounds: a task that gets its place queues
    // behind those that are ready, and starts its wait only after their CPU.
    host.interpreter.task_switch = Parameter::exactly(SimDuration::ZERO);
    let ten = pool(&workload, Profile::event_loops(1, 10));
    assert!((run(&workload, &host, &ten).makespan - 2.0 * (0.050 + 10.0 * 0.002)).abs() < 1e-9);
}

#[test]
fn blas_threads_beyond_the_cores_only_take_turns() {
    // 8 workers x t threads on 8 cores: the work is the same for every t, and
    // with a serial share more threads make it longer.
    let workload = batch(8, vec![constant(SegmentKind::Native { parallel: true }, ms(100))]);
    let mut host = Host::ideal(8);
    let makespan = |host: &Host, workers, blas| {
        let mut pool = pool(&workload, Profile::processes(workers));
        pool.blas_threads = blas;
        run(&workload, host, &pool).makespan
    };
    for blas in [1, 2, 8] {
        assert!((makespan(&host, 8, blas) - 0.1).abs() < 1e-6, "blas = {blas}");
    }
    // One worker: one after another, each sped up by Amdahl's law.
    host.cpu.blas_serial_share = Parameter::exactly(0.1);
    for blas in [1, 2, 8] {
        let expected = 0.8 * (0.1 + 0.9 / f64::from(blas));
        let took = makespan(&host, 1, blas);
        assert!((took / expected - 1.0).abs() < 1e-6, "blas = {blas}: {took} {expected}");
    }
    assert!(makespan(&host, 8, 8) > 1.5 * makespan(&host, 8, 1));
}

#[test]
fn a_quota_of_half_a_cpu_halves_the_throughput_and_shows_in_the_tail() {
    let segments = vec![constant(SegmentKind::Python, ms(10))];
    let classes = vec![RequestClass::new("only", 1.0, segments)];
    let workload = Workload::new("quota", Arrivals::Deterministic { rate: 40.0 }, classes);
    let mut host = Host::ideal(1);
    let one = pool(&workload, Profile::processes(1));
    let free = run(&workload, &host, &one);
    assert_eq!(free.all.quantiles, [0.010; 3]);
    host.quota = Some(Quota { cpus: 0.5, period: ms(100) });
    let throttled = run(&workload, &host, &one);
    // 40 ms of 50 ms are used in each period, so nothing is throttled ...
    assert_eq!(throttled.all.quantiles, [0.010; 3]);
    // ... but the same load in bursts runs into the end of its quota.
    let mut bursts = workload.clone();
    bursts.arrivals =
        Arrivals::OnOff { on_rate: 100.0, off_rate: 0.0, mean_on: ms(200), mean_off: ms(300) };
    let stalled = run(&bursts, &host, &one).all.quantiles;
    host.quota = None;
    let smooth = run(&bursts, &host, &one).all.quantiles;
    assert!(stalled[2] > smooth[2] + 0.050, "{stalled:?} {smooth:?}");
}

#[test]
fn a_dispatcher_bounds_the_throughput_of_any_number_of_workers() {
    let workload = {
        let mut workload = batch(5_000, vec![constant(SegmentKind::Wait, ms(1))]);
        workload.service.dispatcher = Dispatcher::Python;
        workload
    };
    let mut host = Host::ideal(16);
    host.dispatch.python_process.parent_send = Parameter::exactly(SimDuration(60_000));
    host.dispatch.python_process.parent_receive = Parameter::exactly(SimDuration(40_000));
    let outcome = run(&workload, &host, &pool(&workload, Profile::processes(64)));
    let rate = 5_000.0 / outcome.makespan;
    assert!((9_900.0..=10_000.0).contains(&rate), "{rate}");
}

#[test]
fn a_thread_pools_dispatcher_shares_the_lock_with_its_workers() {
    // 100 us of bytecode to send, 100 us to serve: 5000/s however many threads
    // and cores, because one lock covers both.
    let mut workload = batch(2_000, vec![constant(SegmentKind::Python, SimDuration(100_000))]);
    workload.service.dispatcher = Dispatcher::Python;
    let mut host = Host::ideal(8);
    host.dispatch.python_thread.parent_send = Parameter::exactly(SimDuration(100_000));
    let outcome = run(&workload, &host, &pool(&workload, Profile::threads(1, 8)));
    let rate = 2_000.0 / outcome.makespan;
    assert!((4_900.0..=5_000.0).contains(&rate), "{rate}");
    // Native code of the same length overlaps with the sending.
    let mut native = batch(2_000, vec![constant(NATIVE, SimDuration(100_000))]);
    native.service.dispatcher = Dispatcher::Python;
    let overlapped = run(&native, &host, &pool(&native, Profile::threads(1, 8)));
    assert!(overlapped.makespan < 0.7 * outcome.makespan, "{}", overlapped.makespan);
}

#[test]
fn time_outs_and_caps_settle_every_request() {
    // One worker of 10 ms, 200/s offered: half of it must go.
    let segments = vec![constant(SegmentKind::Wait, ms(10))];
    let classes = vec![RequestClass::new("only", 1.0, segments)];
    let mut workload = Workload::new("over", Arrivals::Deterministic { rate: 200.0 }, classes);
    let host = Host::ideal(1);
    let mut capped = pool(&workload, Profile::processes(1));
    capped.queue_cap = Some(3);
    let outcome = run(&workload, &host, &capped);
    assert!((outcome.throughput - 100.0).abs() < 0.1);
    assert!(outcome.counts.rejected > 49_000 && outcome.peak_queue == 3);

    let mut patient = pool(&workload, Profile::processes(1));
    patient.queue_timeout = Some(ms(25));
    let outcome = run(&workload, &host, &patient);
    assert!((outcome.throughput - 100.0).abs() < 0.1);
    assert!(outcome.counts.queue_timeouts > 49_000);
    assert!(outcome.all.quantiles[2] <= 0.035 + 1e-9);

    // A client that gives up in service leaves the worker at work: with a
    // patience of 9 ms nobody is ever served in time.
    workload.classes[0].client_timeout = Some(ms(9));
    let outcome = run(&workload, &host, &pool(&workload, Profile::processes(1)));
    assert_eq!(outcome.counts.completed, 0);
    assert!(outcome.utilisation.slots > 0.99);
}

#[test]
fn half_a_cpu_throttles_in_periods_and_the_tail_shows_it() {
    // 100 ms periods of 50 ms each. A request of 80 ms alone runs 50 ms, stands
    // still for 50 ms and runs 30 ms more: 130 ms. Half the speed would be 160.
    let period = Quota { cpus: 0.5, period: ms(100) };
    let mut host = Host::ideal(4);
    host.quota = Some(period);
    let one = batch(1, vec![constant(SegmentKind::Python, ms(80))]);
    let alone = run(&one, &host, &pool(&one, Profile::processes(1))).makespan;
    assert!((alone - 0.130).abs() < 1e-6, "{alone}");
    // 30 % of one CPU asked for, in requests of 10 ms on 4 workers: the median
    // does not see the limit, the tail waits for the next period.
    let service = Distribution::Constant(ms(10));
    let classes =
        vec![RequestClass::new("only", 1.0, vec![Segment::new(SegmentKind::Python, service)])];
    let workload = Workload::new("quota", Arrivals::Poisson { rate: 30.0 }, classes);
    let tail = |quota| {
        let host = Host { quota, ..Host::ideal(4) };
        let pool = pool(&workload, Profile::processes(4));
        let scenario = Scenario::new(&workload, &host, &pool, 40_000, 1);
        simulate(&scenario, 0, &mut ()).unwrap().all.quantiles
    };
    let (limited, free) = (tail(Some(period)), tail(None));
    assert!(free[2] < 0.012 && limited[0] < 0.012, "{free:?} {limited:?}");
    assert!(limited[2] > 0.050, "{limited:?}");
}
