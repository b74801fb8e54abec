//! Who wins over two inputs, one rectangle for each pair of values.

use crate::PlotError;
use crate::canvas::{Anchor, Canvas, Font};
use crate::frame::{self, BOTTOM, HEIGHT, LEFT, SMALL, TEXT, WIDTH};
use crate::labels::{Area, width};
use crate::palette::{BLACK, INK, MOST, WHITE, look};

/// Who wins over two inputs.
#[derive(Clone, Debug)]
pub struct Winners {
    /// Above the figure.
    pub title: Option<String>,
    /// Name and unit of the horizontal input.
    pub x: String,
    /// Its values, from left to right.
    pub columns: Vec<String>,
    /// Name and unit of the vertical input.
    pub y: String,
    /// Its values, from bottom to top.
    pub rows: Vec<String>,
    /// Who can win, at most eight.
    pub names: Vec<String>,
    /// Who does, row by row from the bottom, each from left to right; `None`
    /// where it cannot be said.
    pub cells: Vec<Option<usize>>,
    /// What is written in a cell, as `cells`; may be empty.
    pub notes: Vec<String>,
}

/// Sizes of what is written in a cell, in pixels.
const NOTES: [i32; 3] = [22, 19, 16];
/// Most values of one input.
const SIDE: usize = 40;

impl Winners {
    /// Draws the figure.
    ///
    /// # Errors
    /// There is nothing to show, or more than can be read.
    pub fn draw(&self) -> Result<String, PlotError> {
        self.check()?;
        let legend = self.names.iter().map(|name| width(name, TEXT)).max().unwrap_or(0);
        let legend = (legend + 100).clamp(180, 420);
        let left = LEFT.max(self.rows.iter().map(|row| width(row, SMALL)).max().unwrap_or(0) + 90);
        let left = left.min(360);
        let area = (left, frame::top(self.title.as_deref()), WIDTH - legend, HEIGHT - BOTTOM);
        let mut picture = String::new();
        let mut canvas = Canvas::new(&mut picture, WIDTH, HEIGHT);
        frame::title(&mut canvas, self.title.as_deref(), left);
        for (index, cell) in self.cells.iter().enumerate() {
            self.draw_cell(&mut canvas, area, index, *cell);
        }
        self.draw_borders(&mut canvas, area);
        self.draw_inputs(&mut canvas, area);
        self.draw_legend(&mut canvas, area);
        canvas.finish()?;
        Ok(picture)
    }

    fn check(&self) -> Result<(), PlotError> {
        let too_many = |what, found, most| Err(PlotError::TooMany { what, found, most });
        if self.names.len() > MOST {
            return too_many("winners", self.names.len(), MOST);
        }
        let side = self.columns.len().max(self.rows.len());
        if side > SIDE {
            return too_many("values of one input", side, SIDE);
        }
        if self.cells.is_empty() || self.cells.len() != self.columns.len() * self.rows.len() {
            return Err(PlotError::Empty);
        }
        Ok(())
    }

    fn draw_cell(&self, canvas: &mut Canvas<'_>, area: Area, index: usize, winner: Option<usize>) {
        let cell = self.area(area, index % self.columns.len(), index / self.columns.len());
        let Some(winner) = winner else {
            canvas.box_fill(cell, INK, 0.08);
            return;
        };
        canvas.box_fill(cell, look(winner).colour, 0.45);
        canvas.hatch(cell, winner);
        let note = self.notes.get(index).map_or("", String::as_str);
        let Some(size) = self.note_size(area).filter(|_| !note.is_empty()) else {
            return;
        };
        let (x, y) = ((cell.0 + cell.2) / 2, (cell.1 + cell.3) / 2);
        let (w, h) = (width(note, size) / 2 + 2, size / 2 + 3);
        canvas.box_fill((x - w, y - h, x + w, y + h), WHITE, 0.85);
        let at = (f64::from(x), f64::from(y));
        canvas.text(at, note, Font::new(size, BLACK), Anchor::Centre);
    }

    /// The largest size in which every note fits its cell.
    fn note_size(&self, area: Area) -> Option<i32> {
        let (left, top, right, bottom) = self.area(area, 0, 0);
        let fits = |size: &i32| {
            let widest = self.notes.iter().map(|note| width(note, *size)).max().unwrap_or(0);
            widest + 6 <= right - left && size + 6 <= bottom - top
        };
        NOTES.into_iter().find(fits)
    }

    /// The rectangle of a column and a row.
    fn area(&self, (left, top, right, bottom): Area, column: usize, row: usize) -> Area {
        let across = |at: usize| left + (right - left) * at as i32 / self.columns.len() as i32;
        let upward = |at: usize| bottom - (bottom - top) * at as i32 / self.rows.len() as i32;
        (across(column), upward(row + 1), across(column + 1), upward(row))
    }

