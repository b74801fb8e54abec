//! Open loads on pools whose workers are the only resource.

use sim::closed_form::{Md1, Mg1, Mm1, Mmc, Mmck, mdc_mean_wait};
use sim::kernel::SimDuration;
use sim::pool::Profile;
use sim::workload::Distribution;

use crate::lab::{
    FREE, Lab, agree, constant, exponential, median_and_p99, poisson, sojourn, wait, waiting,
};

#[test]
fn one_worker_is_m_m_1() {
    let formula = Mm1::new(70.0, 0.01).unwrap();
    let runs = Lab::new(poisson(70.0), wait(exponential(0.01)), Profile::processes(1)).run();
    agree("M/M/1 sojourn", &runs, formula.mean_sojourn(), 0.03, sojourn);
    agree("M/M/1 wait", &runs, formula.mean_wait(), 0.04, waiting);
    agree("M/M/1 number", &runs, formula.mean_in_system(), 0.04, |o| o.mean_in_system);
    agree("M/M/1 busy", &runs, 0.7, 0.02, |o| o.utilisation.slots);
    agree("M/M/1 throughput", &runs, 70.0, 0.01, |o| o.throughput);
    let (p50, p99) = (formula.sojourn_quantile(0.5), formula.sojourn_quantile(0.99));
    agree("M/M/1 median", &runs, p50, 0.03, |o| median_and_p99(&o.all).0);
    agree("M/M/1 p99", &runs, p99, 0.08, |o| median_and_p99(&o.all).1);
}

#[test]
fn four_workers_are_m_m_4() {
    let formula = Mmc::new(320.0, 0.01, 4).unwrap();
    let runs = Lab::new(poisson(320.0), wait(exponential(0.01)), Profile::processes(4)).run();
    agree("M/M/4 sojourn", &runs, formula.mean_sojourn(), 0.03, sojourn);
    agree("M/M/4 wait", &runs, formula.mean_wait(), 0.06, waiting);
    agree("M/M/4 number", &runs, formula.mean_in_system(), 0.03, |o| o.mean_in_system);
    agree("M/M/4 busy", &runs, 0.8, 0.02, |o| o.utilisation.slots);
    let (p50, p99) = (formula.sojourn_quantile(0.5), formula.sojourn_quantile(0.99));
    agree("M/M/4 median", &runs, p50, 0.03, |o| median_and_p99(&o.all).0);
    agree("M/M/4 p99", &runs, p99, 0.08, |o| median_and_p99(&o.all).1);
}

/// Slots are slots: with nothing to contend for, four processes, four threads
/// with or without a lock and four tasks of a loop serve one trace alike.
#[test]
fn without_contention_the_shape_of_the_pool_does_not_matter() {
    let mut lab = Lab::new(poisson(320.0), wait(exponential(0.01)), Profile::processes(4));
    let processes = lab.run();
    for profile in [Profile::threads(1, 4), Profile::threads(2, 2), Profile::event_loops(1, 4)] {
        for python in [lab.python, FREE] {
            lab = Lab { profile, python, ..lab };
            for (other, process) in lab.run().iter().zip(&processes) {
                assert_eq!(other.all, process.all, "{profile} on {python}");
            }
        }
    }
}

#[test]
fn constant_service_is_m_d_1() {
    let formula = Md1::new(80.0, 0.01).unwrap();
    let runs = Lab::new(poisson(80.0), wait(constant(0.01)), Profile::processes(1)).run();
    agree("M/D/1 sojourn", &runs, formula.mean_sojourn(), 0.03, sojourn);
    agree("M/D/1 wait", &runs, formula.mean_wait(), 0.04, waiting);
    let (p50, p99) = (formula.sojourn_quantile(0.5), formula.sojourn_quantile(0.99));
    agree("M/D/1 median", &runs, p50, 0.03, |o| median_and_p99(&o.all).0);
    agree("M/D/1 p99", &runs, p99, 0.08, |o| median_and_p99(&o.all).1);
}

#[test]
fn constant_service_on_four_workers_is_m_d_4() {
    let expected = mdc_mean_wait(340.0, 0.01, 4).unwrap();
    let runs = Lab::new(poisson(340.0), wait(constant(0.01)), Profile::processes(4)).run();
    agree("M/D/4 wait", &runs, expected, 0.06, waiting);
}

#[test]
fn any_service_on_one_worker_follows_pollaczek_and_khinchine() {
    let mean = SimDuration::from_secs(0.01);
    for (what, service, precision) in [
        ("gamma, cv 0.5", Distribution::Gamma { mean, cv: 0.5 }, 0.04),
        ("gamma, cv 1.5", Distribution::Gamma { mean, cv: 1.5 }, 0.06),
        (
            "lognormal",
            Distribution::Lognormal {
                median: SimDuration::from_secs(0.008),
                p99: SimDuration::from_secs(0.04),
            },
            0.05,
        ),
    ] {
        let formula = Mg1::new(60.0, service.mean_secs(), service.squared_cv()).unwrap();
        let runs = Lab::new(poisson(60.0), wait(service), Profile::processes(1)).run();
        agree(what, &runs, formula.mean_wait(), precision, waiting);
        agree(what, &runs, formula.mean_in_system(), precision, |o| o.mean_in_system);
    }
}

#[test]
fn a_capped_queue_is_m_m_c_k() {
    for (rate, servers, cap) in [(90.0, 1u32, 4u32), (600.0, 4, 6), (1_000.0, 4, 0)] {
        let formula = Mmck::new(rate, 0.01, servers, servers + cap).unwrap();
        let lab = Lab {
            queue_cap: Some(cap),
            ..Lab::new(poisson(rate), wait(exponential(0.01)), Profile::processes(servers))
        };
        let runs = lab.run();
        agree("M/M/c/K blocking", &runs, formula.blocking(), 0.03, |o| {
            o.all.failed as f64 / (o.all.failed + o.all.completed) as f64
        });
        agree("M/M/c/K throughput", &runs, formula.throughput(), 0.01, |o| o.throughput);
        agree("M/M/c/K sojourn", &runs, formula.mean_sojourn(), 0.01, sojourn);
        agree("M/M/c/K number", &runs, formula.mean_in_system(), 0.01, |o| o.mean_in_system);
    }
}
