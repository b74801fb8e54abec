//! The calibration file: complete, in range, and the same after a round trip.

use std::path::Path;

use proptest::prelude::*;
use sim::host::{
    ConstructorCost, Discrepancy, Figure, Host, Origin, Parameter, Provenance, Quota, Reacquires,
    ServerCost, WakeOrder,
};
use sim::input::{InputError, InputKind};
use sim::kernel::SimDuration;
use sim::pool::PoolKind;

use crate::root;

fn reference_text() -> String {
    std::fs::read_to_string(root().join("calibration/reference-8core.toml")).unwrap()
}

fn parse(text: &str) -> Result<Host, Vec<InputError>> {
    Host::parse(text, Path::new("host.toml"))
}

/// The only error of the reference with `from` replaced by `to`, with the text
/// under its caret.
fn refusal(from: &str, to: &str) -> (String, String) {
    let text = reference_text();
    assert!(text.contains(from), "{from}");
    let errors = parse(&text.replacen(from, to, 1)).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].kind, InputKind::Calibration);
    let under = errors[0].source_text[errors[0].span.clone().unwrap()].to_owned();
    (errors[0].message.clone(), under)
}

#[test]
fn the_reference_is_the_same_after_a_round_trip() {
    let host = parse(&reference_text()).unwrap();
    assert_eq!(parse(&host.write()).unwrap(), host);
}

#[test]
fn every_parameter_is_mandatory() {
    let text = reference_text();
    let parameters: Vec<&str> = text.lines().filter(|line| line.contains(" = ")).collect();
    assert!(parameters.len() > 50, "{}", parameters.len());
    for line in parameters.into_iter().filter(|line| !line.starts_with('#')) {
        let key = line.split(" = ").next().unwrap();
        let errors = parse(&text.replacen(&format!("{line}\n"), "", 1)).unwrap_err();
        assert_eq!(errors.len(), 1, "{key}: {errors:?}");
        assert!(errors[0].message.ends_with(&format!("has no `{key}`")), "{}", errors[0].message);
    }
}

#[test]
fn values_out_of_range_are_pointed_at() {
    let (message, under) = refusal("value = 1.25", "value = 3.0");
    assert_eq!((&*message, &*under), ("`3.0` is not a number from 1 to 2", "3.0"));
    let (message, under) = refusal("value = \"5 us\"", "value = \"1 us\"");
    assert_eq!(message, "`hand_off` is 1.00 us, outside its own range 2.00 us to 20.0 us");
    assert!(under.starts_with("{ value = \"1 us\""), "{under}");
    let (message, under) = refusal("value = \"5 ms\"", "value = 5");
    assert_eq!((&*message, &*under), ("`5` has no unit", "5"));
    let (message, _) = refusal("value = \"5 ms\"", "value = \"0 ms\"");
    assert_eq!(message, "0 s is out of range");
    let (message, under) = refusal("\"random\"", "\"newest\"");
    assert_eq!((&*message, &*under), ("`newest` is not known here", "\"newest\""));
    let (message, _) = refusal("2026-11-21", "21.11.2026");
    assert_eq!(message, "this is no day");
    let (message, _) = refusal("value = \"0.5 ns/B\"", "value = \"inf ns/B\"");
    assert_eq!(message, "`inf ns/B` is no time per byte");
    let (message, _) = refusal("origin = \"assumed\"", "origin = \"guessed\"");
    assert_eq!(message, "`guessed` is not known here");
}

#[test]
fn every_error_is_reported_not_only_the_first() {
    let text = reference_text().replace("smt_gain", "smt_gian").replace("cores = 8", "cores = 0");
    let errors = parse(&text).unwrap_err();
    let messages: Vec<&str> = errors.iter().map(|error| &*error.message).collect();
    assert_eq!(
        messages,
        ["`0` is not a whole number from 1 to 1024", "unknown key `smt_gian` in [cpu]"]
    );
    assert!(errors[1].help.as_ref().unwrap().starts_with("did you mean `smt_gain`?"));
}

#[test]
fn a_missing_file_is_one_error() {
    let errors = Host::load(Path::new("/nowhere/host.toml")).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind, InputKind::Calibration);
}

#[test]
fn a_discrepancy_only_widens_and_says_where_it_comes_from() {
    let table = "[discrepancy.p99]\nlow_factor = 0.9\nhigh_factor = 1.3\ncells = 24\n\
                 origin = \"measured\"\nnote = \"development cells\"\n";
    let with = |from: &str, to: &str| {
        assert!(table.contains(from), "{from}");
        parse(&format!("{}\n{}", reference_text(), table.replacen(from, to, 1)))
    };
    let host = with("0.9", "0.9").unwrap();
    assert_eq!(host.discrepancy.keys().collect::<Vec<_>>(), [&Figure::P99]);
    for (from, to, said) in [
        ("0.9", "1.1", "`1.1` is not a number from 0.000001 to 1"),
        ("1.3", "0.7", "`0.7` is not a number from 1 to 1000000"),
        ("cells = 24", "cells = 0", "`0` is not a whole number from 1 to 1000000"),
        ("\"measured\"", "\"guessed\"", "`guessed` is not known here"),
        ("\"development cells\"", "\" \"", "an empty note explains nothing"),
        ("high_factor = 1.3\n", "", "[discrepancy.*] has no `high_factor`"),
        ("p99", "p90", "unknown key `p90` in [discrepancy]"),
    ] {
        let errors = with(from, to).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].message, said);
        assert!(errors[0].line_column().is_some());
    }
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![Just(Origin::Measured), Just(Origin::Published), Just(Origin::Assumed)]
}

