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

/// As [`put`], of a share from 0 to 1.
pub(super) fn put_share(parameter: &mut Parameter<f64>, figure: Option<Figure>, how: &str) {
    let within = |share: f64| share.clamp(0.0, 1.0);
    let figure = figure.map(|figure| Figure {
        value: within(figure.value),
        low: within(figure.low),
        high: within(figure.high),
        ..figure
    });
    put(parameter, figure, how);
}
