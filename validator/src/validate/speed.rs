//! How fast the machine computes while a pool runs on it.
//!
//! A Python beside the pool repeats two short pieces of work, bytecode and C
//! code, and takes their CPU time. Sharing a core with the pool does not lengthen
//! that; a neighbour of the whole machine, a slower clock or a crowded cache
//! does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::child::Group;
use crate::run::sources;

/// A piece so many times as long met a stall of the machine, whose length it
/// says nothing about.
const STALL: f64 = 4.0;
/// Stretches that the time is cut into, to see how far the speed moves.
const STRETCHES: usize = 5;
/// Fewest pieces that say anything.
const FEWEST: usize = 2 * STRETCHES;
/// Change of speed within a run over which it is measured again.
pub const DRIFT: f64 = 0.4;
/// Cores that others may take before a run is measured again.
pub const OTHERS: f64 = 0.15;

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    /// When it began, in ns of CLOCK_MONOTONIC.
    at: u64,
    /// CPU time of all processes of the machine until then, in ns.
    busy: u64,
    piece: Pieces,
}

/// What one look saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    /// When, in ns from the first request that was due.
    pub at: u64,
    /// The core that was looked at.
    pub core: u64,
    /// CPU time of the bytecode, in ns.
    pub bytecode: u64,
    /// CPU time of the C code, in ns.
    pub native: u64,
}

/// Runs until finished or dropped.
#[derive(Debug)]
pub struct Reference {
    group: Group,
    pieces: PathBuf,
}

impl Reference {
    /// Starts now, on `python`, and writes under `folder`.
    ///
    /// # Errors
    /// As the system.
    pub fn start(python: &Path, folder: &Path) -> io::Result<Self> {
        let (programs, pieces) = (folder.join("python"), folder.join("speed.txt"));
        fs::create_dir_all(&programs)?;
        sources::write(&programs)?;
        let mut command = Command::new(python);
        command.args(["-E", "-s", "-B"]).arg(programs.join("reference.py")).arg(&pieces);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { group: Group::spawn(command)?, pieces })
    }

    /// Ends it, and says what was seen.
    ///
    /// # Errors
    /// What it wrote cannot be read.
    pub fn finish(self) -> io::Result<Seen> {
        let Self { group, pieces } = self;
        drop(group);
        // The last line may be cut short.
        Ok(Seen(fs::read_to_string(pieces)?.lines().filter_map(read).collect()))
    }
}

fn read(line: &str) -> Option<Look> {
    let numbers: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [at, bytecode, native, ticks, core] = numbers[..] else { return None };
    let busy = ticks * (1_000_000_000 / procfs::ticks_per_second().max(1));
    Some(Look { at, busy, piece: Pieces { at, core, bytecode, native } })
}

/// What the reference saw.
#[derive(Debug)]
pub struct Seen(Vec<Look>);

/// CPU time of one kind of piece, in ns; 0 if none was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// Lowest decile, from the launch to the last answer.
    pub least: f64,
    /// Mean while the pool served.
    pub mean: f64,
}

/// How fast the machine was in one run; all zero if nothing was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slowdown {
    /// Bytecode.
    pub bytecode: Piece,
    /// C code.
    pub native: Piece,
    /// Standard error of the mean of bytecode, as a share of it, had the looks
    /// nothing to do with each other.
    pub error: f64,
    /// Slowest over fastest stretch while the pool served, less one, of C code:
    /// bytecode changes its speed all the time.
    pub drift: f64,
    /// CPU time of all pieces, in s.
    pub cost: f64,
}

impl Slowdown {
    /// Mean time of bytecode while the pool served, over the least.
    pub fn factor(&self) -> f64 {
        if self.bytecode.least > 0.0 { self.bytecode.mean / self.bytecode.least } else { 1.0 }
    }
}

impl Seen {
    /// Cores that the whole machine kept busy between the instants, in ns of
    /// CLOCK_MONOTONIC; `None` if it was not seen.
    pub fn busy_cores(&self, begin: u64, end: u64) -> Option<f64> {
        let mut during = self.0.iter().filter(|it| (begin..end).contains(&it.at) && it.busy > 0);
        let first = during.next()?;
        let last = during.next_back().filter(|last| last.at > first.at)?;
        Some(last.busy.saturating_sub(first.busy) as f64 / (last.at - first.at) as f64)
    }

    /// While the pool served, from `begin` to `end`, instants in ns of
    /// CLOCK_MONOTONIC; `None` if there were too few pieces.
    pub fn slowdown(&self, begin: u64, end: u64) -> Option<Slowdown> {
        let of = |cpu: fn(&Pieces) -> u64| {
            let until = self.0.iter().filter(|look| look.at < end);
            let all: Vec<f64> = until.clone().map(|look| cpu(&look.piece) as f64).collect();
            let during: Vec<f64> =
                until.filter(|look| look.at >= begin).map(|look| cpu(&look.piece) as f64).collect();
            Timed::of(all, during)
        };
        let (bytecode, native) = (of(|it| it.bytecode)?, of(|it| it.native)?);
        let cost = self.0.iter().map(|it| (it.piece.bytecode + it.piece.native) as f64);
        Some(Slowdown {
            bytecode: bytecode.piece,
            native: native.piece,
            error: bytecode.error,
            drift: native.drift,
            cost: cost.sum::<f64>() / 1e9,
        })
    }

