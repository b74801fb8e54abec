//! Logs drawn from known distributions come back with their parameters.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::PathBuf;

use imports::{ArrivalModel, Imported, Options, Shares, import};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sim::workload::{Arrivals, Distribution, SegmentKind, Trace, Workload};

/// The trace of `workload` as a table, one service time per request.
fn table(workload: &Workload, requests: usize, seed: u64) -> String {
    let mut text = "start_ns,duration_ns,class\n".to_owned();
    for row in Trace::new(workload, seed, 0).take(requests) {
        // Long after 1970, so that the stamps are surely in ns.
        let at = 1_760_000_000_000_000_000 + row.at.0;
        let duration: u64 = row.segments.iter().map(|segment| segment.0).sum();
        writeln!(text, "{at},{duration},{}", workload.classes[row.class].name).unwrap();
    }
    text
}

fn workload(arrivals: &str, service: &str) -> Workload {
    let text = format!(
        "name = \"w\"\n{arrivals}\n[[class]]\nname = \"a\"\n[[class.segment]]\nwait = {service}\n"
    );
    Workload::parse(&text, "w.toml".as_ref(), "".as_ref()).map_err(|e| e[0].to_string()).unwrap()
}

fn imported(text: &str, options: &Options) -> Imported {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    import(&[path], options).map_err(|error| error.to_string()).unwrap()
}

fn all_wait() -> Options {
    let shares = Shares { cpu: Some(0.0), lock: None };
    Options { shares, all_load: true, ..Options::default() }
}

/// What was written, read back.
fn back(imported: &Imported) -> (Arrivals, Distribution) {
    let workload = imported.workload().unwrap();
    let segment = workload.classes[0].segments[0].clone();
    assert_eq!(segment.kind, SegmentKind::Wait);
    (workload.arrivals, segment.duration)
}

const POISSON: &str = "[arrivals.poisson]\nrate = \"100/s\"";

proptest! {
    // One sample in some hundreds lies by chance too far from its own family, so
    // the cases are the same every time.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::with_cases(8)
    })]

    #[test]
    fn a_lognormal_comes_back(median in 1_u32..500, ratio in 1.5_f64..20.0, seed in 0_u64..1000) {
        let p99 = f64::from(median) * ratio;
        let service = format!("{{ lognormal = {{ median = \"{median} ms\", p99 = \"{p99} ms\" }} }}");
        let found = imported(&table(&workload(POISSON, &service), 5000, seed), &all_wait());
        let fit = &found.classes[0].service;
        prop_assert_eq!(fit.choice, "lognormal");
        // Four standard errors of the median and of the logarithm of the ratio.
        let sigma = ratio.ln() / 2.326;
        let error = 4.0 * sigma / 5000_f64.sqrt();
        prop_assert!((fit.fitted[0] / (f64::from(median) / 1e3)).ln().abs() < error);
        prop_assert!((fit.fitted[2] / (p99 / 1e3)).ln().abs() < 3.0 * error);
    }

    #[test]
    fn a_gamma_comes_back(mean in 1_u32..500, cv in 0.2_f64..0.7, seed in 0_u64..1000) {
        let service = format!("{{ gamma = {{ mean = \"{mean} ms\", cv = {cv} }} }}");
        let found = imported(&table(&workload(POISSON, &service), 5000, seed), &all_wait());
        prop_assert_eq!(found.classes[0].service.choice, "gamma");
        let (_, service) = back(&found);
        let Distribution::Gamma { mean: fitted, cv: own } = service else {
            return Err(TestCaseError::fail("no gamma"));
        };
        let off = (fitted.as_secs() / (f64::from(mean) / 1e3) - 1.0).abs();
        prop_assert!(off < 4.0 * cv / 5000_f64.sqrt(), "mean off by {off}");
        prop_assert!((own / cv - 1.0).abs() < 0.05, "cv {own} for {cv}");
    }

    #[test]
    fn a_poisson_rate_lies_in_its_interval_or_near(rate in 1_u32..2000, seed in 0_u64..1000) {
        let arrivals = format!("[arrivals.poisson]\nrate = \"{rate}/s\"");
        let found = imported(&table(&workload(&arrivals, "\"1 ms\""), 5000, seed), &all_wait());
        prop_assert_eq!(found.arrivals.choice, "poisson");
        let estimate = &found.arrivals.rate;
        let rate = f64::from(rate);
        // One interval in twenty misses; none by as much again.
        prop_assert!((estimate.point - rate).abs() < 2.5 * estimate.half_width());
        prop_assert!((estimate.point / rate - 1.0).abs() < 0.06);
    }
}

