//! Dashes along a path and hatching of an area, as plain lines.

use crate::labels::Area;
use crate::palette::MOST;

/// A straight line, in pixels.
type Line = [(f64, f64); 2];

/// Which way the lines of a pattern go.
#[derive(Clone, Copy, Debug)]
enum Way {
    Flat,
    Upright,
    Rising,
    Falling,
}

/// Lines over `area`, another pattern for every `kind`; the first has none.
pub(crate) fn hatch(area: Area, kind: usize) -> Vec<Line> {
    use Way::{Falling, Flat, Rising, Upright};
    let (ways, gap): (&[Way], f64) = match kind % MOST {
        0 => (&[], 1.0),
        1 => (&[Rising], 18.0),
        2 => (&[Falling], 18.0),
        3 => (&[Flat], 14.0),
        4 => (&[Upright], 14.0),
        5 => (&[Rising, Falling], 24.0),
        6 => (&[Flat, Upright], 22.0),
        _ => (&[Rising], 8.0),
    };
    ways.iter().flat_map(|way| parallels(area, *way, gap)).collect()
}

/// Lines `gap` apart that go one way, as far as they lie in the area. Those of
/// areas side by side meet: they start from the sheet's corner, not the area's.
fn parallels((left, top, right, bottom): Area, way: Way, gap: f64) -> Vec<Line> {
    let area = [left, top, right, bottom].map(f64::from);
    let [left, top, right, bottom] = area;
    let (from, to) = match way {
        Way::Flat => (top, bottom),
        Way::Upright => (left, right),
        Way::Rising => (top + left, bottom + right),
        Way::Falling => (top - right, bottom - left),
    };
    let (first, last) = ((from / gap).ceil() as i64, (to / gap).floor() as i64);
    let line = |step: i64| {
        let at = step as f64 * gap;
        let ends = match way {
            Way::Flat => [(left, at), (right, at)],
            Way::Upright => [(at, top), (at, bottom)],
            Way::Rising => [(left, at - left), (right, at - right)],
            Way::Falling => [(left, at + left), (right, at + right)],
        };
        clipped(ends, area)
    };
    (first..=last).filter_map(line).collect()
}

/// The part of `line` inside `area` (Liang and Barsky).
fn clipped([(x0, y0), (x1, y1)]: Line, [left, top, right, bottom]: [f64; 4]) -> Option<Line> {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (p, q) in [(-dx, x0 - left), (dx, right - x0), (-dy, y0 - top), (dy, bottom - y0)] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            enter = enter.max(q / p);
        } else {
            leave = leave.min(q / p);
        }
    }
    let at = |share: f64| (x0 + share * dx, y0 + share * dy);
    (enter < leave).then(|| [at(enter), at(leave)])
}

/// The strokes of a dashed `path`.
pub(crate) fn dashes(path: &[(f64, f64)], dash: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let (mut pieces, mut piece) = (Vec::new(), Vec::new());
    let (mut at, mut left) = (0, dash[0]);
    for pair in path.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut gone = 0.0;
        let point = |gone: f64| {
            let share = if length > 0.0 { gone / length } else { 0.0 };
            (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
        };
        if at % 2 == 0 && piece.is_empty() {
            piece.push((x0, y0));
        }
        while length - gone > left {
            gone += left;
            if at % 2 == 0 {
                piece.push(point(gone));
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![point(gone)];
            }
            at = (at + 1) % dash.len();
            left = dash[at];
        }
        left -= length - gone;
        if at % 2 == 0 {
            piece.push((x1, y1));
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(path: &[(f64, f64)]) -> f64 {
        path.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum()
    }

    #[test]
    fn dashes_follow_the_path_around_its_corners() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], &[6.0, 2.0]);
        let lengths: Vec<f64> = pieces.iter().map(|piece| length(piece)).collect();
        assert_eq!(lengths, [6.0, 6.0, 4.0]);
        assert_eq!(pieces[1], [(8.0, 0.0), (10.0, 0.0), (10.0, 4.0)]);
        assert!(dashes(&[(1.0, 1.0)], &[2.0, 2.0]).is_empty());
    }

    #[test]
    fn hatching_stays_inside() {
        let area = [0.0, 0.0, 10.0, 10.0];
        assert_eq!(clipped([(-5.0, 5.0), (15.0, 5.0)], area), Some([(0.0, 5.0), (10.0, 5.0)]));
        assert_eq!(clipped([(-5.0, 11.0), (15.0, 11.0)], area), None);
        assert_eq!(clipped([(0.0, -5.0), (10.0, 5.0)], area), Some([(5.0, 0.0), (10.0, 5.0)]));
    }

    #[test]
    fn every_kind_has_its_own_pattern_inside_the_area() {
        let area = (10, 20, 110, 90);
        let patterns: Vec<Vec<Line>> = (0..MOST).map(|kind| hatch(area, kind)).collect();
        for (kind, lines) in patterns.iter().enumerate() {
            assert_eq!(lines.is_empty(), kind == 0);
            for (x, y) in lines.iter().flatten() {
                let inside = (9.999..=110.001).contains(x) && (19.999..=90.001).contains(y);
                assert!(inside, "{kind}: {x} {y}");
            }
            assert!(patterns[..kind].iter().all(|other| other != lines));
        }
    }
}