    /// The looks while the pool served, as of `slowdown`.
    pub fn pieces(&self, begin: u64, end: u64) -> Vec<Pieces> {
        let during = self.0.iter().filter(|it| (begin..end).contains(&it.at));
        during.map(|it| Pieces { at: it.at - begin, ..it.piece }).collect()
    }
}

/// One kind of piece.
#[derive(Clone, Copy, Debug)]
struct Timed {
    piece: Piece,
    error: f64,
    drift: f64,
}

impl Timed {
    /// `None` if there were too few pieces.
    fn of(mut all: Vec<f64>, during: Vec<f64>) -> Option<Self> {
        if during.len() < FEWEST {
            return None;
        }
        all.sort_by(f64::total_cmp);
        let least = all[all.len() / 10];
        let during: Vec<f64> = during.into_iter().map(|cpu| unstalled(cpu, least)).collect();
        let length = during.len().div_ceil(STRETCHES);
        let stretches: Vec<f64> = during.chunks(length).map(mean).collect();
        let piece = Piece { least, mean: mean(&during) };
        let (low, high) = stretches
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), &s| (low.min(s), high.max(s)));
        let error = deviation(&during, piece.mean) / (during.len() as f64).sqrt() / piece.mean;
        Some(Self { piece, error, drift: high / low - 1.0 })
    }
}

/// Without what a stall of the machine adds to a piece, whose `least` is usual.
pub(super) fn unstalled(cpu: f64, least: f64) -> f64 {
    cpu.min(STALL * least)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of a sample about `middle`.
fn deviation(values: &[f64], middle: f64) -> f64 {
    let squares = values.iter().map(|value| (value - middle).powi(2)).sum::<f64>();
    (squares / (values.len() as f64 - 1.0).max(1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(cpu: impl Fn(u64) -> u64) -> Seen {
        Seen(
            (0..100)
                .map(|at| Look {
                    at,
                    busy: 1 + at / 2,
                    piece: Pieces { at, core: at % 2, bytecode: cpu(at), native: cpu(at) },
                })
                .collect(),
        )
    }

    #[test]
    fn a_machine_that_slows_down_evenly_has_no_drift() {
        let slower = seen(|at| if at < 20 { 1000 } else { 1300 }).slowdown(20, 100).unwrap();
        assert!((slower.factor() - 1.3).abs() < 1e-12);
        assert!(slower.error < 1e-12 && slower.drift < 1e-12, "{slower:?}");
        assert_eq!(seen(|_| 1000).slowdown(20, 100).unwrap().factor(), 1.0);
    }

    #[test]
    fn a_change_of_speed_is_seen() {
        let changed = seen(|at| if at < 60 { 1000 } else { 2000 }).slowdown(20, 100).unwrap();
        assert!(changed.drift > DRIFT && changed.error > 0.03, "{changed:?}");
        // A stall counts as one, however long it was.
        let stalled = seen(|at| if at == 50 { 1_000_000 } else { 1000 }).slowdown(20, 100).unwrap();
        assert!(stalled.factor() < 1.1, "{stalled:?}");
    }

    #[test]
    fn looks_that_differ_make_the_speed_uncertain() {
        let apart = seen(|at| if at % 2 == 0 { 1000 } else { 1200 });
        let expected = (80.0 * 100.0_f64.powi(2) / 79.0).sqrt() / 80.0_f64.sqrt() / 1100.0;
        let error = apart.slowdown(20, 100).unwrap().error;
        assert!((error - expected).abs() < 1e-9, "{error}");
        let pieces = apart.pieces(20, 100);
        assert_eq!((pieces.len(), pieces[1].at, pieces[1].core), (80, 1, 1));
    }

    #[test]
    fn the_whole_machine_is_seen() {
        let seen = seen(|_| 1000);
        let busy = seen.busy_cores(10, 91).unwrap();
        assert!((busy - 0.5).abs() < 0.01, "{busy}");
        assert_eq!(seen.busy_cores(10, 11), None);
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(seen(|_| 1000).slowdown(20, 25), None);
    }

    #[test]
    fn a_line_that_was_cut_short_says_nothing() {
        let piece = Pieces { at: 5, core: 1, bytecode: 6, native: 7 };
        let whole = Look { at: 5, busy: 8 * 10_000_000, piece };
        assert_eq!(read("5 6 7 8 1"), Some(whole));
        assert_eq!((read("5 6 7"), read("5 6 7 8 "), read("")), (None, None, None));
    }
}
