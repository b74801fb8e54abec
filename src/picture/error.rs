//! Why a picture cannot be made of a table.

use plots::PlotError;

/// Why a picture cannot be made of a table.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is no such column.
    #[error("the table has no column `{name}`")]
    NoColumn {
        /// The name asked for.
        name: String,
        /// What to do.
        help: String,
    },
    /// A column does not hold numbers.
    #[error("column `{0}` holds no numbers")]
    NotNumbers(String),
    /// Nothing in the table is varied that could stand along an axis.
    #[error("the table varies no number that could stand along the horizontal axis")]
    NothingVaried,
    /// Who-wins needs two inputs and several candidates.
    #[error("who wins needs two inputs that are varied and several candidates")]
    NoContest,
    /// Several rows would stand in one place.
    #[error("several rows share one place in the picture: they differ in {0}")]
    Ambiguous(String),
    /// The figure itself cannot be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

impl PictureError {
    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NoColumn { help, .. } => Some(help),
            Self::NotNumbers(_) => Some("name another with --x or --y"),
            Self::NothingVaried => Some("name a column with --x, or draw --kind frontier"),
            Self::NoContest => Some("name the inputs with --x and --y, and who can win with --by"),
            Self::Ambiguous(_) => Some("leave out --by, or vary less"),
            Self::Plot(PlotError::TooMany { .. }) => {
                Some("vary less, or name one column with --by")
            }
            Self::Plot(_) => None,
        }
    }
}
