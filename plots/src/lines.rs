//! Series over a quantity: latency against load, throughput against workers.

use crate::PlotError;
use crate::canvas::{Anchor, Canvas, Font};
use crate::frame::{self, BOTTOM, HEIGHT, LEFT, TEXT, WIDTH};
use crate::labels::{self, Area};
use crate::palette::{INK, MOST, look};
use crate::scale::{AxisLabel, Scale};
use crate::series::{Point, Series};

/// Series over a quantity, with bands for their intervals.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Above the figure.
    pub title: Option<String>,
    /// Horizontal axis.
    pub x: AxisLabel,
    /// Vertical axis.
    pub y: AxisLabel,
    /// At most eight.
    pub series: Vec<Series>,
    /// Values not to be passed.
    pub limits: Vec<Limit>,
    /// What to know when reading it, in a few words.
    pub note: Option<String>,
}

/// A value of the vertical axis that is not to be passed.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Its label.
    pub name: String,
    /// Where it is.
    pub value: f64,
}

impl Lines {
    /// Draws the figure.
    ///
    /// # Errors
    /// There is nothing to show, or more than eight series.
    pub fn draw(&self) -> Result<String, PlotError> {
        if self.series.len() > MOST {
            let found = self.series.len();
            return Err(PlotError::TooMany { what: "lines", found, most: MOST });
        }
        let names = self.series.iter().map(|series| series.name.as_str());
        let right = WIDTH - frame::right_margin(names);
        let area = (LEFT, frame::top(self.title.as_deref()), right, HEIGHT - BOTTOM);
        let (x, y) = self.scales(area).ok_or(PlotError::Empty)?;
        let mut picture = String::new();
        let mut canvas = Canvas::new(&mut picture, WIDTH, HEIGHT);
        frame::title(&mut canvas, self.title.as_deref(), LEFT);
        frame::vertical(&mut canvas, area, &y);
        frame::horizontal(&mut canvas, area, &x);
        for limit in &self.limits {
            draw_limit(&mut canvas, area, &y, limit);
        }
        if let Some(note) = &self.note {
            let at = (f64::from(area.2), f64::from(area.1) - 18.0);
            let note = frame::fitted(note, area.2 - area.0, frame::SMALL);
            canvas.text(at, &note, Font::new(frame::SMALL, INK), Anchor::Right);
        }
        let shown: Vec<Vec<Point>> =
            self.series.iter().map(|series| visible(&series.points, &x, &y)).collect();
        for (index, points) in shown.iter().enumerate() {
            draw_band(&mut canvas, points, &x, &y, index);
        }
        for (index, points) in shown.iter().enumerate() {
            draw_line(&mut canvas, points, &x, &y, index);
        }
        self.draw_names(&mut canvas, area, &shown, &x, &y);
        canvas.finish()?;
        Ok(picture)
    }

    /// Axes over all points, their intervals and the limits.
    fn scales(&self, (left, top, right, bottom): Area) -> Option<(Scale, Scale)> {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let known = || points().filter(|point| point.y.is_finite());
        let x = Scale::over(&self.x, known().map(|point| point.x), (left, right))?;
        let values = known().flat_map(|point| [point.y, point.low, point.high]);
        let limits = self.limits.iter().map(|limit| limit.value);
        let y = Scale::over(&self.y, values.chain(limits), (bottom, top))?;
        Some((x, y))
    }

    /// Each name where its line ends, moved apart.
    fn draw_names(
        &self,
        canvas: &mut Canvas<'_>,
        area: Area,
        shown: &[Vec<Point>],
        x: &Scale,
        y: &Scale,
    ) {
        let named = |(index, points): (usize, &Vec<Point>)| {
            let last = points.last().filter(|_| !self.series[index].name.is_empty())?;
            Some((index, x.pixel(last.x), y.pixel(last.y)))
        };
        let ends: Vec<(usize, f64, f64)> = shown.iter().enumerate().filter_map(named).collect();
        let wanted: Vec<f64> = ends.iter().map(|end| end.2).collect();
        let gap = f64::from(TEXT) * 1.25;
        let places = labels::spread(&wanted, gap, f64::from(area.1), f64::from(area.3));
        for ((index, end_x, end_y), place) in ends.into_iter().zip(places) {
            let colour = look(index).colour;
            let at = f64::from(area.2) + 28.0;
            canvas.line(&[(end_x + 9.0, end_y), (at - 6.0, place)], colour, 1, LEADER);
            let name = frame::fitted(&self.series[index].name, frame::label_room(), TEXT);
            canvas.text((at, place), &name, Font::new(TEXT, colour), Anchor::Left);
        }
    }
}

