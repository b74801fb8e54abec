//! Values with their intervals.

/// One value of a series, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Along the horizontal axis.
    pub x: f64,
    /// Best value; not finite where it is not known.
    pub y: f64,
    /// Lower end of its interval; not finite if there is none.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Point {
    /// A value without an interval.
    pub fn exact(x: f64, y: f64) -> Self {
        Self { x, y, low: f64::NAN, high: f64::NAN }
    }
}

/// Points that belong together.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its label; may be empty if there is only one.
    pub name: String,
    /// Its points, in any order.
    pub points: Vec<Point>,
}
