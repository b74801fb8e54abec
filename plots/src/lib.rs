//! The planner's figures as SVG: readable in print, without colour, and by the
//! colour-blind.
//!
//! Every kind of figure is a plain struct with a `draw` that gives the picture
//! as text: [`Lines`] (latency against load, throughput against workers, with
//! interval bands), [`Timeline`] (memory, workers, queue over time), [`Frontier`]
//! (two objectives and their best trade-offs), [`Winners`] (who wins over two
//! inputs) and [`Agreement`] (predicted against observed). Series differ in colour (Okabe and Ito's), dash and marker, and are
//! named where they end, not in a legend.

mod agreement;
mod canvas;
mod frame;
mod frontier;
mod labels;
mod lines;
mod palette;
mod scale;
mod series;
mod spots;
mod strokes;
mod ticks;
mod timeline;
mod winners;

pub use agreement::{Agreement, Group, Pair};
pub use frontier::{Better, Candidate, Frontier, Objective};
pub use lines::{Limit, Lines};
pub use scale::{AxisLabel, Quantity, Spacing};
pub use series::{Point, Series};
pub use timeline::{Panel, Steps, Timeline};
pub use winners::Winners;

/// A figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// There is nothing to show.
    #[error("there is nothing to draw: no finite values")]
    Empty,
    /// More series, panels or cells than anyone could read.
    #[error("{found} {what} cannot be read in one figure; at most {most} can")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The drawing library failed.
    #[error("the picture could not be drawn: {0}")]
    Backend(String),
}
