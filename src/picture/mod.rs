//! Pictures of tables: which columns go where.

mod error;
mod frontier;
mod inputs;
mod label;
mod lines;
pub mod timeline;
mod winners;

use tables::Table;

use crate::args::PlotKind;

pub use error::PictureError;

/// What a picture is to show; what is not said follows from the table.
#[derive(Clone, Debug)]
pub struct Wish {
    pub kind: Option<PlotKind>,
    pub x: Option<String>,
    pub y: Vec<String>,
    pub by: Option<String>,
    pub best: Option<String>,
    pub title: Option<String>,
    /// Cells that fail a larger share of their requests have no latency to show.
    pub failures: f64,
}

/// Failures that a picture of a sweep takes, unless told otherwise.
pub const FAILURES: f64 = 0.01;

impl Default for Wish {
    fn default() -> Self {
        Self {
            kind: None,
            x: None,
            y: Vec::new(),
            by: None,
            best: None,
            title: None,
            failures: FAILURES,
        }
    }
}

/// The picture of a sweep's table.
pub fn of_sweep(table: &Table, kind: Option<PlotKind>) -> Result<String, PictureError> {
    draw(table, &Wish { kind, ..Wish::default() })
}

/// Draws `table` as SVG.
///
/// # Errors
/// The table has not what the picture needs.
pub fn draw(table: &Table, wish: &Wish) -> Result<String, PictureError> {
    match wish.kind.unwrap_or_else(|| fitting(table)) {
        PlotKind::Latency => lines::draw(table, wish, lines::Shows::Latency),
        PlotKind::Throughput => lines::draw(table, wish, lines::Shows::Throughput),
        PlotKind::Frontier => frontier::draw(table, wish),
        PlotKind::Winners => winners::draw(table, wish),
        PlotKind::Memory => timeline::memory(table, wish),
        PlotKind::Timeline => timeline::pool(table, wish),
    }
}

/// The kind that suits what is varied.
fn fitting(table: &Table) -> PlotKind {
    if table.column(timeline::TIME).is_some() {
        return PlotKind::Timeline;
    }
    let rates = inputs::varied(table).iter().any(|name| label::is_load(name));
    let workers = inputs::is_varied(table, "workers");
    if workers && !rates { PlotKind::Throughput } else { PlotKind::Latency }
}
