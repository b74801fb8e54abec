//! Which combinations of values are cells.

use std::ops::Range;

use super::axis::Axis;

/// Most cells of a sweep, all shards together.
pub const MAX_CELLS: u64 = 10_000_000;
/// Most cells of one run; more go into shards.
pub const MAX_CELLS_PER_RUN: u64 = 1_000_000;

/// How values are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every combination; the last axis changes fastest.
    Grid,
    /// The base, then each axis alone while all others keep to the base.
    OneAtATime,
}

impl Mode {
    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::OneAtATime => "one-at-a-time",
        }
    }
}

/// The cells of a sweep, by number.
#[derive(Clone, Debug)]
pub struct Design {
    pub mode: Mode,
    lengths: Vec<u64>,
    cells: u64,
}

impl Design {
    /// Combines `axes`; says why there are too many cells, before any is made.
    pub fn new(mode: Mode, axes: &[Axis]) -> Result<Self, String> {
        let lengths: Vec<u64> = axes.iter().map(|axis| axis.settings.len() as u64).collect();
        let cells = match mode {
            Mode::Grid => lengths.iter().fold(1_u128, |all, &n| all.saturating_mul(n.into())),
            Mode::OneAtATime => 1 + lengths.iter().map(|&n| u128::from(n)).sum::<u128>(),
        };
        if cells > u128::from(MAX_CELLS) {
            let product: Vec<String> = lengths.iter().map(u64::to_string).collect();
            let sign = if mode == Mode::Grid { " x " } else { " + " };
            return Err(format!("{} make {cells} cells, over {MAX_CELLS}", product.join(sign)));
        }
        Ok(Self { mode, lengths, cells: cells as u64 })
    }

    /// How many cells.
    pub fn cells(&self) -> u64 {
        self.cells
    }

    /// For every axis the position of its value in cell `cell`; `None`: the base.
    pub fn positions(&self, cell: u64) -> Vec<Option<usize>> {
        match self.mode {
            Mode::Grid => {
                let mut rest = cell;
                let mut positions: Vec<Option<usize>> = Vec::with_capacity(self.lengths.len());
                for length in self.lengths.iter().rev() {
                    positions.push(Some((rest % length) as usize));
                    rest /= length;
                }
                positions.reverse();
                positions
            }
            Mode::OneAtATime => {
                let mut positions = vec![None; self.lengths.len()];
                if let Some((axis, stretch)) = self.stretch_of(cell) {
                    positions[axis] = Some((cell - stretch.start) as usize);
                }
                positions
            }
        }
    }

    /// One at a time: which axis varies in `cell`, and all cells in which it does.
    fn stretch_of(&self, cell: u64) -> Option<(usize, Range<u64>)> {
        let mut start = 1;
        for (axis, length) in self.lengths.iter().enumerate() {
            if (start..start + length).contains(&cell) {
                return Some((axis, start..start + length));
            }
            start += length;
        }
        None
    }

    /// Positions under which value `position` of `axis` is tried on its own:
    /// the other axes at their first value, or at the base.
    pub fn probe(&self, axis: usize, position: usize) -> Vec<Option<usize>> {
        let others = (self.mode == Mode::Grid).then_some(0);
        let mut positions = vec![others; self.lengths.len()];
        positions[axis] = Some(position);
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(mode: Mode, lists: &[&str]) -> Result<Design, String> {
        let axes: Vec<Axis> =
            lists.iter().map(|list| super::super::from_argument(list).unwrap()).collect();
        Design::new(mode, &axes)
    }

    #[test]
    fn a_grid_has_every_combination_once_and_the_last_axis_is_fastest() {
        let grid = design(Mode::Grid, &["workload.a=1..3", "workload.b=1..4"]).unwrap();
        assert_eq!(grid.cells(), 12);
        let cells: Vec<_> = (0..12).map(|cell| grid.positions(cell)).collect();
        assert_eq!(cells[0], [Some(0), Some(0)]);
        assert_eq!(cells[1], [Some(0), Some(1)]);
        assert_eq!(cells[11], [Some(2), Some(3)]);
        assert!((1..12).all(|i| cells[i - 1] < cells[i]));
    }

    #[test]
    fn one_at_a_time_leaves_all_other_axes_at_the_base() {
        let design = design(Mode::OneAtATime, &["workload.a=1,2", "workload.b=1..3"]).unwrap();
        let cells: Vec<_> = (0..design.cells()).map(|cell| design.positions(cell)).collect();
        let [a, b] = [|n| vec![Some(n), None], |n| vec![None, Some(n)]];
        assert_eq!(cells, [vec![None, None], a(0), a(1), b(0), b(1), b(2)]);
    }

    #[test]
    fn too_many_cells_are_counted_not_built() {
        let axes = ["workload.a=1..10000", "workload.b=1..10000", "workload.c=1..10000"];
        let error = design(Mode::Grid, &axes).unwrap_err();
        assert!(error.contains("10000 x 10000 x 10000 make 1000000000000 cells"), "{error}");
        assert!(design(Mode::OneAtATime, &axes).is_ok());
    }

    #[test]
    fn without_axes_there_is_one_cell() {
        for mode in [Mode::Grid, Mode::OneAtATime] {
            let design = design(mode, &[]).unwrap();
            assert_eq!((design.cells(), design.positions(0)), (1, vec![]));
        }
    }
}
