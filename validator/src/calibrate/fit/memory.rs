//! `[memory]`.

use sim::host::Host;

use super::super::figure::median;
use super::data::{Data, Round};
use super::put::{put, put_share};

pub(super) fn fit(data: &Data, host: &mut Host) {
    let memory = &mut host.memory;
    let of = |quantity| data.medians("memory", quantity);
    put(&mut memory.interpreter, of("interpreter"), "private memory of python -c, beside another");
    put(&mut memory.shared_libraries, of("libraries"), "what it shares with that other");
    put(&mut memory.thread, of("thread"), "32 threads that have worked a little");
    put(&mut memory.subinterpreter, of("subinterpreter"), "4 further interpreters");
    put(&mut memory.task, of("task"), "2000 asyncio tasks that wait");
    let sharing = |part: fn((f64, f64)) -> f64| data.figure(|round| saturation(round).map(part));
    let how = "forked child of a parent with the standard library's modules, 2000 small requests";
    put_share(&mut memory.cow_plateau, sharing(|(plateau, _)| plateau), how);
    put(&mut memory.cow_requests, sharing(|(_, requests)| requests), how);
    let copies = |way: f64| data.figure(|round| round.at("memory", "copies", way));
    let both = |round: &Round| {
        let ways = [0.0, 1.0].map(|way| round.at("memory", "copies", way));
        median(ways.into_iter().flatten())
    };
    let copied = data.figure(both).map(|f| f.reaching(copies(0.0)).reaching(copies(1.0)));
    put(
        &mut memory.ipc_copies,
        copied,
        "peak of an executor's parent; the range is that of both ways",
    );
}

/// Plateau and requests until 63 % of it, by least squares: plateau * (1 -
/// exp(-n / requests)). For given requests the best plateau is a quotient; the
/// requests are searched on a grid.
fn saturation(round: &Round) -> Option<(f64, f64)> {
    let points = round.points("sharing", "pages");
    let most = points.last().filter(|(n, _)| *n >= 2.0)?.0;
    let fit = |requests: f64| {
        let shape: Vec<f64> = points.iter().map(|(n, _)| 1.0 - (-n / requests).exp()).collect();
        let along: f64 = shape.iter().zip(&points).map(|(s, (_, share))| s * share).sum();
        let plateau = along / shape.iter().map(|s| s * s).sum::<f64>();
        let off = shape.iter().zip(&points).map(|(s, (_, share))| (plateau * s - share).powi(2));
        (off.sum::<f64>(), plateau, requests)
    };
    const STEPS: u32 = 400;
    // From a tenth of a request to as many as there were.
    let grid = (0..=STEPS).map(|i| 0.1 * (most / 0.1).powf(f64::from(i) / f64::from(STEPS)));
    let best = grid.map(fit).min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some((best.1, best.2))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sayings;
    use super::*;

    #[test]
    fn a_plateau_and_its_growth_are_found() {
        let mut sayings = Sayings::default();
        for round in 0..3 {
            let noise = 1.0 + 0.01 * f64::from(round);
            let share = |n: f64| 0.3 * noise * (1.0 - (-n / 40.0).exp());
            let said: Vec<_> = [0.0, 1.0, 5.0, 20.0, 50.0, 100.0, 500.0, 2000.0]
                .map(|n| ("pages", n, share(n)))
                .to_vec();
            sayings.launch(round, "sharing", 9.0, 9.0, &said);
        }
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        assert!((host.memory.cow_plateau.value - 0.303).abs() < 0.001, "{:?}", host.memory);
        assert!((35.0..45.0).contains(&host.memory.cow_requests.value), "{:?}", host.memory);
        assert!(host.memory.cow_plateau.low < 0.3 && host.memory.cow_plateau.high > 0.306);
    }

    #[test]
    fn copies_range_over_both_ways() {
        let mut sayings = Sayings::default();
        sayings.launch(0, "memory", 9.0, 9.0, &[("copies", 0.0, 2.0), ("copies", 1.0, 3.0)]);
        let mut host = Host::ideal(2);
        fit(&Data::new(&sayings.all), &mut host);
        let copies = host.memory.ipc_copies;
        assert_eq!((copies.low, copies.value, copies.high), (2.0, 2.5, 3.0));
    }
}
