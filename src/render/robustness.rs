//! Whether the choice holds over the calibration's ranges.

use sim::host::{End, HostParameter};
use sim::search::{Regret, Robustness};

use super::units::Unit;
use super::what_if::parameter;

/// What the choice loses at worst, and what a leaner pool would lose there; one
/// sentence or two.
pub fn line(robustness: &Robustness) -> String {
    let Robustness { situations, finalists, worst, overruled } = robustness;
    if *finalists < 2 {
        return "No other finalist is left to compare it with over the parameters' ranges."
            .to_owned();
    }
    if *situations < 2 {
        return "No range of the calibration moves a finalist by more than what does not matter: \
                the leanest of the equals is the choice."
            .to_owned();
    }
    let ends = situations - 1;
    let mut line = format!(
        "Least maximum regret of {finalists} finalists at the best values and {ends} ends of the \
         parameters' ranges: this one {}.",
        at_worst(worst)
    );
    if let Some((leaner, regret)) = overruled {
        let loses = at_worst(regret);
        line += &format!(" {leaner}, as good and leaner at the best values, {loses}.");
    }
    line
}

/// `is at worst 2.3 times the best, on a host 1.6 times slower`.
fn at_worst(regret: &Regret) -> String {
    let place =
        regret.at.as_ref().map_or("at the best values".to_owned(), |(of, end)| at(of, *end));
    match regret.times {
        _ if regret.breaks => format!("breaks limits {place} that another keeps better"),
        times if times < 1.005 => "is the best at all of them".to_owned(),
        times if times < 2.0 => {
            format!("is at most {} worse than the best, {place}", Unit::Share.show(times - 1.0))
        }
        times => format!("is up to {} the best, {place}", Unit::Ratio.show(times)),
    }
}

fn at(of: &HostParameter, end: End) -> String {
    let factor = of.value / of.at(end);
    if of.name == "cpu.speed" && factor.is_finite() && factor > 0.0 {
        return match factor > 1.0 {
            true => format!("on a host {factor:.2} times slower"),
            false => format!("on a host {:.2} times faster", 1.0 / factor),
        };
    }
    format!("at {} = {}", of.name, parameter(of.unit, of.at(end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::host::Host;
    use sim::pool::PoolConfig;

    fn speed(low: f64) -> HostParameter {
        let mut host = Host::ideal(2);
        host.cpu.speed.low = low;
        host.parameters().into_iter().find(|it| it.name == "cpu.speed").unwrap()
    }

    #[test]
    fn a_slower_host_is_named_as_that() {
        let workload = crate::inputs::workload("workloads/echo.toml".as_ref()).unwrap();
        let lean =
            PoolConfig::new(&workload, "process:2".parse().unwrap(), "3.12".parse().unwrap());
        let slow = || Some((speed(0.625), End::Low));
        let of = |times, breaks, at| Regret { times, breaks, at };
        let robustness = Robustness {
            situations: 3,
            finalists: 8,
            worst: of(1.12, false, None),
            overruled: Some((lean.into(), of(2.5, false, slow()))),
        };
        let said = line(&robustness);
        assert!(said.contains("8 finalists at the best values and 2 ends"), "{said}");
        assert!(said.contains("at most 12.0 % worse than the best, at the best values"), "{said}");
        assert!(said.contains("process:2"), "{said}");
        assert!(said.contains("the best, on a host 1.60 times slower"), "{said}");
        let breaks = at_worst(&of(1.0, true, slow()));
        assert_eq!(breaks, "breaks limits on a host 1.60 times slower that another keeps better");
    }
}
