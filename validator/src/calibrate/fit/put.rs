//! Figures into parameters.

use sim::host::{Origin, Parameter};
use sim::kernel::SimDuration;

use super::super::figure::Figure;

/// A type that a parameter can have.
pub(super) trait Quantity: Copy {
    fn of(number: f64) -> Self;
}

impl Quantity for f64 {
    fn of(number: f64) -> Self {
        number.max(0.0)
    }
}

impl Quantity for SimDuration {
    fn of(number: f64) -> Self {
        // Costs below zero are noise around none.
        Self(number.max(0.0).round() as u64)
    }
}

impl Quantity for u64 {
    fn of(number: f64) -> Self {
        number.max(0.0).round() as Self
    }
}

/// Replaces `parameter` by what was measured; leaves it as it is if nothing was.
pub(super) fn put<T: Quantity>(parameter: &mut Parameter<T>, figure: Option<Figure>, how: &str) {
    let Some(Figure { value, low, high, error, rounds }) = figure else {
        return;
    };
    let times = if rounds == 1 { "1 round".to_owned() } else { format!("{rounds} rounds") };
    *parameter = Parameter {
        value: T::of(value),
        low: T::of(low.min(value)),
        high: T::of(high.max(value)),
        origin: Origin::Measured,
        note: format!("{how}; {times}"),
        fit_error: Some((error * 1e4).round() / 1e4),
    };
}

/// As [`put`], of a share from 0 to 1. One below zero is noise, at least as large
/// as it is below: the range moves up with it.
pub(super) fn put_share(parameter: &mut Parameter<f64>, figure: Option<Figure>, how: &str) {
    let figure = figure.map(|figure| {
        let within = |share: f64| (share - figure.value.min(0.0)).clamp(0.0, 1.0);
        Figure {
            value: within(figure.value),
            low: within(figure.low),
            high: within(figure.high),
            ..figure
        }
    });
    put(parameter, figure, how);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_below_zero_is_none_with_the_noise_that_it_shows() {
        let mut parameter = Parameter::exactly(0.5);
        let figure = Figure { value: -0.04, low: -0.1, high: -0.01, error: 0.0, rounds: 3 };
        put_share(&mut parameter, Some(figure), "how");
        assert_eq!((parameter.low, parameter.value), (0.0, 0.0));
        assert!((parameter.high - 0.03).abs() < 1e-9, "{parameter:?}");
        assert_eq!(parameter.note, "how; 3 rounds");
        let before = parameter.clone();
        put_share(&mut parameter, None, "how");
        assert_eq!(parameter, before, "what was not measured stays");
    }
}
