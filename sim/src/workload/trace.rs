//! The trace: all randomness of one replication, drawn once.
//!
//! Every candidate pool serves the same rows (common random numbers by
//! construction), and a real pool can be driven with them too. Rows are drawn
//! one at a time, so a long run needs no more memory than a short one.

use rand::Rng;
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution as _, Exp1, Zipf};

use crate::kernel::{Purpose, SimDuration, SimTime, Streams};
use crate::workload::distribution::Sampler;
use crate::workload::model::{Arrivals, Workload};

/// One request as drawn: when, what, how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceRow {
    /// When it should be sent. For a closed load: the think time before it.
    pub at: SimTime,
    /// Class index.
    pub class: usize,
    /// Key, below the number of keys; 0 if requests have none.
    pub key: u64,
    /// Time of each segment of its class, alone on an idle host. Empty: draw
    /// from the class (a replay that gives arrivals only).
    pub segments: Vec<SimDuration>,
}

/// Draws the rows of one replication, in order.
#[derive(Debug)]
pub struct Trace<'a> {
    workload: &'a Workload,
    arrivals: ArrivalDraw<'a>,
    cumulative_shares: Vec<f64>,
    samplers: Vec<Vec<Sampler>>,
    class_rng: ChaCha8Rng,
    service_rng: ChaCha8Rng,
    keys: Option<(Zipf<f64>, ChaCha8Rng)>,
    next_row: u64,
}

impl<'a> Trace<'a> {
    /// The trace of `replication` under `seed`.
    ///
    /// A varying rate starts elsewhere in its period in each replication (the
    /// first at its beginning), so that a few short ones see all of it; an
    /// on-off load starts on or off in proportion to its stays.
    pub fn new(workload: &'a Workload, seed: u64, replication: u32) -> Self {
        let streams = Streams::new(&workload.name, seed);
        let mut sum = 0.0;
        let cumulative_shares = workload
            .classes
            .iter()
            .map(|class| {
                sum += class.share;
                sum
            })
            .collect();
        let samplers = workload
            .classes
            .iter()
            .map(|class| class.segments.iter().map(|s| s.duration.sampler()).collect())
            .collect();
        Self {
            workload,
            arrivals: ArrivalDraw::new(&workload.arrivals, streams, replication),
            cumulative_shares,
            samplers,
            class_rng: streams.stream(Purpose::Classes, replication),
            service_rng: streams.stream(Purpose::Services, replication),
            keys: workload.keys.map(|keys| {
                let zipf = Zipf::new(keys.count as f64, keys.skew)
                    .expect("a checked workload has at least one key and a skew of 0 or more");
                (zipf, streams.stream(Purpose::Keys, replication))
            }),
            next_row: 0,
        }
    }

    /// Rows that there will be at most; `None` if the load never ends.
    pub fn rows(workload: &Workload) -> Option<u64> {
        match &workload.arrivals {
            Arrivals::Batch { requests } => Some(*requests),
            Arrivals::Replay { rows } => Some(rows.len() as u64),
            _ => None,
        }
    }

    /// Draws the next row into `row`, reusing its memory; false at the end.
    pub fn next_into(&mut self, row: &mut TraceRow) -> bool {
        let Some(at) = self.arrivals.next(self.next_row) else {
            return false;
        };
        row.at = at;
        row.segments.clear();
        if let Arrivals::Replay { rows } = &self.workload.arrivals {
            let given = &rows[self.next_row as usize];
            row.class = given.class;
            row.key = given.key;
            row.segments.extend_from_slice(&given.segments);
        } else {
            row.class = self.draw_class();
            row.key = self.keys.as_mut().map_or(0, |(zipf, rng)| zipf.sample(rng) as u64 - 1);
        }
        if row.segments.is_empty() {
            let rng = &mut self.service_rng;
            row.segments.extend(self.samplers[row.class].iter().map(|s| s.draw(rng)));
        }
        self.next_row += 1;
        true
    }

    fn draw_class(&mut self) -> usize {
        if self.cumulative_shares.len() == 1 {
            return 0;
        }
        let u: f64 = self.class_rng.random();
        let last = self.cumulative_shares.len() - 1;
        self.cumulative_shares[..last].iter().position(|&sum| u < sum).unwrap_or(last)
    }
}

