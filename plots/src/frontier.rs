//! Two objectives, and the candidates that no other beats in both.

use plotters::style::RGBColor;

use crate::PlotError;
use crate::canvas::{Anchor, Canvas, Font};
use crate::frame::{self, BOTTOM, HEIGHT, LEFT, RIGHT, SMALL, WIDTH};
use crate::labels::{Area, overlap};
use crate::palette::{INK, Marker, look};
use crate::scale::{AxisLabel, Scale};
use crate::spots::{Spot, spots};

/// Which direction of an objective is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Small values.
    Less,
    /// Large values.
    More,
}

/// One objective, an axis of the figure.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its axis.
    pub axis: AxisLabel,
    /// Which direction is wanted.
    pub better: Better,
}

/// One candidate.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its label.
    pub name: String,
    /// Along the horizontal objective.
    pub x: f64,
    /// Interval of that; not finite if there is none.
    pub x_interval: (f64, f64),
    /// Along the vertical objective.
    pub y: f64,
    /// Interval of that.
    pub y_interval: (f64, f64),
}

/// Two objectives and the candidates' values.
#[derive(Clone, Debug)]
pub struct Frontier {
    /// Above the figure.
    pub title: Option<String>,
    /// Horizontal objective.
    pub x: Objective,
    /// Vertical objective.
    pub y: Objective,
    /// In any order.
    pub candidates: Vec<Candidate>,
}

