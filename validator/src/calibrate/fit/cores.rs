//! `[cpu]`: cores, wake-ups, timers.

use sim::host::{Host, MAX_SPREAD, Origin, Parameter};

use super::super::figure::{Figure, median};
use super::data::{Data, Round};
use super::put::{put, put_share};

pub(super) fn fit(data: &Data, host: &mut Host) {
    let cpu = &mut host.cpu;
    put(&mut cpu.speed, data.speed(), "reference spin of each round over the usual");
    let bytecode = data.figure(|round| inflation(round, "cores", "bytecode"));
    put_share(&mut cpu.bytecode_inflation, bytecode, "a spin on one core and on all at once");
    put_share(
        &mut cpu.native_inflation,
        native(data),
        "product or hash on one core and on all at once; the range reaches from hashing to copying 16 MiB",
    );
    let serial = data.figure(serial_share);
    put_share(&mut cpu.blas_serial_share, serial, "a NumPy product with 1 and more BLAS threads");
    let ticks = data.medians("wakes", "tick");
    put(&mut cpu.tick, ticks, "clock_getres(CLOCK_MONOTONIC_COARSE)");
    // Kernels before 6.12 do not say.
    let request = data.medians("wakes", "request");
    put(&mut cpu.base_slice, request, "sched_getattr() of a plain thread");
    put(&mut cpu.context_switch, data.figure(switch), "two that talk on one core");
    put(&mut cpu.wake_latency, data.figure(wake), "a pipe to a process that idles on another core");
    let across = data.spread(|round| spread(round, "across", round.median("wakes", "own")?));
    let how = "the same: mean over median, as of a log-normal time";
    put(&mut cpu.wake_spread, across.map(bounded), how);
    let found = data.figure(|round| round.mean("placement", "found"));
    let how = "wake-ups beside whoever wrote to the pipe, while another core idles";
    put_share(&mut cpu.finds_idle, found, how);
    let slack = data.figure(|round| Some(round.median("wakes", "sleep")? - wake(round)?));
    put(&mut cpu.timer_slack, slack, "sleeps of 1 and 5 ms, less the wake-up");
    let late = data.spread(|round| spread(round, "sleep", 0.0));
    put(&mut cpu.timer_spread, late.map(bounded), how);
    let gain = |round: &Round| {
        let at = |count| round.at("cores", "siblings", count);
        Some(2.0 * at(1.0)? / at(2.0)?)
    };
    if host.threads_per_core == 1 {
        cpu.smt_gain = Parameter {
            origin: Origin::Measured,
            note: "this host shows one hardware thread per core".to_owned(),
            ..Parameter::exactly(1.0)
        };
    } else if let Some(figure) = data.figure(gain) {
        let within = |gain: f64| gain.clamp(1.0, 2.0);
        let (low, high) = (within(figure.low), within(figure.high));
        let figure = Figure { value: within(figure.value), low, high, ..figure };
        put(&mut cpu.smt_gain, Some(figure), "a spin on one and on both threads of a core");
    }
}

/// Extra time per further busy core, as a share.
fn inflation(round: &Round, probe: &str, kernel: &str) -> Option<f64> {
    let points = round.points(probe, kernel);
    let (_, alone) = *points.first().filter(|(cores, _)| *cores == 1.0)?;
    // Each count of cores says what one more costs.
    let each = points[1..].iter().map(|(cores, time)| (time / alone - 1.0) / (cores - 1.0));
    median(each)
}

fn native(data: &Data) -> Option<Figure> {
    let of = |probe: &str, kernel: &str| data.figure(|round| inflation(round, probe, kernel));
    let (hashing, copying) = (of("cores", "hashing"), of("cores", "copy"));
    Some(of("blas", "matmul").or(hashing)?.reaching(hashing).reaching(copying))
}

/// Amdahl's serial share, once what busy cores cost each other is taken out.
fn serial_share(round: &Round) -> Option<f64> {
    let points = round.points("blas", "blas");
    let (&(first, alone), &(threads, together)) = (points.first()?, points.last()?);
    if first != 1.0 || threads < 2.0 {
        return None;
    }
    let beside = 1.0 + inflation(round, "blas", "matmul")? * (threads - 1.0);
    Some((threads * together / (alone * beside) - 1.0) / (threads - 1.0))
}

fn switch(round: &Round) -> Option<f64> {
    Some(round.median("wakes", "turn")? / 2.0 - round.median("wakes", "own")?)
}

