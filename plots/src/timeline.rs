//! Panels over one axis of time: memory, workers up, slots busy, queue.

use crate::canvas::{Anchor, Canvas, Font};
use crate::frame::{self, BOTTOM, LEFT, TEXT, WIDTH};
use crate::labels::{self, Area};
use crate::palette::{INK, MOST, look};
use crate::scale::{AxisLabel, Quantity, Scale, Spacing};
use crate::{Limit, PlotError};

/// Panels over one axis of time.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Above the figure.
    pub title: Option<String>,
    /// From top to bottom, at most five.
    pub panels: Vec<Panel>,
    /// Moments at which something happened (restarts, say), in s, with the name
    /// of what; drawn through all panels.
    pub events: Option<(String, Vec<f64>)>,
}

/// One quantity over time.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Vertical axis.
    pub y: AxisLabel,
    /// At most eight.
    pub steps: Vec<Steps>,
    /// Values not to be passed.
    pub limits: Vec<Limit>,
}

/// A value that holds from its time on until the next.
#[derive(Clone, Debug)]
pub struct Steps {
    /// Its label; may be empty if there is only one.
    pub name: String,
    /// Times, in s, ascending, with the values from there on.
    pub points: Vec<(f64, f64)>,
}

/// Panels that one sheet takes.
const PANELS: usize = 5;
/// Space between panels, in pixels.
const BETWEEN: i32 = 34;

impl Timeline {
    /// Draws the figure.
    ///
    /// # Errors
    /// There is nothing to show, or more than can be read.
    pub fn draw(&self) -> Result<String, PlotError> {
        let found = self.panels.len();
        if found > PANELS {
            return Err(PlotError::TooMany { what: "panels", found, most: PANELS });
        }
        let lines = self.panels.iter().map(|panel| panel.steps.len()).max().unwrap_or(0);
        if lines > MOST {
            return Err(PlotError::TooMany { what: "lines", found: lines, most: MOST });
        }
        let all = || self.panels.iter().flat_map(|panel| &panel.steps);
        let right = WIDTH - frame::right_margin(all().map(|steps| steps.name.as_str()));
        let time = AxisLabel::new("time", Quantity::Seconds, Spacing::FromZero);
        let times = all().flat_map(|steps| steps.points.iter().map(|(at, _)| *at));
        let x = Scale::over(&time, times, (LEFT, right)).ok_or(PlotError::Empty)?;
        let head = frame::top(self.title.as_deref()) + if self.events.is_some() { 30 } else { 0 };
        let height = if found == 1 { 560 } else { 250 };
        let sheet = head + found as i32 * (height + BETWEEN) - BETWEEN + BOTTOM;
        let mut picture = String::new();
        let mut canvas = Canvas::new(&mut picture, WIDTH, sheet);
        frame::title(&mut canvas, self.title.as_deref(), LEFT);
        for (index, panel) in self.panels.iter().enumerate() {
            let top = head + index as i32 * (height + BETWEEN);
            let area = (LEFT, top, right, top + height);
            panel.draw(&mut canvas, area, &x)?;
            self.draw_events(&mut canvas, area, &x, index == 0);
            if index + 1 == found {
                frame::horizontal(&mut canvas, area, &x);
            } else {
                let base = f64::from(area.3);
                let line = [(f64::from(area.0), base), (f64::from(area.2), base)];
                canvas.line(&line, INK, 2, &[]);
            }
        }
        canvas.finish()?;
        Ok(picture)
    }

    fn draw_events(&self, canvas: &mut Canvas<'_>, area: Area, x: &Scale, is_first: bool) {
        let Some((name, times)) = &self.events else { return };
        let shown: Vec<f64> = times.iter().copied().filter(|at| x.shows(*at)).collect();
        for at in &shown {
            let x = x.clamped(*at);
            canvas.line(&[(x, f64::from(area.1)), (x, f64::from(area.3))], INK, 1, &[2.0, 6.0]);
            let tip = f64::from(area.1);
            canvas.fill(&[(x - 7.0, tip - 12.0), (x + 7.0, tip - 12.0), (x, tip)], INK, 1.0);
        }
        if is_first && !shown.is_empty() {
            let at = (f64::from(area.0), f64::from(area.1) - 28.0);
            let text = format!("\u{25bc} {name}");
            canvas.text(at, &text, Font::new(frame::SMALL, INK), Anchor::Left);
        }
    }
}

