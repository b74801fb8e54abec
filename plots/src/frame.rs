//! The sheet, its margins and its axes.

use crate::canvas::{Anchor, Canvas, Font};
use crate::labels::{Area, width};
use crate::palette::{FAINT, INK};
use crate::scale::{Scale, Tick};

/// Width of every figure, in pixels.
pub(crate) const WIDTH: i32 = 1200;
/// Height of a figure with one panel, in pixels.
pub(crate) const HEIGHT: i32 = 750;
/// Size of labels and titles of axes, in pixels.
pub(crate) const TEXT: i32 = 24;
/// Size of ticks, in pixels.
pub(crate) const SMALL: i32 = 22;
/// Room on the left for ticks and the title of the axis.
pub(crate) const LEFT: i32 = 130;
/// Room at the bottom.
pub(crate) const BOTTOM: i32 = 96;
/// Room at the top without a title.
pub(crate) const TOP: i32 = 34;
/// More room for a title.
pub(crate) const TITLE: i32 = 46;
/// Least room on the right.
pub(crate) const RIGHT: i32 = 40;
/// Most that labels may take on the right; longer ones are cut.
const LABELS: i32 = 420;

/// Room on the right for labels of these names.
pub(crate) fn right_margin<'a>(names: impl Iterator<Item = &'a str>) -> i32 {
    let widest = names.map(|name| width(name, TEXT)).max().unwrap_or(0);
    if widest == 0 { RIGHT } else { (widest + 40).clamp(RIGHT, LABELS) }
}

/// `name`, cut to what fits the room for labels.
pub(crate) fn fitted(name: &str, room: i32, size: i32) -> String {
    if width(name, size) <= room {
        return name.to_owned();
    }
    let mut text = name.to_owned();
    while !text.is_empty() && width(&text, size) + width("\u{2026}", size) > room {
        text.pop();
    }
    text + "\u{2026}"
}

/// Longest name that fits the margin for labels.
pub(crate) fn label_room() -> i32 {
    LABELS - 40
}

/// Writes the title, if there is one.
pub(crate) fn title(canvas: &mut Canvas<'_>, title: Option<&str>, left: i32) {
    if let Some(title) = title {
        let text = fitted(title, WIDTH - left - RIGHT, TEXT + 2);
        let at = (f64::from(left), f64::from(TOP) / 2.0 + 12.0);
        canvas.text(at, &text, Font::new(TEXT + 2, INK).bold(), Anchor::Left);
    }
}

/// Top of the first panel.
pub(crate) fn top(title: Option<&str>) -> i32 {
    if title.is_some() { TOP + TITLE } else { TOP }
}

/// Draws the vertical axis: faint lines at its ticks, and its title.
pub(crate) fn vertical(canvas: &mut Canvas<'_>, area: Area, scale: &Scale) {
    let (left, top, right, bottom) = area;
    for Tick { value, text } in scale.ticks() {
        let y = scale.pixel(value);
        canvas.line(&[(f64::from(left), y), (f64::from(right), y)], FAINT, 1, &[]);
        let at = (f64::from(left) - 14.0, y);
        canvas.text(at, &text, Font::new(SMALL, INK), Anchor::Right);
    }
    let middle = f64::from(top + bottom) / 2.0;
    let name = fitted(&scale.title(), (bottom - top).max(260), TEXT);
    canvas.upward_text((28.0, middle), &name, Font::new(TEXT, INK));
}

/// Draws the horizontal axis: its line, ticks, their texts and its title.
pub(crate) fn horizontal(canvas: &mut Canvas<'_>, area: Area, scale: &Scale) {
    let (left, _, right, bottom) = area;
    let base = f64::from(bottom);
    canvas.line(&[(f64::from(left), base), (f64::from(right), base)], INK, 2, &[]);
    let mut free = i32::MIN;
    for Tick { value, text } in scale.ticks() {
        let x = scale.pixel(value);
        canvas.line(&[(x, base), (x, base + 8.0)], INK, 2, &[]);
        let half = width(&text, SMALL) / 2;
        // A text that would touch the one before it is left out.
        if x as i32 - half > free {
            canvas.text((x, base + 26.0), &text, Font::new(SMALL, INK), Anchor::Centre);
            free = x as i32 + half + 8;
        }
    }
    let at = (f64::from(left + right) / 2.0, base + 68.0);
    canvas.text(at, &scale.title(), Font::new(TEXT, INK), Anchor::Centre);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_to_the_room() {
        assert_eq!(fitted("process:8", 400, TEXT), "process:8");
        let cut = fitted(&"process:8 ".repeat(20), 200, TEXT);
        assert!(width(&cut, TEXT) <= 200 && cut.ends_with('\u{2026}'), "{cut}");
        assert_eq!(fitted("m", 0, TEXT), "\u{2026}");
    }
}