impl Frontier {
    /// Positions of the candidates that no other is as good as in both
    /// objectives and better than in one, in order of the horizontal one. Equal
    /// candidates are all on the frontier.
    pub fn best(&self) -> Vec<usize> {
        let signed = |objective: &Objective, value: f64| match objective.better {
            Better::Less => value,
            Better::More => -value,
        };
        let costs: Vec<(usize, f64, f64)> = (self.candidates.iter().enumerate())
            .map(|(i, c)| (i, signed(&self.x, c.x), signed(&self.y, c.y)))
            .filter(|(_, x, y)| x.is_finite() && y.is_finite())
            .collect();
        let mut sorted = costs;
        sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.2.total_cmp(&b.2)));
        let mut best: Vec<(usize, f64, f64)> = Vec::new();
        for candidate in sorted {
            let beaten = best.last().is_some_and(|last| {
                last.2 < candidate.2 || (last.2 == candidate.2 && last.1 < candidate.1)
            });
            if !beaten {
                best.push(candidate);
            }
        }
        best.sort_by(|a, b| self.candidates[a.0].x.total_cmp(&self.candidates[b.0].x));
        best.into_iter().map(|(index, ..)| index).collect()
    }

    /// Draws the figure.
    ///
    /// # Errors
    /// There is nothing to show.
    pub fn draw(&self) -> Result<String, PlotError> {
        let area = (LEFT, frame::top(self.title.as_deref()), WIDTH - RIGHT, HEIGHT - BOTTOM);
        let ends = |value: f64, interval: (f64, f64)| [value, interval.0, interval.1];
        let known = || self.candidates.iter().filter(|c| c.x.is_finite() && c.y.is_finite());
        let x = known().flat_map(|c| ends(c.x, c.x_interval));
        let y = known().flat_map(|c| ends(c.y, c.y_interval));
        let x = Scale::over(&self.x.axis, x, (area.0, area.2)).ok_or(PlotError::Empty)?;
        let y = Scale::over(&self.y.axis, y, (area.3, area.1)).ok_or(PlotError::Empty)?;
        let mut picture = String::new();
        let mut canvas = Canvas::new(&mut picture, WIDTH, HEIGHT);
        frame::title(&mut canvas, self.title.as_deref(), LEFT);
        frame::vertical(&mut canvas, area, &y);
        frame::horizontal(&mut canvas, area, &x);
        self.draw_corner(&mut canvas, area);
        let best = self.best();
        self.draw_steps(&mut canvas, &best, &x, &y);
        let place = |candidate: &Candidate| Place::of(candidate, &x, &y);
        let places: Vec<Option<Place>> = self.candidates.iter().map(place).collect();
        for (index, place) in places.iter().enumerate() {
            let (marker, colour) = if best.contains(&index) {
                (Marker::Disc, look(0).colour)
            } else {
                (Marker::Cross, INK)
            };
            place.iter().for_each(|place| place.draw(&mut canvas, marker, colour));
        }
        self.draw_names(&mut canvas, area, &best, &places);
        canvas.finish()?;
        Ok(picture)
    }

    /// Says in words where the best corner is.
    fn draw_corner(&self, canvas: &mut Canvas<'_>, area: Area) {
        let (x, anchor, sideways) = match self.x.better {
            Better::Less => (f64::from(area.0) + 12.0, Anchor::Left, "\u{2190}"),
            Better::More => (f64::from(area.2) - 12.0, Anchor::Right, "\u{2192}"),
        };
        let (y, upright) = match self.y.better {
            Better::Less => (f64::from(area.3) - 20.0, "\u{2193}"),
            Better::More => (f64::from(area.1) + 20.0, "\u{2191}"),
        };
        let text = format!("{sideways} {upright} better");
        canvas.text((x, y), &text, Font::new(SMALL, INK), anchor);
    }

    /// The staircase between the best: what lies beyond it nobody reaches.
    fn draw_steps(&self, canvas: &mut Canvas<'_>, best: &[usize], x: &Scale, y: &Scale) {
        let corner = |a: (f64, f64), b: (f64, f64)| match self.x.better {
            Better::Less => (b.0, a.1),
            Better::More => (a.0, b.1),
        };
        let mut path: Vec<(f64, f64)> = Vec::new();
        for candidate in best.iter().map(|&index| &self.candidates[index]) {
            if !(x.shows(candidate.x) && y.shows(candidate.y)) {
                continue;
            }
            let here = (x.pixel(candidate.x), y.pixel(candidate.y));
            path.extend(path.last().map(|last| corner(*last, here)));
            path.push(here);
        }
        if path.len() > 1 {
            canvas.line(&path, look(0).colour, 2, &[10.0, 6.0]);
        }
    }

    /// Names of the best, then of the others where there is room.
    fn draw_names(
        &self,
        canvas: &mut Canvas<'_>,
        area: Area,
        best: &[usize],
        places: &[Option<Place>],
    ) {
        let others = (0..self.candidates.len()).filter(|index| !best.contains(index));
        let order: Vec<usize> = best.iter().copied().chain(others).collect();
        let mut taken: Vec<Area> =
            places.iter().flatten().flat_map(|place| place.areas()).collect();
        for index in order {
            let Some(place) = &places[index] else { continue };
            let name = frame::fitted(&self.candidates[index].name, frame::label_room(), SMALL);
            let free = |spot: &Spot| {
                let (left, top, right, bottom) = spot.area;
                let inside =
                    left >= area.0 && right <= area.2 && top >= area.1 - 12 && bottom <= area.3 + 4;
                inside && !taken.iter().any(|other| overlap(*other, spot.area))
            };
            // A candidate without room goes nameless: the table has it.
            let is_best = best.contains(&index);
            let mut spots =
                spots(place.at, &name).into_iter().filter(|spot| is_best || !spot.is_far);
            let Some(spot) = spots.find(free) else { continue };
            taken.push(spot.area);
            let font = Font::new(SMALL, if is_best { look(0).colour } else { INK });
            let font = if is_best { font.bold() } else { font };
            let end = spot.end();
            if spot.is_far {
                canvas.line(&[place.at, end], font.colour, 1, &[2.0, 4.0]);
            }
            canvas.text(end, &name, font, spot.anchor);
        }
    }
}

/// A candidate in pixels.
struct Place {
    at: (f64, f64),
    /// Ends of its intervals.
    across: Option<(f64, f64)>,
    upward: Option<(f64, f64)>,
}

