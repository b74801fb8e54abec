//! From values to pixels, and the ticks in between.

use crate::ticks::{grouped, mantissas, plain, thinned};

/// What an axis counts: decides the unit of its ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Time, in s.
    Seconds,
    /// Memory, in bytes.
    Bytes,
    /// Events per second.
    PerSecond,
    /// Share of a whole, 0 to 1, shown in percent.
    Share,
    /// A number.
    Plain,
}

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Equal differences.
    Linear,
    /// Equal differences, and 0 is on the axis.
    FromZero,
    /// Equal ratios; values of 0 and less are not shown.
    Logarithmic,
}

/// What an axis shows.
#[derive(Clone, Debug)]
pub struct AxisLabel {
    /// What it is, without unit: `p99 latency`.
    pub name: String,
    /// What it counts.
    pub quantity: Quantity,
    /// How it is spread.
    pub spacing: Spacing,
}

impl AxisLabel {
    /// An axis called `name`.
    pub fn new(name: impl Into<String>, quantity: Quantity, spacing: Spacing) -> Self {
        Self { name: name.into(), quantity, spacing }
    }
}

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) text: String,
}

/// An axis over a range of values and of pixels.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    from: f64,
    to: f64,
    unit: (&'static str, f64),
    name: String,
}

const TIME: &[(&str, f64)] = &[("s", 1.0), ("ms", 1e-3), ("\u{b5}s", 1e-6), ("ns", 1e-9)];
const SIZE: &[(&str, f64)] =
    &[("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1024.0), ("B", 1.0)];

/// Ticks that a linear axis aims at.
const TICKS: f64 = 6.0;
/// Share of an axis that may stay empty so that it ends on a tick.
const WASTE: f64 = 0.15;

impl Scale {
    /// An axis that holds all of `values` that are finite, drawn from pixel
    /// `from` to pixel `to`; `None` if there is none.
    pub(crate) fn over(
        label: &AxisLabel,
        values: impl Iterator<Item = f64>,
        (from, to): (i32, i32),
    ) -> Option<Self> {
        let logarithmic = label.spacing == Spacing::Logarithmic;
        let shown = values.filter(|value| value.is_finite() && (!logarithmic || *value > 0.0));
        let (mut low, mut high) = shown
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return None;
        }
        if label.spacing == Spacing::FromZero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if low == high {
            // A single value stands in the middle.
            (low, high) = match (logarithmic, low == 0.0) {
                (true, _) => (low / 2.0, high * 2.0),
                (false, true) => (0.0, 1.0),
                (false, false) => (low - low.abs() / 2.0, high + high.abs() / 2.0),
            };
        }
        let units: &[(&str, f64)] = match label.quantity {
            Quantity::Seconds => TIME,
            Quantity::Bytes => SIZE,
            Quantity::PerSecond => &[("1/s", 1.0)],
            Quantity::Share => &[("%", 0.01)],
            Quantity::Plain => &[("", 1.0)],
        };
        // A logarithmic axis is read where its middle is.
        let typical = if logarithmic { (low * high).sqrt() } else { high.abs().max(low.abs()) };
        let unit = units.iter().find(|(_, worth)| typical >= *worth).or(units.last());
        let unit = *unit.unwrap_or(&("", 1.0));
        let (from, to) = (f64::from(from), f64::from(to));
        let mut scale = Self { low, high, logarithmic, from, to, unit, name: label.name.clone() };
        scale.round_ends(label.spacing);
        Some(scale)
    }

    /// Ends on a tick, where that wastes little room.
    fn round_ends(&mut self, spacing: Spacing) {
        match spacing {
            Spacing::Logarithmic => {
                let ends: Vec<f64> = mantissas(self.low / self.unit.1, self.high / self.unit.1);
                let below =
                    ends.iter().rev().find(|end| **end * self.unit.1 <= self.low * (1.0 + 1e-9));
                let above = ends.iter().find(|end| **end * self.unit.1 >= self.high * (1.0 - 1e-9));
                self.low = below.map_or(self.low, |end| end * self.unit.1);
                self.high = above.map_or(self.high, |end| end * self.unit.1);
            }
            Spacing::Linear | Spacing::FromZero => {
                let step = self.step() * self.unit.1;
                let room = (self.high - self.low) * WASTE;
                let high = (self.high / step - 1e-9).ceil() * step;
                let low = (self.low / step + 1e-9).floor() * step;
                if high - self.high <= room {
                    self.high = high;
                }
                if self.low - low <= room {
                    self.low = low;
                }
            }
        }
    }

    /// Distance of ticks on a linear axis, in its unit: 1, 2 or 5 times a power
    /// of ten.
    fn step(&self) -> f64 {
        let rough = (self.high - self.low) / self.unit.1 / TICKS;
        let power = 10_f64.powf(rough.log10().floor());
        let fit = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| rough <= m * power * (1.0 + 1e-9));
        fit.unwrap_or(10.0) * power
    }

    /// `latency (ms)`.
    pub(crate) fn title(&self) -> String {
        match self.unit.0 {
            "" => self.name.clone(),
            unit => format!("{} ({unit})", self.name),
        }
    }

    /// Where `value` stands; beyond the ends for what is outside.
    pub(crate) fn pixel(&self, value: f64) -> f64 {
        let place = if self.logarithmic {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + (self.to - self.from) * place
    }

    /// As `pixel`, and what is outside stands at the end.
    pub(crate) fn clamped(&self, value: f64) -> f64 {
        let pixel = self.pixel(value);
        pixel.clamp(self.from.min(self.to), self.from.max(self.to))
    }

    /// Can `value` be shown?
    pub(crate) fn shows(&self, value: f64) -> bool {
        value.is_finite() && (!self.logarithmic || value > 0.0)
    }

    /// Marks with their texts, ascending.
    pub(crate) fn ticks(&self) -> Vec<Tick> {
        let worth = self.unit.1;
        let (low, high) = (self.low / worth, self.high / worth);
        if self.logarithmic {
            let inside = |v: &f64| low * (1.0 - 1e-9) <= *v && *v <= high * (1.0 + 1e-9);
            let all: Vec<f64> = mantissas(low, high).into_iter().filter(inside).collect();
            return thinned(all)
                .into_iter()
                .map(|v| Tick { value: v * worth, text: plain(v) })
                .collect();
        }
        let step = self.step();
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let (first, last) =
            ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
        (first..=last)
            .map(|i| i as f64 * step)
            .map(|v| Tick { value: v * worth, text: grouped(&format!("{v:.decimals$}")) })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(quantity: Quantity, spacing: Spacing, low: f64, high: f64) -> Scale {
        let label = AxisLabel::new("x", quantity, spacing);
        Scale::over(&label, [low, high].into_iter(), (0, 100)).unwrap()
    }

    fn texts(scale: &Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn ticks_are_round_and_in_the_unit_that_fits() {
        let time = scale(Quantity::Seconds, Spacing::FromZero, 0.001, 0.029);
        assert_eq!(time.title(), "x (ms)");
        assert_eq!(texts(&time), ["0", "5", "10", "15", "20", "25", "30"]);
        let size = scale(Quantity::Bytes, Spacing::Linear, 1.5e9, 4e9);
        assert_eq!(size.title(), "x (GiB)");
        let share = scale(Quantity::Share, Spacing::FromZero, 0.0, 1.0);
        assert_eq!(texts(&share), ["0", "20", "40", "60", "80", "100"]);
        let small = scale(Quantity::Plain, Spacing::Linear, 0.1, 0.3);
        assert!(texts(&small).contains(&"0.15".to_owned()), "{:?}", texts(&small));
        let plain = scale(Quantity::Plain, Spacing::FromZero, 0.0, 30_000.0);
        assert_eq!(texts(&plain).last().unwrap(), "30\u{2009}000");
    }

    #[test]
    fn logarithmic_ticks_are_one_two_five() {
        let scale = scale(Quantity::Seconds, Spacing::Logarithmic, 0.0031, 0.4);
        assert_eq!(texts(&scale), ["2", "5", "10", "20", "50", "100", "200", "500"]);
        assert_eq!(scale.title(), "x (ms)");
        let equal = scale.pixel(0.01) - scale.pixel(0.005);
        assert!((scale.pixel(0.1) - scale.pixel(0.05) - equal).abs() < 1e-9);
        let wide = self::scale(Quantity::Plain, Spacing::Logarithmic, 1e-6, 1e6);
        assert!(wide.ticks().len() <= 9, "{:?}", texts(&wide));
    }

    #[test]
    fn every_value_lies_within_the_axis_and_ticks_ascend() {
        for spacing in [Spacing::Linear, Spacing::FromZero, Spacing::Logarithmic] {
            for (low, high) in [(1e-9, 3e-9), (0.4, 0.4), (7.0, 7123.0), (1e8, 1e12)] {
                let scale = scale(Quantity::Plain, spacing, low, high);
                for value in [low, high] {
                    let pixel = scale.pixel(value);
                    assert!((-1e-6..=100.000_001).contains(&pixel), "{spacing:?} {value}: {pixel}");
                }
                let ticks = scale.ticks();
                assert!((1..=14).contains(&ticks.len()), "{spacing:?} {low}: {ticks:?}");
                assert!(ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
                assert!(ticks.windows(2).all(|pair| pair[0].text != pair[1].text), "{ticks:?}");
            }
        }
    }

    #[test]
    fn an_axis_ends_on_a_tick_only_where_that_wastes_little() {
        let end = |high: f64| scale(Quantity::Plain, Spacing::FromZero, 0.0, high).pixel(high);
        assert!((end(31.0) - 100.0).abs() < 1e-9, "40 would leave a quarter empty");
        assert!((end(38.0) - 95.0).abs() < 1e-9, "40 is near");
    }

    #[test]
    fn nothing_to_show_is_no_axis() {
        let label = |spacing| AxisLabel::new("x", Quantity::Plain, spacing);
        let nothing = [f64::NAN, f64::INFINITY];
        assert!(Scale::over(&label(Spacing::Linear), nothing.into_iter(), (0, 1)).is_none());
        assert!(Scale::over(&label(Spacing::Logarithmic), [0.0].into_iter(), (0, 1)).is_none());
        assert!(Scale::over(&label(Spacing::FromZero), [0.0].into_iter(), (0, 1)).is_some());
    }
}
