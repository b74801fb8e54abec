//! One walk over every parameter of a host, whatever its type.

use serde::Serialize;

use crate::host::{Host, Origin, Parameter};
use crate::kernel::SimDuration;

/// What a parameter's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterUnit {
    /// A plain number, or ns/byte where the name says `per_byte`.
    Number,
    /// Time, in s.
    Seconds,
    /// Memory, in bytes.
    Bytes,
}

/// A parameter of a host, its type taken away.
#[derive(Clone, Debug, PartialEq)]
pub struct HostParameter {
    /// Table and key of the calibration file, like `cpu.wake_latency`.
    pub name: String,
    /// What the numbers count.
    pub unit: ParameterUnit,
    /// Best value.
    pub value: f64,
    /// Lower end of its 95 % range.
    pub low: f64,
    /// Upper end of its 95 % range.
    pub high: f64,
    /// Where it comes from.
    pub origin: Origin,
    /// Source or method, in a few words.
    pub note: String,
    /// How far the fit is from what was observed, as a share of the value; none
    /// if nothing was fitted.
    pub fit_error: Option<f64>,
}

impl HostParameter {
    /// The value at `end`.
    pub fn at(&self, end: End) -> f64 {
        match end {
            End::Low => self.low,
            End::High => self.high,
        }
    }
}

/// An end of a parameter's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lower.
    Low,
    /// The upper.
    High,
}

impl End {
    /// Both, the lower first.
    pub const BOTH: [Self; 2] = [Self::Low, Self::High];
}

/// A parameter of any type, as the walk meets it.
pub(super) trait Uncertain {
    fn named(&self, name: &str) -> HostParameter;
    fn move_to(&mut self, end: End);
    fn set(&mut self, value: f64);
}

/// A type that parameters have.
trait Scalar: Copy {
    const UNIT: ParameterUnit;
    fn number(self) -> f64;
    fn of(number: f64) -> Self;
}

impl Scalar for f64 {
    const UNIT: ParameterUnit = ParameterUnit::Number;

    fn number(self) -> f64 {
        self
    }

    fn of(number: f64) -> Self {
        number
    }
}

impl Scalar for SimDuration {
    const UNIT: ParameterUnit = ParameterUnit::Seconds;

    fn number(self) -> f64 {
        self.as_secs()
    }

    fn of(number: f64) -> Self {
        Self((number.max(0.0) * 1e9).round() as u64)
    }
}

impl Scalar for u64 {
    const UNIT: ParameterUnit = ParameterUnit::Bytes;

    fn number(self) -> f64 {
        self as f64
    }

    fn of(number: f64) -> Self {
        number.max(0.0).round() as Self
    }
}

impl<T: Scalar> Uncertain for Parameter<T> {
    fn named(&self, name: &str) -> HostParameter {
        HostParameter {
            name: name.to_owned(),
            unit: T::UNIT,
            value: self.value.number(),
            low: self.low.number(),
            high: self.high.number(),
            origin: self.origin,
            note: self.note.clone(),
            fit_error: self.fit_error,
        }
    }

    fn move_to(&mut self, end: End) {
        self.value = match end {
            End::Low => self.low,
            End::High => self.high,
        };
    }

    fn set(&mut self, value: f64) {
        self.value = T::of(value);
    }
}

impl Host {
    /// Every parameter, in the order of the calibration file.
    pub fn parameters(&self) -> Vec<HostParameter> {
        let mut all = Vec::new();
        // The walk can change what it meets, so it walks over a copy.
        self.clone().walk(&mut |name, parameter| all.push(parameter.named(name)));
        all
    }

    /// This host with the parameter of that name at an end of its range; as it
    /// is if there is none of that name.
    pub fn at_end(&self, name: &str, end: End) -> Self {
        let mut moved = self.clone();
        moved.walk(&mut |met, parameter| {
            if met == name {
                parameter.move_to(end);
            }
        });
        moved
    }

    /// This host with every parameter at the value that `draw` gives it, in the
    /// units of [`HostParameter`]; ranges stay.
    pub fn with_values(&self, mut draw: impl FnMut(&HostParameter) -> f64) -> Self {
        let mut drawn = self.clone();
        drawn.walk(&mut |name, parameter| {
            let value = draw(&parameter.named(name));
            parameter.set(value);
        });
        drawn
    }

    /// Where each parameter comes from, in the order of the calibration file.
    pub fn origins(&self) -> Vec<Origin> {
        self.parameters().into_iter().map(|parameter| parameter.origin).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_met_once_and_moves_alone() {
        let mut host = Host::ideal(2);
        host.cpu.wake_latency.high = SimDuration::MILLISECOND;
        host.dispatch.native.worker.low = SimDuration::ZERO;
        host.dispatch.native.worker.value = SimDuration::MICROSECOND;
        let all = host.parameters();
        let names: std::collections::BTreeSet<&str> = all.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        assert!(names.contains("dispatch.python_process.submit"), "{names:?}");
        let moved = host.at_end("cpu.wake_latency", End::High);
        assert_eq!(moved.cpu.wake_latency.value, SimDuration::MILLISECOND);
        let back = moved.at_end("cpu.wake_latency", End::Low);
        assert_eq!(back, host.at_end("cpu.wake_latency", End::Low));
        let moved = host.at_end("dispatch.native.worker", End::Low);
        assert_eq!(moved.dispatch.native.worker.value, SimDuration::ZERO);
        assert_eq!(host.at_end("no.such", End::High), host);
    }

    #[test]
    fn values_can_be_set_in_their_own_units() {
        let host = Host::ideal(2);
        assert_eq!(host.with_values(|parameter| parameter.value), host);
        let set = host.with_values(|parameter| match parameter.name.as_str() {
            "cpu.wake_latency" => 0.001,
            "memory.thread" => 4096.0,
            _ => parameter.value,
        });
        assert_eq!(set.cpu.wake_latency.value, SimDuration::MILLISECOND);
        assert_eq!(set.memory.thread.value, 4096);
        assert_eq!(set.cpu.wake_latency.high, host.cpu.wake_latency.high);
    }

    #[test]
    fn a_host_has_as_many_origins_as_its_file_has_ranges() {
        let host = Host::ideal(2);
        assert_eq!(host.write().matches("origin = ").count(), host.origins().len());
    }
}
