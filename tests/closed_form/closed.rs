//! Closed loads: clients that wait for the reply.

use sim::closed_form::{MachineRepairman, Station, mva, throughput_bound, utilisation};
use sim::experiment::Outcome;
use sim::pool::Profile;
use sim::workload::{Arrivals, Distribution, SegmentKind};

use crate::lab::{FREE, Lab, agree, constant, exponential, segment, sojourn, wait};

fn clients(clients: u32, think: Distribution) -> Arrivals {
    Arrivals::Closed { clients, think }
}

/// The machine repairman's law, whatever the distribution of the think time.
#[test]
fn thinking_clients_are_a_machine_repairman() {
    for (n, servers) in [(10, 1), (40, 4)] {
        let formula = MachineRepairman::new(n, 0.1, 0.01, servers).unwrap();
        for think in [exponential(0.1), constant(0.1)] {
            let lab =
                Lab::new(clients(n, think), wait(exponential(0.01)), Profile::processes(servers));
            let runs = lab.run();
            agree("repairman throughput", &runs, formula.throughput(), 0.01, |o| o.throughput);
            agree("repairman sojourn", &runs, formula.mean_sojourn(), 0.03, sojourn);
            agree("repairman busy", &runs, formula.utilisation(), 0.02, |o| o.utilisation.slots);
        }
    }
}

/// Bytecode before and after a wait outside, a slot for everyone. A thread needs
/// the lock to take a request up and to return it, so these are its only visits.
fn two_stations(n: u32) -> Lab {
    let segments = vec![
        segment(SegmentKind::Python, exponential(0.0005)),
        segment(SegmentKind::Wait, exponential(0.02)),
        segment(SegmentKind::Python, exponential(0.0005)),
    ];
    Lab::new(clients(n, exponential(0.01)), segments, Profile::threads(1, n))
}

fn agree_with_mva(what: &str, n: u32, runs: &[Outcome]) {
    let stations = [
        Station::Delay { demand: 0.01 },
        Station::Delay { demand: 0.02 },
        Station::Queueing { demand: 0.001 },
    ];
    let network = mva(&stations, n).expect("demands above 0");
    let sojourn_time = network.residence[1] + network.residence[2];
    agree(what, runs, network.throughput, 0.01, |o| o.throughput);
    agree(what, runs, sojourn_time, 0.02, sojourn);
    agree(what, runs, f64::from(n) - network.in_system[0], 0.02, |o| o.mean_in_system);
    let most = throughput_bound(&[0.001], 0.021, 0.01, f64::from(n));
    assert!(runs.iter().all(|o| o.throughput <= most * 1.02), "{what}: over {most}");
}

/// The lock as the one server of a closed network. Bytecode is short against the
/// switch interval, and service without memory may be cut anywhere.
#[test]
fn the_lock_is_a_queueing_station() {
    for n in [8, 30, 60] {
        let runs = two_stations(n).run();
        agree_with_mva(&format!("lock, {n} clients"), n, &runs);
        for outcome in &runs {
            let error =
                outcome.utilisation.lock / utilisation(outcome.throughput, 0.001, 1.0) - 1.0;
            assert!(error.abs() < 0.03, "the utilisation law is {error} off: {outcome:?}");
        }
    }
}

/// One core instead, shared by free threads.
#[test]
fn a_core_is_a_queueing_station() {
    for n in [8, 30, 60] {
        let lab = Lab { python: FREE, cores: 1, ..two_stations(n) };
        agree_with_mva(&format!("core, {n} clients"), n, &lab.run());
    }
}
