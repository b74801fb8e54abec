//! Eight colours that the colour-blind can tell apart (Okabe and Ito), each with
//! a dash, a marker and a hatch of its own, so that no colour is needed.

use plotters::style::RGBColor;

pub(crate) const BLACK: RGBColor = RGBColor(0, 0, 0);
pub(crate) const WHITE: RGBColor = RGBColor(255, 255, 255);
/// Axes and their labels.
pub(crate) const INK: RGBColor = RGBColor(51, 51, 51);
/// Lines that guide the eye.
pub(crate) const FAINT: RGBColor = RGBColor(226, 226, 226);

/// How one series looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) colour: RGBColor,
    /// Lengths of strokes and gaps in turn, in pixels; none for a whole line.
    pub(crate) dash: &'static [f64],
    pub(crate) marker: Marker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Disc,
    Square,
    Triangle,
    Diamond,
    Ring,
    Cross,
    Plus,
    Down,
}

/// Series that one figure can tell apart.
pub(crate) const MOST: usize = 8;

const LOOKS: [Look; MOST] = [
    Look { colour: RGBColor(0, 114, 178), dash: &[], marker: Marker::Disc },
    Look { colour: RGBColor(213, 94, 0), dash: &[14.0, 6.0], marker: Marker::Square },
    Look { colour: RGBColor(0, 158, 115), dash: &[3.0, 5.0], marker: Marker::Triangle },
    Look { colour: RGBColor(204, 121, 167), dash: &[14.0, 5.0, 3.0, 5.0], marker: Marker::Diamond },
    Look { colour: RGBColor(0, 0, 0), dash: &[7.0, 4.0], marker: Marker::Ring },
    Look { colour: RGBColor(230, 159, 0), dash: &[20.0, 5.0], marker: Marker::Cross },
    Look {
        colour: RGBColor(86, 180, 233),
        dash: &[14.0, 4.0, 3.0, 4.0, 3.0, 4.0],
        marker: Marker::Plus,
    },
    Look { colour: RGBColor(150, 140, 0), dash: &[5.0, 9.0], marker: Marker::Down },
];

/// The look of series `index`.
pub(crate) fn look(index: usize) -> Look {
    LOOKS[index % MOST]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_looks_share_colour_dash_or_marker() {
        for (i, a) in LOOKS.iter().enumerate() {
            for b in &LOOKS[..i] {
                assert!(a.colour != b.colour && a.dash != b.dash && a.marker != b.marker);
            }
        }
    }
}
