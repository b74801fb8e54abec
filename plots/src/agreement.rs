//! Predicted against observed: points near the diagonal agree.

use crate::PlotError;
use crate::canvas::{Anchor, Canvas, Font};
use crate::frame::{self, BOTTOM, HEIGHT, LEFT, RIGHT, SMALL, WIDTH};
use crate::palette::{INK, look};
use crate::scale::{AxisLabel, Quantity, Scale, Spacing};

/// Distance from the diagonal that the band shows, as a share.
const BAND: f64 = 0.10;
/// Most groups that markers tell apart.
const MOST: usize = 8;
/// Between two lines of the legend, in pixels.
const LINE: f64 = 28.0;

/// One observation and its prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// What was observed.
    pub observed: f64,
    /// What was predicted.
    pub predicted: f64,
    /// Prediction interval; not finite if there is none.
    pub interval: (f64, f64),
}

/// Pairs of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Values above zero; others are not shown.
    pub pairs: Vec<Pair>,
}

/// Predicted over observed on logarithmic axes, with a band of 10 % about the
/// diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Above the figure.
    pub title: Option<String>,
    /// What both axes count.
    pub quantity: Quantity,
    /// At most 8.
    pub groups: Vec<Group>,
}

impl Agreement {
    /// Draws the figure.
    ///
    /// # Errors
    /// There is nothing to show, or more groups than markers.
    pub fn draw(&self) -> Result<String, PlotError> {
        if self.groups.len() > MOST {
            let found = self.groups.len();
            return Err(PlotError::TooMany { what: "groups", found, most: MOST });
        }
        let area = (LEFT, frame::top(self.title.as_deref()), WIDTH - RIGHT, HEIGHT - BOTTOM);
        let pairs = || self.groups.iter().flat_map(|group| &group.pairs);
        // Both axes over the same range, so that the diagonal is one.
        let values = || pairs().flat_map(|pair| [pair.observed, pair.predicted]);
        let axis = |name: &str| AxisLabel::new(name, self.quantity, Spacing::Logarithmic);
        let scale =
            |name: &str, pixels| Scale::over(&axis(name), values(), pixels).ok_or(PlotError::Empty);
        let x = scale("observed", (area.0, area.2))?;
        let y = scale("predicted", (area.3, area.1))?;
        let mut picture = String::new();
        let mut canvas = Canvas::new(&mut picture, WIDTH, HEIGHT);
        frame::title(&mut canvas, self.title.as_deref(), LEFT);
        frame::vertical(&mut canvas, area, &y);
        frame::horizontal(&mut canvas, area, &x);
        diagonal(&mut canvas, &x, &y, values());
        for (index, group) in self.groups.iter().enumerate() {
            let look = look(index);
            for pair in group.pairs.iter().filter(|pair| shown(pair, &x, &y)) {
                let at = (x.pixel(pair.observed), y.pixel(pair.predicted));
                let (low, high) = pair.interval;
                if low.is_finite() && high.is_finite() && low > 0.0 {
                    let ends = [(at.0, y.clamped(low)), (at.0, y.clamped(high))];
                    canvas.line(&ends, look.colour, 1, &[]);
                }
                canvas.marker(at, look.marker, look.colour);
            }
            let line = (f64::from(area.0) + 24.0, f64::from(area.1) + 24.0 + LINE * index as f64);
            canvas.marker(line, look.marker, look.colour);
            let font = Font::new(SMALL, look.colour);
            canvas.text((line.0 + 18.0, line.1), &group.name, font, Anchor::Left);
        }
        canvas.finish()?;
        Ok(picture)
    }
}

fn shown(pair: &Pair, x: &Scale, y: &Scale) -> bool {
    x.shows(pair.observed) && y.shows(pair.predicted)
}

/// The diagonal and the band about it.
fn diagonal(canvas: &mut Canvas<'_>, x: &Scale, y: &Scale, values: impl Iterator<Item = f64>) {
    let known = values.filter(|value| value.is_finite() && *value > 0.0);
    let (low, high) =
        known.fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
    let line = |factor: f64| [low, high].map(|value| (x.clamped(value), y.clamped(value * factor)));
    canvas.line(&line(1.0), INK, 2, &[]);
    for factor in [1.0 + BAND, 1.0 / (1.0 + BAND)] {
        canvas.line(&line(factor), INK, 1, &[6.0, 6.0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(values: &[(f64, f64)]) -> Agreement {
        let pair = |&(observed, predicted): &(f64, f64)| Pair {
            observed,
            predicted,
            interval: (predicted * 0.9, predicted * 1.1),
        };
        let group = Group { name: "threads".to_owned(), pairs: values.iter().map(pair).collect() };
        Agreement { title: None, quantity: Quantity::Seconds, groups: vec![group] }
    }

    #[test]
    fn points_are_drawn_and_groups_named() {
        let picture = figure(&[(0.1, 0.11), (1.0, 0.9)]).draw().unwrap();
        assert!(picture.contains("threads") && picture.contains("observed"));
        assert!(!picture.contains("NaN"));
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert!(matches!(figure(&[(0.0, f64::NAN)]).draw(), Err(PlotError::Empty)));
        let mut many = figure(&[(1.0, 1.0)]);
        many.groups = vec![many.groups[0].clone(); 9];
        assert!(matches!(many.draw(), Err(PlotError::TooMany { found: 9, .. })));
    }
}