    /// Heavy lines where the winner changes.
    fn draw_borders(&self, canvas: &mut Canvas<'_>, area: Area) {
        let (columns, rows) = (self.columns.len(), self.rows.len());
        let winner = |column: usize, row: usize| self.cells[row * columns + column];
        for row in 0..rows {
            for column in 0..columns {
                let cell = self.area(area, column, row);
                let edge = |a: (i32, i32), b: (i32, i32)| {
                    [(f64::from(a.0), f64::from(a.1)), (f64::from(b.0), f64::from(b.1))]
                };
                if column + 1 < columns && winner(column, row) != winner(column + 1, row) {
                    canvas.line(&edge((cell.2, cell.1), (cell.2, cell.3)), BLACK, 3, &[]);
                }
                if row + 1 < rows && winner(column, row) != winner(column, row + 1) {
                    canvas.line(&edge((cell.0, cell.1), (cell.2, cell.1)), BLACK, 3, &[]);
                }
            }
        }
        canvas.box_line(area, INK, 2);
    }

    /// Values and names of both inputs.
    fn draw_inputs(&self, canvas: &mut Canvas<'_>, area: Area) {
        let font = Font::new(SMALL, INK);
        let mut free = i32::MIN;
        for (column, text) in self.columns.iter().enumerate() {
            let cell = self.area(area, column, 0);
            let (middle, half) = ((cell.0 + cell.2) / 2, width(text, SMALL) / 2);
            if middle - half > free {
                let at = (f64::from(middle), f64::from(area.3) + 24.0);
                canvas.text(at, text, font, Anchor::Centre);
                free = middle + half + 8;
            }
        }
        let mut free = i32::MAX;
        for (row, text) in self.rows.iter().enumerate() {
            let cell = self.area(area, 0, row);
            let middle = (cell.1 + cell.3) / 2;
            if middle + SMALL / 2 < free {
                let text = frame::fitted(text, area.0 - 70, SMALL);
                let at = (f64::from(area.0) - 12.0, f64::from(middle));
                canvas.text(at, &text, font, Anchor::Right);
                free = middle - SMALL / 2 - 2;
            }
        }
        let middle = f64::from(area.0 + area.2) / 2.0;
        let below = (middle, f64::from(area.3) + 66.0);
        canvas.text(below, &self.x, Font::new(TEXT, INK), Anchor::Centre);
        let beside = (28.0, f64::from(area.1 + area.3) / 2.0);
        canvas.upward_text(beside, &self.y, Font::new(TEXT, INK));
    }

    /// Colour, hatch and name of whoever wins somewhere.
    fn draw_legend(&self, canvas: &mut Canvas<'_>, area: Area) {
        let wins = |index: usize| self.cells.contains(&Some(index));
        let mut top = area.1;
        for (index, name) in self.names.iter().enumerate().filter(|(index, _)| wins(*index)) {
            let patch = (area.2 + 24, top, area.2 + 68, top + 40);
            canvas.box_fill(patch, look(index).colour, 0.45);
            canvas.hatch(patch, index);
            canvas.box_line(patch, INK, 1);
            let at = (f64::from(patch.2) + 12.0, f64::from(top) + 20.0);
            let name = frame::fitted(name, WIDTH - patch.2 - 20, TEXT);
            canvas.text(at, &name, Font::new(TEXT, INK), Anchor::Left);
            top += 58;
        }
        if self.cells.contains(&None) {
            let patch = (area.2 + 24, top, area.2 + 68, top + 40);
            canvas.box_fill(patch, INK, 0.08);
            canvas.box_line(patch, INK, 1);
            let at = (f64::from(patch.2) + 12.0, f64::from(top) + 20.0);
            canvas.text(at, "nobody", Font::new(TEXT, INK), Anchor::Left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn winners() -> Winners {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Winners {
            title: Some("who wins".to_owned()),
            x: "load (1/s)".to_owned(),
            columns: texts(&["100", "200", "400"]),
            y: "cores".to_owned(),
            rows: texts(&["2", "8"]),
            names: texts(&["process:8", "threads:16", "async:4x100"]),
            cells: vec![Some(0), Some(0), None, Some(0), Some(1), Some(1)],
            notes: Vec::new(),
        }
    }

    #[test]
    fn only_who_wins_is_in_the_legend() {
        let picture = winners().draw().unwrap();
        for text in ["process:8", "threads:16", "nobody", "load (1/s)", "cores", "who wins"] {
            assert!(picture.contains(text), "no {text}");
        }
        assert!(!picture.contains("async:4x100"));
    }

    #[test]
    fn cells_cover_the_area_and_the_first_row_is_at_the_bottom() {
        let (winners, area) = (winners(), (10, 20, 311, 221));
        assert_eq!(winners.area(area, 0, 0), (10, 121, 110, 221));
        assert_eq!(winners.area(area, 2, 1), (210, 20, 311, 121));
    }

    #[test]
    fn cells_that_do_not_fill_the_grid_are_refused() {
        let mut short = winners();
        short.cells.pop();
        assert!(matches!(short.draw(), Err(PlotError::Empty)));
        let mut many = winners();
        many.names = vec!["x".to_owned(); 9];
        assert!(matches!(many.draw(), Err(PlotError::TooMany { found: 9, .. })));
    }
}
