//! A pool's state over time: as `planner simulate --timeline` writes it, or of a
//! run that was just simulated.

use plots::{AxisLabel, Limit, Panel, Quantity, Spacing, Steps, Timeline};
use sim::experiment::Snapshot;
use tables::Table;

use super::error::PictureError;
use super::{Wish, inputs};

/// Column of times.
pub const TIME: &str = "at_ns";
/// Column of replacements so far; a time line without it shows workers go down.
const RESTARTS: &str = "restarts";

/// Column of the fewest workers up since the row before.
const FEWEST: &str = "fewest_ready";

/// Memory over time.
pub fn memory(table: &Table, wish: &Wish) -> Result<String, PictureError> {
    let names = [("PSS", "pss_bytes"), ("RSS", "rss_bytes")];
    let panel = panel(table, "memory of the pool", Quantity::Bytes, &names)?;
    let timeline = Timeline { title: wish.title.clone(), panels: vec![panel], events: None };
    Ok(timeline.draw()?)
}

/// Workers up, slots busy and the queue over time; replacements are marked.
pub fn pool(table: &Table, wish: &Wish) -> Result<String, PictureError> {
    // A time line from elsewhere may know only who was up at its instants.
    let up = table.column(FEWEST).map_or("ready_workers", |_| FEWEST);
    let workers = panel(table, "workers up", Quantity::Plain, &[("", up)])?;
    let restarts = match table.column(RESTARTS) {
        Some(_) => moments(table, RESTARTS, |before, now| now > before)?,
        None => moments(table, up, |before, now| now < before)?,
    };
    let panels = vec![
        workers,
        panel(table, "slots busy", Quantity::Plain, &[("", "busy_slots")])?,
        panel(table, "requests queued", Quantity::Plain, &[("", "queued")])?,
        panel(table, "PSS", Quantity::Bytes, &[("", "pss_bytes")])?,
    ];
    drawn(wish.title.clone(), panels, restarts)
}

/// A limit further above the highest value than so many times is left out: it
/// would press the curve to the ground.
const NEAR: f64 = 3.0;

/// The same of the first replication of a run, with the limits on the PSS, in
/// bytes, that it comes near to.
pub fn of_run(
    snapshots: &[Snapshot],
    title: String,
    limits: &[(&str, u64)],
) -> Result<String, PictureError> {
    let panel = |name: &str, quantity, value: fn(&Snapshot) -> u64| {
        let points = snapshots.iter().map(|s| (s.at.as_secs(), value(s) as f64)).collect();
        let y = AxisLabel::new(name, quantity, Spacing::FromZero);
        Panel { y, steps: vec![Steps { name: String::new(), points }], limits: Vec::new() }
    };
    let peak = snapshots.iter().map(|s| s.pss).max().unwrap_or(0) as f64;
    let limit =
        |(name, value): &(&str, u64)| Limit { name: (*name).to_owned(), value: *value as f64 };
    let near = limits.iter().map(limit).filter(|limit| limit.value <= NEAR * peak).collect();
    let panels = vec![
        panel("workers up", Quantity::Plain, |s| u64::from(s.fewest_ready)),
        panel("slots busy", Quantity::Plain, |s| s.busy_slots),
        panel("requests queued", Quantity::Plain, |s| s.queued),
        Panel { limits: near, ..panel("PSS", Quantity::Bytes, |s| s.pss) },
    ];
    let replaced = snapshots.windows(2).filter(|pair| pair[1].restarts > pair[0].restarts);
    drawn(Some(title), panels, replaced.map(|pair| pair[1].at.as_secs()).collect())
}

fn drawn(
    title: Option<String>,
    panels: Vec<Panel>,
    restarts: Vec<f64>,
) -> Result<String, PictureError> {
    let events = (!restarts.is_empty()).then(|| ("a worker is replaced".to_owned(), restarts));
    Ok(Timeline { title, panels, events }.draw()?)
}

/// Times, in s, at which the value of `column` has changed so.
fn moments(
    table: &Table,
    column: &str,
    changed: fn(f64, f64) -> bool,
) -> Result<Vec<f64>, PictureError> {
    let (times, values) = (inputs::numbers(table, TIME)?, inputs::numbers(table, column)?);
    let pairs = (1..table.rows()).filter(|&row| {
        let pair = values.number(row - 1).zip(values.number(row));
        pair.is_some_and(|(before, now)| changed(before, now))
    });
    Ok(pairs.filter_map(|row| times.number(row)).map(|at| at / 1e9).collect())
}

fn panel(
    table: &Table,
    name: &str,
    quantity: Quantity,
    columns: &[(&str, &str)],
) -> Result<Panel, PictureError> {
    let times = inputs::numbers(table, TIME)?;
    let steps = columns.iter().map(|(name, column)| {
        let values = inputs::numbers(table, column)?;
        let point = |row| Some((times.number(row)? / 1e9, values.number(row)?));
        let points = (0..table.rows()).filter_map(point).collect();
        Ok(Steps { name: (*name).to_owned(), points })
    });
    let steps = steps.collect::<Result<_, PictureError>>()?;
    let y = AxisLabel::new(name, quantity, Spacing::FromZero);
    Ok(Panel { y, steps, limits: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::kernel::SimTime;

    fn run(limits: &[(&str, u64)]) -> String {
        let at = |(at, pss): (u64, u64)| Snapshot {
            at: SimTime(at * 1_000_000_000),
            queued: 0,
            busy_slots: 1,
            runnable: 1,
            core_time: 0.0,
            lock_time: 0,
            ready_workers: 2,
            fewest_ready: 2,
            processes: 2,
            restarts: 0,
            pss,
            rss: pss,
        };
        let snapshots: Vec<Snapshot> =
            [(0, 100 << 20), (1, 200 << 20), (2, 300 << 20)].into_iter().map(at).collect();
        of_run(&snapshots, "a run".to_owned(), limits).unwrap()
    }

    #[test]
    fn limits_on_memory_are_drawn_where_they_are_near() {
        let picture =
            run(&[("limit of the objective", 400 << 20), ("memory of the host", 8 << 30)]);
        assert_eq!(picture.matches("limit of the objective").count(), 1);
        assert!(!picture.contains("memory of the host"));
        assert!(!run(&[]).contains("limit"));
    }
}
