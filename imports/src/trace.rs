//! The recorded requests as a trace that the simulator replays.

use sim::kernel::{SimDuration, SimTime};
use sim::workload::TraceRow;

use crate::imported::Imported;

/// The first `most` requests. Each duration is split by the shares; where load
/// was taken out of a class, and for requests that failed, the simulator draws
/// it from the class.
pub(crate) fn rows(imported: &Imported, most: usize) -> impl Iterator<Item = TraceRow> {
    let kinds = imported.split.kinds();
    let timeline = imported.timeline.as_ref();
    let placed = timeline.into_iter().flat_map(|line| line.times.iter().zip(&line.rows));
    placed.take(most).filter_map(move |(at, row)| {
        let row = imported.rows.get(*row as usize)?;
        let class = usize::from(row.class);
        let stretched = imported.classes[class].stretch.as_ref().is_some_and(|s| s.used);
        let segments = match row.failed || stretched || row.duration == 0 {
            true => Vec::new(),
            false => kinds
                .iter()
                .map(|(_, share)| SimDuration((row.duration as f64 * share).round() as u64))
                .collect(),
        };
        Some(TraceRow { at: SimTime((at * 1e9).round() as u64), class, key: 0, segments })
    })
}
