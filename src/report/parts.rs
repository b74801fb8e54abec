//! What `parts.html` shows: tables of cells, figures, verdicts, bars.

use minijinja::value::Value;
use plots::PlotError;
use serde::Serialize;
use sim::stats::Verdict;

use crate::render::recommendation;

/// A table with a caption. The first cell of each row names the row.
#[derive(Serialize)]
pub struct Table {
    caption: String,
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
    /// Too wide for a phone?
    wide: bool,
}

/// Columns of short texts that a phone has room for.
const COLUMNS: usize = 3;
/// Characters of a short text.
const SHORT: usize = 40;

impl Table {
    pub fn new(caption: &str, head: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        let long = |cell: &Cell| cell.text.chars().count() > SHORT;
        let wide = rows.iter().any(|row| row.len() > COLUMNS || row.iter().any(long));
        Self { caption: caption.to_owned(), head, rows, wide }
    }

    /// As [`Table::new`], of plain text.
    pub fn of_text<const N: usize>(caption: &str, head: [&str; N], rows: Vec<[String; N]>) -> Self {
        let cells = |row: [String; N]| row.into_iter().map(Cell::of).collect();
        Self::new(caption, &head, rows.into_iter().map(cells).collect())
    }
}

/// What stands in one cell, in this order.
#[derive(Default, Serialize)]
pub struct Cell {
    badge: Option<Badge>,
    bar: Option<Bar>,
    text: String,
    mark: Option<&'static str>,
}

impl Cell {
    pub fn of(text: impl ToString) -> Self {
        Self { text: text.to_string(), ..Self::default() }
    }

    pub fn badge(self, verdict: Verdict) -> Self {
        Self { badge: Some(Badge::of(verdict)), ..self }
    }

    pub fn bar(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    pub fn mark(self, mark: Option<&'static str>) -> Self {
        Self { mark, ..self }
    }
}

/// A verdict by sign and word.
#[derive(Serialize)]
pub struct Badge {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
}

impl Badge {
    pub fn of(verdict: Verdict) -> Self {
        Self::saying(verdict, recommendation::verdict(verdict))
    }

    /// As [`Badge::of`], in other words.
    pub fn saying(verdict: Verdict, words: &'static str) -> Self {
        let (class, sign) = match verdict {
            Verdict::Met => ("met", "\u{2713}"),
            Verdict::Missed => ("missed", "\u{2717}"),
            Verdict::NotResolved => ("open", "?"),
        };
        Self { class, sign, words }
    }

    /// Words about no verdict.
    pub fn none(words: &'static str) -> Self {
        Self { class: "open", sign: "", words }
    }
}

/// A stretch of a track, as CSS lengths.
#[derive(Debug, PartialEq, Serialize)]
pub struct Bar {
    left: String,
    width: String,
}

impl Bar {
    /// From one share of the track to another.
    pub fn new(from: f64, to: f64) -> Self {
        let percent = |share: f64| share.clamp(0.0, 1.0) * 100.0;
        let (from, to) = (percent(from.min(to)), percent(from.max(to)));
        Self { left: format!("{from:.1}%"), width: format!("{:.1}%", to - from) }
    }
}

/// A picture, or why there is none.
#[derive(Serialize)]
pub struct Figure {
    svg: Option<Value>,
    why: Option<String>,
    says: String,
    caption: String,
}

impl Figure {
    /// `says` is what somebody hears who cannot see it.
    pub fn new(picture: Result<String, PlotError>, says: &str, caption: &str) -> Self {
        let (says, caption) = (says.to_owned(), caption.to_owned());
        match picture {
            // The plotting library escapes the texts in it.
            Ok(svg) => Self { svg: Some(Value::from_safe_string(svg)), why: None, says, caption },
            Err(error) => Self { svg: None, why: Some(error.to_string()), says, caption },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, context};

    /// What the macro `name` makes of `shown`.
    fn drawn(name: &str, shown: impl Serialize) -> String {
        let mut pages = Environment::new();
        pages.add_template("parts.html", super::super::PARTS).unwrap();
        let page = format!("{{% import 'parts.html' as parts %}}{{{{ parts.{name}(shown) }}}}");
        pages.add_template("page.html", &page).unwrap();
        pages.get_template("page.html").unwrap().render(context! { shown }).unwrap()
    }

    #[test]
    fn a_bar_stays_on_its_track() {
        let bar = |left: &str, width: &str| Bar { left: left.to_owned(), width: width.to_owned() };
        assert_eq!(Bar::new(0.75, 0.25), bar("25.0%", "50.0%"));
        assert_eq!(Bar::new(-1.0, 7.0), bar("0.0%", "100.0%"));
    }

    #[test]
    fn names_of_users_are_text() {
        let table = Table::of_text("<b>", ["<i>"], vec![["<script>".to_owned()]]);
        let html = drawn("table", table);
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
    }

    #[test]
    fn names_of_users_in_pictures_are_text() {
        let series = plots::Series {
            name: "<script>".to_owned(),
            points: vec![plots::Point { x: 1.0, y: 1.0, low: 1.0, high: 1.0 }],
        };
        let axis = || plots::AxisLabel::new("x", plots::Quantity::Plain, plots::Spacing::FromZero);
        let lines = plots::Lines {
            title: None,
            x: axis(),
            y: axis(),
            series: vec![series],
            limits: Vec::new(),
            note: None,
        };
        let html = drawn("figure", Figure::new(lines.draw(), "says", "caption"));
        assert!(html.contains("<svg") && html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_picture_that_cannot_be_drawn_says_why() {
        let html = drawn("figure", Figure::new(Err(PlotError::Empty), "says", "caption"));
        assert!(html.contains("No figure: there is nothing to draw"), "{html}");
    }

    #[test]
    fn a_verdict_is_a_sign_and_a_word_not_a_colour_alone() {
        let html = drawn("badge", Badge::of(Verdict::Missed));
        assert!(html.contains('\u{2717}') && html.contains("MISSED"), "{html}");
    }
}
