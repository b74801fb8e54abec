//! How fast the machine was in one run, over its fastest in the campaign.

use super::campaign::Kept;
use crate::validate::speed::Piece;

/// How much longer work takes than at full speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Bytecode.
    pub bytecode: f64,
    /// C code.
    pub native: f64,
}

impl Pace {
    /// Full speed.
    pub const FULL: Self = Self { bytecode: 1.0, native: 1.0 };

    /// Of `run`, one of `campaign`. The fastest that any run saw is a property
    /// of the machine; every run is held against that.
    pub fn of(run: &Kept, campaign: &[Kept]) -> Self {
        let over = |piece: fn(&Kept) -> Piece| {
            let seen = campaign.iter().map(|run| piece(run).least).filter(|least| *least > 0.0);
            let least = seen.fold(f64::INFINITY, f64::min);
            let mean = piece(run).mean;
            if mean > 0.0 && least.is_finite() { mean / least } else { 1.0 }
        };
        Self {
            bytecode: over(|run| run.slowdown.bytecode),
            native: over(|run| run.slowdown.native),
        }
    }
}
