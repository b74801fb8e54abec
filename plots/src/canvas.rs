//! Strokes, areas, text and markers, in pixels.

use plotters::coord::Shift;
use plotters::prelude::{
    DrawingArea, IntoDrawingArea as _, PathElement, Polygon, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontStyle, FontTransform, IntoFont as _, RGBColor, ShapeStyle, TextStyle,
};

use crate::PlotError;
use crate::labels::Area;
use crate::palette::{BLACK, Marker, WHITE};
use crate::strokes;

/// Half the size of a marker, in pixels.
const MARKER: f64 = 7.0;

/// Where a text stands about its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Font {
    pub(crate) size: i32,
    pub(crate) colour: RGBColor,
    pub(crate) bold: bool,
}

impl Font {
    pub(crate) fn new(size: i32, colour: RGBColor) -> Self {
        Self { size, colour, bold: false }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
}

/// A white sheet. The first failure is kept and told at the end.
pub(crate) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    failure: Option<String>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(picture: &'a mut String, width: i32, height: i32) -> Self {
        let size = (width.max(1) as u32, height.max(1) as u32);
        let area = SVGBackend::with_string(picture, size).into_drawing_area();
        let failure = area.fill(&WHITE).err().map(|error| error.to_string());
        Self { area, failure }
    }

    pub(crate) fn finish(self) -> Result<(), PlotError> {
        let failure = match self.failure {
            None => self.area.present().err().map(|error| error.to_string()),
            found => found,
        };
        failure.map_or(Ok(()), |error| Err(PlotError::Backend(error)))
    }

    fn draw<E>(&mut self, element: &E)
    where
        for<'b> &'b E: plotters::element::PointCollection<'b, (i32, i32)>,
        E: plotters::element::Drawable<SVGBackend<'a>>,
    {
        if let Err(error) = self.area.draw(element) {
            self.failure.get_or_insert_with(|| error.to_string());
        }
    }

    /// A stroke along `path`; `dash` has the lengths of strokes and gaps.
    pub(crate) fn line(&mut self, path: &[(f64, f64)], colour: RGBColor, width: u32, dash: &[f64]) {
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: width };
        let pieces =
            if dash.is_empty() { vec![path.to_vec()] } else { strokes::dashes(path, dash) };
        for piece in pieces {
            self.draw(&PathElement::new(rounded(&piece), style));
        }
    }

    /// A filled polygon.
    pub(crate) fn fill(&mut self, outline: &[(f64, f64)], colour: RGBColor, opacity: f64) {
        self.draw(&Polygon::new(rounded(outline), colour.mix(opacity).filled()));
    }

    /// A filled rectangle.
    pub(crate) fn box_fill(&mut self, area: Area, colour: RGBColor, opacity: f64) {
        self.fill(&corners(area), colour, opacity);
    }

    /// The outline of a rectangle.
    pub(crate) fn box_line(&mut self, area: Area, colour: RGBColor, width: u32) {
        let mut path = corners(area).to_vec();
        path.push(path[0]);
        self.line(&path, colour, width, &[]);
    }

    /// Text whose middle line is at `at`.
    pub(crate) fn text(&mut self, at: (f64, f64), text: &str, font: Font, anchor: Anchor) {
        let style = styled(font, anchor);
        self.draw(&Text::new(text.to_owned(), pixel(at), style));
    }

    /// Text that reads upwards, centred at `at`.
    pub(crate) fn upward_text(&mut self, at: (f64, f64), text: &str, font: Font) {
        let style = styled(font, Anchor::Centre).transform(FontTransform::Rotate270);
        self.draw(&Text::new(text.to_owned(), pixel(at), style));
    }

    /// A marker at `at`.
    pub(crate) fn marker(&mut self, (x, y): (f64, f64), marker: Marker, colour: RGBColor) {
        let round = |radius: f64| -> Vec<(f64, f64)> {
            (0..=24)
                .map(|step| f64::from(step) * std::f64::consts::TAU / 24.0)
                .map(|angle| (x + radius * angle.cos(), y + radius * angle.sin()))
                .collect()
        };
        let shape = |corners: &[(f64, f64)]| -> Vec<(f64, f64)> {
            corners.iter().map(|(dx, dy)| (x + dx * MARKER, y + dy * MARKER)).collect()
        };
        match marker {
            Marker::Disc => self.fill(&round(MARKER), colour, 1.0),
            Marker::Ring => {
                self.fill(&round(MARKER), WHITE, 1.0);
                self.line(&round(MARKER), colour, 3, &[]);
            }
            Marker::Square => {
                self.fill(
                    &shape(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
                    colour,
                    1.0,
                );
            }
            Marker::Triangle => {
                self.fill(&shape(&[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)]), colour, 1.0);
            }
            Marker::Down => {
                self.fill(&shape(&[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)]), colour, 1.0);
            }
            Marker::Diamond => {
                self.fill(&shape(&[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)]), colour, 1.0);
            }
            Marker::Cross => {
                self.line(&shape(&[(-0.9, -0.9), (0.9, 0.9)]), colour, 4, &[]);
                self.line(&shape(&[(-0.9, 0.9), (0.9, -0.9)]), colour, 4, &[]);
            }
            Marker::Plus => {
                self.line(&shape(&[(-1.1, 0.0), (1.1, 0.0)]), colour, 4, &[]);
                self.line(&shape(&[(0.0, -1.1), (0.0, 1.1)]), colour, 4, &[]);
            }
        }
    }

    /// Black lines over `area`, another pattern for every `kind`; the first has none.
    pub(crate) fn hatch(&mut self, area: Area, kind: usize) {
        for line in strokes::hatch(area, kind) {
            self.line(&line, BLACK, 1, &[]);
        }
    }
}

fn styled(font: Font, anchor: Anchor) -> TextStyle<'static> {
    let horizontal = match anchor {
        Anchor::Left => HPos::Left,
        Anchor::Centre => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
    let family = ("sans-serif", font.size).into_font().style(style);
    TextStyle {
        font: family,
        color: font.colour.to_backend_color(),
        pos: Pos::new(horizontal, VPos::Center),
    }
}

fn corners((left, top, right, bottom): Area) -> [(f64, f64); 4] {
    [(left, top), (right, top), (right, bottom), (left, bottom)]
        .map(|(x, y)| (f64::from(x), f64::from(y)))
}

fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

fn rounded(path: &[(f64, f64)]) -> Vec<(i32, i32)> {
    path.iter().copied().map(pixel).collect()
}
