//! Where a name can stand about its point.

use crate::canvas::Anchor;
use crate::frame::SMALL;
use crate::labels::{self, Area};

/// Where a name may stand.
pub(crate) struct Spot {
    pub(crate) area: Area,
    pub(crate) anchor: Anchor,
    /// Does it need a line to its point?
    pub(crate) is_far: bool,
}

impl Spot {
    /// The end of the name that is next to its point.
    pub(crate) fn end(&self) -> (f64, f64) {
        let edge = if self.anchor == Anchor::Left { self.area.0 } else { self.area.2 };
        (f64::from(edge), f64::from(self.area.1 + self.area.3) / 2.0)
    }
}

/// Places for a name about its point, the best first.
pub(crate) fn spots((x, y): (f64, f64), name: &str) -> Vec<Spot> {
    const NEAR: [(i32, i32); 3] = [(14, -14), (14, 14), (16, 0)];
    const FAR: [i32; 8] = [-44, 44, -74, 74, -104, 104, -134, -164];
    // Bold letters are wider.
    let (w, h) = (labels::width(name, SMALL) * 11 / 10, SMALL);
    let (x, y) = (x as i32, y as i32);
    let both = |dx: i32, dy: i32, is_far: bool| {
        let (top, bottom) = (y + dy - h / 2, y + dy + h / 2);
        let right = Spot { area: (x + dx, top, x + dx + w, bottom), anchor: Anchor::Left, is_far };
        let left = Spot { area: (x - dx - w, top, x - dx, bottom), anchor: Anchor::Right, is_far };
        [right, left]
    };
    let near = NEAR.into_iter().flat_map(|(dx, dy)| both(dx, dy, false));
    near.chain(FAR.into_iter().flat_map(|dy| both(20, dy, true))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_for_a_name_covers_its_point() {
        for spot in spots((500.0, 300.0), "process:8") {
            let (left, top, right, bottom) = spot.area;
            assert!(left >= 514 || right <= 486, "{:?}", spot.area);
            assert_eq!(bottom - top, SMALL);
            let is_beside = (top - 16..=bottom + 16).contains(&300);
            assert_eq!(spot.is_far, !is_beside, "{:?}", spot.area);
        }
    }
}