#[test]
fn other_arrivals_are_told_from_poisson() {
    for (arrivals, choice) in [
        ("[arrivals.deterministic]\nrate = \"50/s\"", "deterministic"),
        ("[arrivals.gamma]\nrate = \"50/s\"\ncv = 2.0", "gamma"),
        ("[arrivals.gamma]\nrate = \"50/s\"\ncv = 0.5", "gamma"),
        (
            "[arrivals.on_off]\non_rate = \"200/s\"\noff_rate = \"5/s\"\nmean_on = \"500 ms\"\n\
             mean_off = \"2 s\"",
            "on_off",
        ),
        (
            "[arrivals.varying]\npoints = [[\"0 s\", \"20/s\"], [\"100 s\", \"80/s\"], \
             [\"200 s\", \"20/s\"]]",
            "varying",
        ),
    ] {
        let found = imported(&table(&workload(arrivals, "\"1 ms\""), 10_000, 3), &all_wait());
        assert_eq!(found.arrivals.choice, choice, "{:?}", found.arrivals.candidates);
        let (arrivals, service) = back(&found);
        let rate = arrivals.offered_rate().unwrap();
        assert!((rate / found.arrivals.rate.point - 1.0).abs() < 0.15, "{choice}: {rate}");
        assert!(matches!(service, Distribution::Constant(_)), "{service:?}");
        if let Arrivals::OnOff { on_rate, off_rate, mean_on, mean_off } = arrivals {
            assert!((on_rate / 200.0 - 1.0).abs() < 0.15, "{on_rate}");
            assert!((off_rate / 5.0 - 1.0).abs() < 0.3, "{off_rate}");
            assert!((mean_on.as_secs() / 0.5 - 1.0).abs() < 0.4, "{mean_on}");
            assert!((mean_off.as_secs() / 2.0 - 1.0).abs() < 0.4, "{mean_off}");
        }
        if let Arrivals::Gamma { cv, .. } = arrivals {
            assert!((cv - if cv > 1.0 { 2.0 } else { 0.5 }).abs() < 0.1, "{cv}");
        }
    }
}

#[test]
fn what_no_family_fits_stays_as_it_was() {
    let two =
        "{ empirical = { values = [\"1 ms\", \"1.2 ms\", \"1.1 ms\", \"80 ms\", \"90 ms\"] } }";
    let found = imported(&table(&workload(POISSON, two), 5000, 1), &all_wait());
    assert_eq!(found.classes[0].service.choice, "empirical");
    let (_, service) = back(&found);
    let mean = found.classes[0].service.mean;
    assert!(mean.contains(service.mean_secs()), "{mean:?} {}", service.mean_secs());
    assert!(mean.contains(0.03466), "{mean:?}");
}

#[test]
fn the_trace_is_the_recorded_requests() {
    let source = workload(POISSON, "{ exponential = { mean = \"20 ms\" } }");
    let shares = Shares { cpu: Some(0.25), lock: Some(1.0) };
    let options = Options { shares, ..all_wait() };
    let found = imported(&table(&source, 3000, 1), &options);
    let rows: Vec<_> = found.trace(1000).collect();
    assert_eq!(rows.len(), 1000);
    let recorded: Vec<_> = Trace::new(&source, 1, 0).take(1000).collect();
    for (found, row) in rows.iter().zip(&recorded) {
        let from_first = row.at.0 - recorded[0].at.0;
        assert!(found.at.0.abs_diff(from_first) <= 1000, "{} {from_first}", found.at.0);
        let total: u64 = found.segments.iter().map(|segment| segment.0).sum();
        assert!(total.abs_diff(row.segments[0].0) <= 1);
    }
}

#[test]
fn one_seed_gives_one_answer() {
    let service = "{ exponential = { mean = \"20 ms\" } }";
    let text = table(&workload(POISSON, service), 2000, 5);
    let options = Options { arrivals: Some(ArrivalModel::Poisson), ..Options::default() };
    let answer = || imported(&text, &options).toml(None, false);
    assert_eq!(answer(), answer());
}