fn wake(round: &Round) -> Option<f64> {
    Some(round.median("wakes", "across")? - round.median("wakes", "own")?)
}

/// Standard deviation of the logarithm of a log-normal time with the mean and
/// the median of `quantity` less `constant`. The mean, because it is what queues
/// are made of; the few long ones, which make the difference, are in it.
fn spread(round: &Round, quantity: &str, constant: f64) -> Option<f64> {
    let median = round.median("wakes", quantity)? - constant;
    let mean = round.mean("wakes", quantity)? - constant;
    (median > 0.0).then(|| (2.0 * (mean / median).ln()).max(0.0).sqrt())
}

/// Of rounds that differ much the range reaches further than any spread that a
/// log-normal time is good for.
fn bounded(figure: Figure) -> Figure {
    let most = |spread: f64| spread.min(MAX_SPREAD);
    let (value, low, high) = (most(figure.value), most(figure.low), most(figure.high));
    Figure { value, low, high, ..figure }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sayings, near};
    use super::*;

    #[test]
    fn inflation_is_that_per_further_core() {
        let mut sayings = Sayings::default();
        for round in 0..3 {
            let said =
                [("bytecode", 1.0, 100.0), ("bytecode", 2.0, 110.0), ("bytecode", 4.0, 130.0)];
            sayings.launch(round, "cores", 9.0, 9.0, &said);
        }
        let mut host = Host::ideal(4);
        fit(&Data::new(&sayings.all), &mut host);
        near(host.cpu.bytecode_inflation.value, 0.1);
        assert_eq!(host.cpu.native_inflation, Host::ideal(4).cpu.native_inflation);
    }

    #[test]
    fn amdahls_share_is_found_beside_inflation() {
        let (serial, beside) = (0.08, 1.3);
        let mut sayings = Sayings::default();
        let together = 1000.0 * (serial + (1.0 - serial) / 2.0) * beside;
        let said = [
            ("blas", 1.0, 1000.0),
            ("blas", 2.0, together),
            ("matmul", 1.0, 50.0),
            ("matmul", 2.0, 50.0 * beside),
        ];
        sayings.launch(0, "blas", 9.0, 9.0, &said);
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        near(host.cpu.blas_serial_share.value, serial);
        near(host.cpu.native_inflation.value, 0.3);
    }

    #[test]
    fn what_a_sleep_and_a_wake_have_in_common_counts_once() {
        let mut sayings = Sayings::default();
        let said = [
            ("own", 0.0, 2_000.0),
            ("across", 0.0, 32_000.0),
            ("turn", 0.0, 10_000.0),
            ("sleep", 1e6, 95_000.0),
        ];
        sayings.launch(0, "wakes", 9.0, 9.0, &said);
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        let times = [host.cpu.wake_latency, host.cpu.timer_slack, host.cpu.context_switch];
        assert_eq!(times.map(|p| p.value.0), [30_000, 65_000, 3_000]);
        assert_eq!([host.cpu.wake_spread.value, host.cpu.timer_spread.value], [0.0; 2]);
    }

    #[test]
    fn the_spread_of_a_log_normal_time_is_found() {
        // Median 1 and the mean of a log-normal time with that spread.
        let late = |spread: f64| [1.0, 1.0, 3.0 * (spread * spread / 2.0_f64).exp() - 2.0];
        let mut said = vec![("own", 0.0, 2_000.0)];
        said.extend(late(0.4).map(|times| ("across", 0.0, 2_000.0 + 50_000.0 * times)));
        said.extend(late(1.2).map(|times| ("sleep", 1e6, 150_000.0 * times)));
        let mut sayings = Sayings::default();
        sayings.launch(0, "wakes", 9.0, 9.0, &said);
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        near(host.cpu.wake_spread.value, 0.4);
        near(host.cpu.timer_spread.value, 1.2);
    }

    #[test]
    fn a_spread_stays_within_what_a_calibration_holds() {
        let mut sayings = Sayings::default();
        for (round, worst) in [1.0, 400.0, 2.0].into_iter().enumerate() {
            let mut said = vec![("own", 0.0, 2_000.0)];
            said.extend([1.0, 1.0, worst].map(|times| ("across", 0.0, 2_000.0 + 50_000.0 * times)));
            sayings.launch(round as u32, "wakes", 9.0, 9.0, &said);
        }
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        assert_eq!(host.cpu.wake_spread.high, MAX_SPREAD);
        assert!(host.cpu.wake_spread.value < MAX_SPREAD);
    }
}