impl Iterator for Trace<'_> {
    type Item = TraceRow;

    fn next(&mut self) -> Option<TraceRow> {
        let mut row = TraceRow::default();
        self.next_into(&mut row).then_some(row)
    }
}

/// Draws arrival instants (think times for a closed load).
#[derive(Debug)]
struct ArrivalDraw<'a> {
    arrivals: &'a Arrivals,
    rng: ChaCha8Rng,
    modulation: ChaCha8Rng,
    sampler: Sampler,
    now: f64,
    /// Where in its period a varying rate starts, in ns.
    phase: f64,
    level: Level,
}

/// Golden section: multiples of it, less their whole parts, spread evenly over
/// the unit interval however many there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// State of an on-off source.
#[derive(Debug)]
struct Level {
    on: bool,
    until: f64,
}

impl<'a> ArrivalDraw<'a> {
    fn new(arrivals: &'a Arrivals, streams: Streams, replication: u32) -> Self {
        let sampler = match arrivals {
            Arrivals::Gamma { rate, cv } => Sampler::gamma(1e9 / rate, *cv),
            Arrivals::Closed { think, .. } => think.sampler(),
            _ => Sampler::Constant(0.0),
        };
        let mut modulation = streams.stream(Purpose::Modulation, replication);
        let phase = match arrivals {
            Arrivals::Varying { points } => {
                let period = points.last().map_or(0.0, |(end, _)| end.0 as f64);
                (f64::from(replication) * GOLDEN).fract() * period
            }
            _ => 0.0,
        };
        let starts_on = match arrivals {
            Arrivals::OnOff { mean_on, mean_off, .. } => {
                let (on, off) = (mean_on.as_secs(), mean_off.as_secs());
                modulation.random::<f64>() * (on + off) < on
            }
            _ => true,
        };
        Self {
            arrivals,
            rng: streams.stream(Purpose::Arrivals, replication),
            modulation,
            sampler,
            now: 0.0,
            phase,
            // The other level, and over: the first arrival draws the first stay.
            level: Level { on: !starts_on, until: 0.0 },
        }
    }

    fn next(&mut self, row: u64) -> Option<SimTime> {
        let gap_ns = match self.arrivals {
            Arrivals::Poisson { rate } => exponential(&mut self.rng) * 1e9 / rate,
            // By multiplication, so that rounding does not add up.
            Arrivals::Deterministic { rate } => {
                return Some(SimTime((row as f64 * 1e9 / rate).round() as u64));
            }
            Arrivals::Gamma { .. } => self.sampler.draw_ns(&mut self.rng),
            Arrivals::OnOff { on_rate, off_rate, mean_on, mean_off } => {
                let stays = [mean_off.0 as f64, mean_on.0 as f64];
                self.on_off_gap([*off_rate, *on_rate], stays)
            }
            Arrivals::Varying { points } => self.varying_gap(points),
            Arrivals::Replay { rows } => return rows.get(row as usize).map(|r| r.at),
            Arrivals::Closed { .. } => return Some(SimTime(self.sampler.draw(&mut self.rng).0)),
            Arrivals::Batch { requests } => return (row < *requests).then_some(SimTime::ZERO),
        };
        self.now += gap_ns;
        Some(SimTime(self.now.round() as u64))
    }

    /// Competing exponentials: an arrival or a change of level, whichever first.
    fn on_off_gap(&mut self, rates: [f64; 2], mean_stays: [f64; 2]) -> f64 {
        let start = self.now;
        let mut at = self.now;
        loop {
            if at >= self.level.until {
                self.level.on = !self.level.on;
                let mean = mean_stays[usize::from(self.level.on)];
                self.level.until += exponential(&mut self.modulation) * mean;
                continue;
            }
            let rate = rates[usize::from(self.level.on)];
            let gap = if rate > 0.0 { exponential(&mut self.rng) * 1e9 / rate } else { f64::MAX };
            if at + gap <= self.level.until {
                return at + gap - start;
            }
            at = self.level.until;
        }
    }

    /// Thinning (Lewis and Shedler 1979) under the highest rate.
    fn varying_gap(&mut self, points: &[(SimTime, f64)]) -> f64 {
        let highest = points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
        let period = points.last().map_or(1.0, |(end, _)| end.0 as f64);
        let mut at = self.now;
        loop {
            at += exponential(&mut self.rng) * 1e9 / highest;
            let u: f64 = self.modulation.random();
            if u * highest < rate_at(points, (at + self.phase) % period) {
                return at - self.now;
            }
        }
    }
}

