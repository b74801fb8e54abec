//! A time series as one line of text.

use std::env;
use std::ops::Range;

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '#', '@'];

/// The characters of the eight levels above zero, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ramp {
    /// Block elements.
    Blocks,
    /// For terminals that show nothing else.
    Ascii,
}

impl Ramp {
    /// ASCII if `NO_COLOR` is set or the terminal is dumb.
    pub fn from_environment() -> Self {
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if plain || env::var_os("TERM").is_some_and(|term| term == "dumb") {
            Self::Ascii
        } else {
            Self::Blocks
        }
    }

    fn characters(self) -> [char; 9] {
        match self {
            Self::Blocks => BLOCKS,
            Self::Ascii => ASCII,
        }
    }
}

/// Which value stands for its stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The highest.
    Peaks,
    /// The lowest.
    Dips,
}

/// `values` in at most `width` characters, each for one stretch, from zero to
/// `top`. A value above zero is never shown as zero.
pub fn sparkline(values: &[f64], top: f64, width: usize, shown: Shown, ramp: Ramp) -> String {
    let characters = ramp.characters();
    let width = width.min(values.len());
    let stretch =
        |column: usize| column * values.len() / width..(column + 1) * values.len() / width;
    let extreme = |stretch: Range<usize>| {
        let values = values[stretch].iter().copied();
        match shown {
            Shown::Peaks => values.fold(0.0, f64::max),
            Shown::Dips => values.fold(f64::INFINITY, f64::min),
        }
    };
    let level =
        |value: f64| if top > 0.0 { (value / top * 8.0).ceil().min(8.0) as usize } else { 0 };
    (0..width).map(|column| characters[level(extreme(stretch(column)))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_from_zero_to_the_top() {
        assert_eq!(sparkline(&[0.0, 0.1, 4.0, 8.0], 8.0, 60, Shown::Peaks, Ramp::Blocks), " ▁▄█");
        assert_eq!(sparkline(&[0.0, 0.1, 4.0, 8.0], 8.0, 60, Shown::Peaks, Ramp::Ascii), " .=@");
        assert_eq!(sparkline(&[0.0, 0.0], 0.0, 60, Shown::Peaks, Ramp::Ascii), "  ");
        assert_eq!(sparkline(&[], 1.0, 60, Shown::Peaks, Ramp::Ascii), "");
    }

    #[test]
    fn a_peak_survives_the_squeeze() {
        let mut values = vec![0.0; 600];
        values[123] = 1.0;
        let line = sparkline(&values, 1.0, 60, Shown::Peaks, Ramp::Ascii);
        assert_eq!(line.len(), 60);
        assert_eq!(line.find('@'), Some(12));
        assert_eq!(sparkline(&[2.0, 1.0, 2.0, 2.0], 2.0, 2, Shown::Dips, Ramp::Ascii), "=@");
        assert_eq!(sparkline(&values[..97], 1.0, 48, Shown::Peaks, Ramp::Ascii).len(), 48);
    }
}
