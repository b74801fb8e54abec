//! One core shared by the threads of a free-threaded process.

use sim::closed_form::{Mg1Ps, Mm1};
use sim::experiment::CpuModel;
use sim::kernel::SimDuration;
use sim::pool::Profile;
use sim::workload::{Distribution, RequestClass, SegmentKind};

use crate::lab::{FREE, Lab, agree, constant, exponential, poisson, segment, sojourn};

/// Bytecode of `service` on one core, a thread for everyone.
fn shared(service: Distribution) -> Lab {
    let segments = vec![segment(SegmentKind::Python, service)];
    Lab { python: FREE, cores: 1, ..Lab::new(poisson(60.0), segments, Profile::threads(1, 1_000)) }
}

#[test]
fn the_mean_depends_on_the_mean_service_only() {
    let formula = Mg1Ps::new(60.0, 0.01).unwrap();
    let mean = SimDuration::from_secs(0.01);
    for service in [constant(0.01), exponential(0.01), Distribution::Gamma { mean, cv: 2.0 }] {
        let what = format!("M/G/1-PS {service:?}");
        let runs = shared(service).run();
        agree(&what, &runs, formula.mean_sojourn(), 0.04, sojourn);
        agree(&what, &runs, formula.mean_in_system(), 0.05, |o| o.mean_in_system);
        agree(&what, &runs, formula.utilisation(), 0.03, |o| o.utilisation.cores);
    }
}

#[test]
fn everyone_is_slowed_in_proportion() {
    let class = |name, share, length| {
        RequestClass::new(name, share, vec![segment(SegmentKind::Python, constant(length))])
    };
    let mut lab = shared(constant(0.01));
    lab.classes = vec![class("short", 0.9, 0.004), class("long", 0.1, 0.064)];
    let formula = Mg1Ps::new(60.0, 0.01).unwrap();
    let runs = lab.run();
    agree("short", &runs, formula.mean_sojourn_of(0.004), 0.04, |o| o.classes[0].mean);
    agree("long", &runs, formula.mean_sojourn_of(0.064), 0.04, |o| o.classes[1].mean);
}

/// Whoever is served next, service without memory takes the same time on
/// average, so slices instead of even sharing change nothing.
#[test]
fn slices_keep_the_mean_of_memoryless_service() {
    let lab = Lab { cpu: CpuModel::FairQuanta, ..shared(exponential(0.01)) };
    let expected = Mm1::new(60.0, 0.01).unwrap().mean_sojourn();
    agree("slices", &lab.run(), expected, 0.03, sojourn);
}