impl Place {
    fn of(candidate: &Candidate, x: &Scale, y: &Scale) -> Option<Self> {
        let ends = |scale: &Scale, (low, high): (f64, f64)| {
            let known = low.is_finite() && high.is_finite();
            known.then(|| (scale.clamped(low), scale.clamped(high)))
        };
        (x.shows(candidate.x) && y.shows(candidate.y)).then(|| Self {
            at: (x.pixel(candidate.x), y.pixel(candidate.y)),
            across: ends(x, candidate.x_interval),
            upward: ends(y, candidate.y_interval),
        })
    }

    fn draw(&self, canvas: &mut Canvas<'_>, marker: Marker, colour: RGBColor) {
        let (x, y) = self.at;
        if let Some((low, high)) = self.across {
            canvas.line(&[(low, y), (high, y)], colour, 2, &[]);
        }
        if let Some((low, high)) = self.upward {
            canvas.line(&[(x, low), (x, high)], colour, 2, &[]);
        }
        canvas.marker(self.at, marker, colour);
    }

    /// What the marker and the intervals cover.
    fn areas(&self) -> Vec<Area> {
        let (x, y) = (self.at.0 as i32, self.at.1 as i32);
        let mut areas = vec![(x - 9, y - 9, x + 9, y + 9)];
        areas.extend(self.across.map(|(low, high)| (low as i32, y - 1, high as i32, y + 2)));
        areas.extend(self.upward.map(|(low, high)| (x - 1, high as i32, x + 2, low as i32)));
        areas
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Quantity, Spacing};

    fn frontier(x: Better, y: Better, values: &[(f64, f64)]) -> Frontier {
        let objective = |name: &str, better| Objective {
            axis: AxisLabel::new(name, Quantity::Plain, Spacing::FromZero),
            better,
        };
        let candidate = |(index, &(x, y)): (usize, &(f64, f64))| {
            let none = (f64::NAN, f64::NAN);
            Candidate {
                name: format!("candidate {index}"),
                x,
                x_interval: none,
                y,
                y_interval: none,
            }
        };
        Frontier {
            title: None,
            x: objective("cost", x),
            y: objective("gain", y),
            candidates: values.iter().enumerate().map(candidate).collect(),
        }
    }

    const VALUES: [(f64, f64); 6] =
        [(1.0, 1.0), (2.0, 3.0), (3.0, 2.0), (4.0, 4.0), (4.0, 5.0), (0.5, f64::NAN)];

    #[test]
    fn the_best_are_those_that_no_other_beats() {
        let best = |x, y| frontier(x, y, &VALUES).best();
        assert_eq!(best(Better::Less, Better::More), [0, 1, 4]);
        assert_eq!(best(Better::Less, Better::Less), [0]);
        assert_eq!(best(Better::More, Better::More), [4]);
        assert_eq!(best(Better::More, Better::Less), [0, 2, 3]);
    }

    #[test]
    fn the_best_are_the_same_by_definition() {
        let mut state = 3_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 60) as f64
        };
        for _ in 0..50 {
            let values: Vec<(f64, f64)> = (0..12).map(|_| (random(), random())).collect();
            let mut best = frontier(Better::Less, Better::Less, &values).best();
            best.sort_unstable();
            let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
            let expected: Vec<usize> = (0..values.len())
                .filter(|&i| !values.iter().any(|&other| beats(other, values[i])))
                .collect();
            assert_eq!(best, expected, "{values:?}");
        }
    }

    #[test]
    fn the_best_are_named_in_bold() {
        let picture = frontier(Better::Less, Better::More, &VALUES).draw().unwrap();
        for name in ["candidate 0", "candidate 1", "candidate 4"] {
            assert!(picture.contains(name), "{name}");
        }
        assert!(!picture.contains("NaN"));
        let nothing = frontier(Better::Less, Better::More, &VALUES[5..]).draw();
        assert!(matches!(nothing, Err(PlotError::Empty)));
    }
}