/// Dots of the line from the end of a series to its name.
const LEADER: &[f64] = &[2.0, 4.0];

/// The points that both axes can show, from left to right.
fn visible(points: &[Point], x: &Scale, y: &Scale) -> Vec<Point> {
    let mut points: Vec<Point> =
        points.iter().copied().filter(|point| x.shows(point.x) && y.shows(point.y)).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    points
}

fn draw_limit(canvas: &mut Canvas<'_>, area: Area, y: &Scale, limit: &Limit) {
    if !y.shows(limit.value) {
        return;
    }
    let at = y.pixel(limit.value);
    canvas.line(&[(f64::from(area.0), at), (f64::from(area.2), at)], INK, 2, &[4.0, 4.0]);
    let above = (f64::from(area.0) + 8.0, at - 16.0);
    canvas.text(above, &limit.name, Font::new(frame::SMALL, INK), Anchor::Left);
}

/// The interval around a line; a single point gets a bar.
fn draw_band(canvas: &mut Canvas<'_>, points: &[Point], x: &Scale, y: &Scale, index: usize) {
    let colour = look(index).colour;
    let has_interval = |point: &&Point| point.low.is_finite() && point.high.is_finite();
    let known: Vec<&Point> = points.iter().filter(has_interval).collect();
    for point in &known {
        let at = x.pixel(point.x);
        let bar = [(at, y.clamped(point.low)), (at, y.clamped(point.high))];
        canvas.line(&bar, colour, 2, &[]);
    }
    let upper = known.iter().map(|point| (x.pixel(point.x), y.clamped(point.high)));
    let lower = known.iter().rev().map(|point| (x.pixel(point.x), y.clamped(point.low)));
    let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
    if known.len() > 1 {
        canvas.fill(&outline, colour, 0.18);
    }
}

fn draw_line(canvas: &mut Canvas<'_>, points: &[Point], x: &Scale, y: &Scale, index: usize) {
    /// With more points than this, markers would hide the line.
    const MARKERS: usize = 40;
    let look = look(index);
    let path: Vec<(f64, f64)> =
        points.iter().map(|point| (x.pixel(point.x), y.pixel(point.y))).collect();
    if path.len() > 1 {
        canvas.line(&path, look.colour, 3, look.dash);
    }
    let every = path.len().div_ceil(MARKERS).max(1);
    for at in path.iter().step_by(every) {
        canvas.marker(*at, look.marker, look.colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Quantity, Spacing};

    fn lines(series: usize) -> Lines {
        let points: Vec<Point> =
            (1..=5).map(|x| Point { x: x.into(), y: 0.1, low: 0.05, high: 0.2 }).collect();
        let one = |name: usize| Series { name: format!("series {name}"), points: points.clone() };
        Lines {
            title: None,
            x: AxisLabel::new("load", Quantity::PerSecond, Spacing::FromZero),
            y: AxisLabel::new("latency", Quantity::Seconds, Spacing::FromZero),
            series: (0..series).map(one).collect(),
            limits: vec![Limit { name: "limit".to_owned(), value: 0.15 }],
            note: None,
        }
    }

    #[test]
    fn every_series_is_named_and_axes_have_units() {
        let picture = lines(3).draw().unwrap();
        for text in ["series 0", "series 1", "series 2", "latency (ms)", "load (1/s)", "limit"] {
            assert!(picture.contains(text), "no {text}");
        }
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn points_that_are_not_known_are_left_out() {
        let mut figure = lines(1);
        figure.series[0].points[2].y = f64::NAN;
        figure.series[0].points[3].x = f64::INFINITY;
        figure.series[0].points[4].high = f64::INFINITY;
        let picture = figure.draw().unwrap();
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
        figure.series[0].points.clear();
        figure.limits.clear();
        assert!(matches!(figure.draw(), Err(PlotError::Empty)));
    }

    #[test]
    fn nine_lines_are_too_many() {
        assert!(matches!(lines(9).draw(), Err(PlotError::TooMany { found: 9, most: 8, .. })));
    }
}