/// Linear between the points; `at` in nanoseconds within the period.
fn rate_at(points: &[(SimTime, f64)], at: f64) -> f64 {
    let after = points.partition_point(|(time, _)| time.0 as f64 <= at);
    let (Some(&(t0, r0)), Some(&(t1, r1))) = (points.get(after.wrapping_sub(1)), points.get(after))
    else {
        return points.last().map_or(0.0, |(_, rate)| *rate);
    };
    r0 + (r1 - r0) * (at - t0.0 as f64) / (t1.0 - t0.0) as f64
}

fn exponential(rng: &mut impl Rng) -> f64 {
    Exp1.sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Distribution, RequestClass, Segment, SegmentKind};

    const SECOND: u64 = 1_000_000_000;

    fn workload(arrivals: Arrivals) -> Workload {
        let segment = |ms: u64| {
            let mean = SimDuration(ms * 1_000_000);
            Segment::new(SegmentKind::Python, Distribution::Exponential { mean })
        };
        let classes = vec![
            RequestClass::new("short", 0.7, vec![segment(1)]),
            RequestClass::new("long", 0.3, vec![segment(10), segment(20)]),
        ];
        Workload::new("trace", arrivals, classes)
    }

    #[test]
    fn every_open_process_keeps_its_rate() {
        let seconds = SimDuration::from_secs;
        for arrivals in [
            Arrivals::Poisson { rate: 50.0 },
            Arrivals::Deterministic { rate: 50.0 },
            Arrivals::Gamma { rate: 50.0, cv: 2.0 },
            Arrivals::OnOff {
                on_rate: 100.0,
                off_rate: 10.0,
                mean_on: seconds(0.5),
                mean_off: seconds(1.0),
            },
            Arrivals::Varying {
                points: vec![
                    (SimTime::ZERO, 0.0),
                    (SimTime(SECOND), 100.0),
                    (SimTime(3 * SECOND), 20.0),
                ],
            },
        ] {
            let workload = workload(arrivals);
            let offered = workload.arrivals.offered_rate().unwrap();
            let n = 200_000;
            let last = Trace::new(&workload, 1, 0).take(n).last().unwrap();
            let rate = n as f64 / last.at.as_secs();
            // 3300 cycles of on and off are good for about 2 %.
            assert!((rate / offered - 1.0).abs() < 0.04, "{:?}: {rate}", workload.arrivals);
        }
    }

    #[test]
    fn a_varying_rate_is_highest_where_it_says() {
        let points =
            vec![(SimTime::ZERO, 0.0), (SimTime(SECOND), 100.0), (SimTime(2 * SECOND), 0.0)];
        let workload = workload(Arrivals::Varying { points });
        let middle = Trace::new(&workload, 1, 0)
            .take(50_000)
            .filter(|row| (SECOND / 2..3 * SECOND / 2).contains(&(row.at.0 % (2 * SECOND))))
            .count();
        // Under a triangle, three quarters of the area are in the middle half.
        assert!((middle as f64 / 50_000.0 - 0.75).abs() < 0.01, "{middle}");
    }

    #[test]
    fn classes_come_in_their_shares_with_their_segments() {
        let workload = workload(Arrivals::Poisson { rate: 1.0 });
        let rows: Vec<TraceRow> = Trace::new(&workload, 1, 0).take(100_000).collect();
        let long = rows.iter().filter(|row| row.class == 1).count();
        assert!((long as f64 / 1e5 - 0.3).abs() < 0.005, "{long}");
        assert!(rows.iter().all(|row| row.segments.len() == row.class + 1));
    }

    #[test]
    fn a_replay_gives_back_what_it_was_given() {
        let open = workload(Arrivals::Poisson { rate: 1.0 });
        let rows: Vec<TraceRow> = Trace::new(&open, 1, 0).take(100).collect();
        let replay = workload(Arrivals::Replay { rows: rows.clone().into() });
        assert_eq!(Trace::new(&replay, 9, 3).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn a_batch_is_all_there_at_zero() {
        let workload = workload(Arrivals::Batch { requests: 7 });
        let rows: Vec<TraceRow> = Trace::new(&workload, 1, 0).collect();
        assert_eq!(rows.len(), 7);
        assert!(rows.iter().all(|row| row.at == SimTime::ZERO));
    }
}