impl Panel {
    fn draw(&self, canvas: &mut Canvas<'_>, area: Area, x: &Scale) -> Result<(), PlotError> {
        let values = self.steps.iter().flat_map(|steps| steps.points.iter().map(|(_, v)| *v));
        let limits = self.limits.iter().map(|limit| limit.value);
        let y = Scale::over(&self.y, values.chain(limits), (area.3, area.1));
        let y = y.ok_or(PlotError::Empty)?;
        frame::vertical(canvas, area, &y);
        for limit in &self.limits {
            let at = y.clamped(limit.value);
            canvas.line(&[(f64::from(area.0), at), (f64::from(area.2), at)], INK, 2, &[4.0, 4.0]);
            let above = (f64::from(area.0) + 8.0, at + 16.0);
            canvas.text(above, &limit.name, Font::new(frame::SMALL, INK), Anchor::Left);
        }
        let mut ends = Vec::new();
        for (index, steps) in self.steps.iter().enumerate() {
            let path = staircase(&steps.points, x, &y);
            canvas.line(&path, look(index).colour, 3, look(index).dash);
            ends.extend(path.last().map(|last| (index, last.0, last.1)));
        }
        ends.retain(|(index, ..)| !self.steps[*index].name.is_empty());
        let wanted: Vec<f64> = ends.iter().map(|end| end.2).collect();
        let gap = f64::from(TEXT) * 1.25;
        let places = labels::spread(&wanted, gap, f64::from(area.1), f64::from(area.3));
        for ((index, end_x, end_y), place) in ends.into_iter().zip(places) {
            let (colour, at) = (look(index).colour, f64::from(area.2) + 28.0);
            canvas.line(&[(end_x, end_y), (at - 6.0, place)], colour, 1, &[]);
            let name = frame::fitted(&self.steps[index].name, frame::label_room(), TEXT);
            canvas.text((at, place), &name, Font::new(TEXT, colour), Anchor::Left);
        }
        Ok(())
    }
}

/// Flat to the next time, then straight up or down.
fn staircase(points: &[(f64, f64)], x: &Scale, y: &Scale) -> Vec<(f64, f64)> {
    let mut path: Vec<(f64, f64)> = Vec::with_capacity(points.len() * 2);
    for (at, value) in points.iter().filter(|(at, value)| x.shows(*at) && y.shows(*value)) {
        let (at, value) = (x.clamped(*at), y.clamped(*value));
        if let Some((_, before)) = path.last().copied() {
            path.push((at, before));
        }
        path.push((at, value));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(names: &[&str]) -> Panel {
        let steps = |name: &&str| Steps {
            name: (*name).to_owned(),
            points: vec![(0.0, 0.0), (1.0, 4.0), (2.0, 3.0)],
        };
        Panel {
            y: AxisLabel::new("workers", Quantity::Plain, Spacing::FromZero),
            steps: names.iter().map(steps).collect(),
            limits: Vec::new(),
        }
    }

    #[test]
    fn values_hold_until_the_next() {
        let label = |name| AxisLabel::new(name, Quantity::Plain, Spacing::FromZero);
        let x = Scale::over(&label("x"), [0.0, 2.0].into_iter(), (0, 200)).unwrap();
        let y = Scale::over(&label("y"), [0.0, 4.0].into_iter(), (100, 0)).unwrap();
        let path = staircase(&[(0.0, 0.0), (1.0, 4.0), (2.0, 2.0)], &x, &y);
        let expected = [(0.0, 100.0), (100.0, 100.0), (100.0, 0.0), (200.0, 0.0), (200.0, 50.0)];
        assert_eq!(path, expected);
    }

    #[test]
    fn panels_share_one_axis_of_time() {
        let panels = vec![panel(&["up", "busy"]), panel(&[""])];
        let events = Some(("restarts".to_owned(), vec![0.5, 1.5]));
        let picture = Timeline { title: None, panels, events }.draw().unwrap();
        assert_eq!(picture.matches("time (s)").count(), 1);
        assert_eq!(picture.matches("restarts").count(), 1);
        assert_eq!(picture.matches("workers").count(), 2);
    }

    #[test]
    fn what_nobody_could_read_is_refused() {
        let draw = |panels| Timeline { title: None, panels, events: None }.draw();
        assert!(matches!(draw(vec![panel(&["x"]); 6]), Err(PlotError::TooMany { found: 6, .. })));
        assert!(matches!(draw(vec![panel(&["x"; 9])]), Err(PlotError::TooMany { found: 9, .. })));
        assert!(matches!(draw(Vec::new()), Err(PlotError::Empty)));
    }
}