/// A parameter from three values in any order.
fn parameter<T: Copy + PartialOrd + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Parameter<T>> {
    let note = "[^\\s][\\PC]{0,30}[^\\s]";
    let fit_error = prop::option::of(0.0..10.0);
    let drawn = ([value.clone(), value.clone(), value], origin(), note, fit_error);
    drawn.prop_map(|(mut v, origin, note, fit_error)| {
        v.sort_by(|a, b| a.partial_cmp(b).unwrap());
        Parameter { value: v[1], low: v[0], high: v[2], origin, note, fit_error }
    })
}

fn discrepancy() -> impl Strategy<Value = Discrepancy> {
    let drawn = (1e-6..=1.0, 1.0..1e6, 1_u64..=1_000_000, origin(), "[^\\s][\\PC]{0,30}[^\\s]");
    drawn.prop_map(|(low_factor, high_factor, cells, origin, note)| Discrepancy {
        low_factor,
        high_factor,
        cells,
        origin,
        note,
    })
}

prop_compose! {
    fn hosts()(
        name in "[a-z][a-z0-9.-]{0,20}",
        processor in "\\PC{0,40}",
        (cores, memory_bytes) in (1_u32..=1024, 1_u64..1 << 44),
        quota in prop::option::of((0.01..1024.0, 1_000_000_u64..=1_000_000_000)),
        (smt_gain, speed) in (parameter(1.0..=2.0), parameter(0.05..=20.0)),
        sleeps in prop::option::of(parameter(0.0..=1000.0)),
        rounds in prop::option::of((1_u64..=1_000_000, 0_u64..=1_000_000, "\\PC{0,20}")),
        switch_interval in parameter((1_000_u64..10_000_000_000).prop_map(SimDuration)),
        fork_base in parameter((0_u64..600_000_000_000).prop_map(SimDuration)),
        task in parameter(0_u64..1 << 44),
        worker_per_byte in parameter(0.0..1000.0),
        construct in prop::option::of(parameter((0_u64..600_000_000_000).prop_map(SimDuration))),
        memory in prop::option::of(parameter(0_u64..1 << 44)),
        discrepancy in prop::collection::btree_map(
            prop::sample::select(Figure::ALL.to_vec()), discrepancy(), 0..7,
        ),
        wake_order in prop::sample::select(vec![
            WakeOrder::Random, WakeOrder::Fifo, WakeOrder::Requeue, WakeOrder::Lifo,
        ]),
    ) -> Host {
        let mut host = Host::ideal(cores);
        (host.name, host.processor, host.memory_bytes) = (name, processor, memory_bytes);
        host.date = "2026-02-28".to_owned();
        host.quota = quota.map(|(cpus, period)| Quota { cpus, period: SimDuration(period) });
        (host.cpu.smt_gain, host.cpu.speed) = (smt_gain, speed);
        host.reacquires = sleeps.map(|sleep| Reacquires {
            sleep,
            socket: Parameter::exactly(2.0),
            pipe: Parameter::exactly(0.0),
            file: Parameter::exactly(0.5),
        });
        host.provenance = rounds.map(|(rounds, rejected, text)| Provenance {
            interpreter: text.clone(),
            kernel: text,
            planner: "0.1.0".to_owned(),
            rounds,
            rejected,
        });
        host.interpreter.switch_interval = switch_interval;
        host.interpreter.wake_order = wake_order;
        host.start.fork_base = fork_base;
        host.constructors = construct
            .map(|construct| {
                let none = Parameter::exactly(SimDuration::ZERO);
                let cost = ConstructorCost { construct, per_worker: none.clone(), child: none };
                (PoolKind::GeventPool, cost)
            })
            .into_iter()
            .collect();
        host.servers = memory
            .map(|parent_memory| {
                let start = || Parameter::exactly(SimDuration(7));
                let worker_memory = Parameter::exactly(9);
                let [parent_start, worker_start] = [start(), start()];
                let cost = ServerCost { parent_memory, worker_memory, parent_start, worker_start };
                (PoolKind::Uvicorn, cost)
            })
            .into_iter()
            .collect();
        host.discrepancy = discrepancy;
        host.memory.task = task;
        host.dispatch.native.worker_per_byte = worker_per_byte;
        host
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(host in hosts()) {
        let read = parse(&host.write());
        prop_assert_eq!(read, Ok(host));
    }
}
