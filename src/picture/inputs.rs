//! Columns of a sweep's table: what is varied, and figures with intervals.

use std::collections::BTreeSet;

use tables::{Column, Table};

use super::error::PictureError;

/// Settings of the pool that a sweep can vary.
const POOL: [&str; 5] = ["profile", "python", "start_method", "blas_threads", "choice"];

/// Does `name` have more than one value?
pub fn is_varied(table: &Table, name: &str) -> bool {
    table.column(name).is_some_and(|column| {
        (0..table.rows()).map(|row| column.text(row)).collect::<BTreeSet<_>>().len() > 1
    })
}

/// Names of the inputs that are varied. One that follows from those before it
/// (a start method from the interpreter, say) is not.
pub fn varied(table: &Table) -> Vec<String> {
    let is_place = |name: &str| name.starts_with("workload.") || name.starts_with("host.");
    let places = table.names().filter(|name| is_place(name));
    let mut varied: Vec<String> = Vec::new();
    for name in places.chain(POOL).filter(|name| is_varied(table, name)) {
        if !follows(table, name, &varied) {
            varied.push(name.to_owned());
        }
    }
    varied
}

/// Is the value of `name` the same wherever those of `others` are?
fn follows(table: &Table, name: &str, others: &[String]) -> bool {
    // A start method is the interpreter's unless it is varied itself.
    if name != "start_method" || others.is_empty() {
        return false;
    }
    let pairs: BTreeSet<(Vec<String>, String)> =
        (0..table.rows()).map(|row| (texts(table, others, row), text(table, name, row))).collect();
    let keys: BTreeSet<&Vec<String>> = pairs.iter().map(|(key, _)| key).collect();
    keys.len() == pairs.len()
}

fn texts(table: &Table, names: &[String], row: usize) -> Vec<String> {
    names.iter().map(|name| text(table, name, row)).collect()
}

/// The text in column `name` of `row`; `family` is the front of the profile.
pub fn text(table: &Table, name: &str, row: usize) -> String {
    if name == FAMILY {
        let profile = text(table, "profile", row);
        return profile.split(':').next().unwrap_or_default().to_owned();
    }
    table.column(name).map_or_else(String::new, |column| column.text(row))
}

/// What remains of a profile without its number of workers.
pub const FAMILY: &str = "family";

/// Rows to look at along `x`: in a one-at-a-time sweep those in which it is
/// varied, and the base.
pub fn rows(table: &Table, x: &str) -> Vec<usize> {
    let along = if x == "workers" || x == "slots" { "profile" } else { x };
    let belongs = |row: &usize| match text(table, "varied", *row) {
        varied if varied.is_empty() => true,
        varied => along.starts_with(&varied),
    };
    (0..table.rows()).filter(belongs).collect()
}

/// Inputs that vary within `rows` besides `taken`.
pub fn others(table: &Table, rows: &[usize], taken: &[&str]) -> Vec<String> {
    let counts_workers = taken.iter().any(|name| *name == "workers" || *name == "slots");
    let replaced = |name: String| match name.as_str() {
        // Its number stands along the axis.
        "profile" if counts_workers => FAMILY.to_owned(),
        _ => name,
    };
    let differs = |name: &String| {
        rows.iter().map(|&row| text(table, name, row)).collect::<BTreeSet<_>>().len() > 1
    };
    varied(table)
        .into_iter()
        .map(replaced)
        .filter(|name| !taken.contains(&name.as_str()))
        .filter(differs)
        .collect()
}

/// The name of a column without its unit, and the unit as written after a value.
fn unit(column: &str) -> (&str, &str) {
    let units = [("_per_s", "/s"), ("_s", " s"), ("_bytes", " B")];
    let known = |(end, unit)| column.strip_suffix(end).map(|name| (name, unit));
    units.into_iter().find_map(known).unwrap_or((column, ""))
}

/// Values of the `names` in `row`, in one label.
pub fn label(table: &Table, names: &[String], row: usize) -> String {
    let value = |name: &String| {
        let value = text(table, name, row);
        match name.as_str() {
            FAMILY | "profile" | "start_method" | "choice" => value,
            "python" => format!("py{value}"),
            name => {
                let (name, unit) = unit(name.rsplit('.').next().unwrap_or(name));
                format!("{} {value}{unit}", name.replace('_', " "))
            }
        }
    };
    names.iter().map(value).collect::<Vec<_>>().join(" ")
}

/// The column `name`.
pub fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, PictureError> {
    table.column(name).ok_or_else(|| {
        let alike = |own: &&str| own.contains(name) || name.contains(*own);
        let mut near: Vec<&str> = table.names().filter(alike).take(6).collect();
        if near.is_empty() {
            near = table
                .names()
                .filter(|name| !name.contains("_low") && !name.contains("_high"))
                .collect();
        }
        let help = format!("it has, among others, {}", near.join(", "));
        PictureError::NoColumn { name: name.to_owned(), help }
    })
}

/// The column `name`, which has to hold numbers.
pub fn numbers<'a>(table: &'a Table, name: &str) -> Result<&'a Column, PictureError> {
    let column = column(table, name)?;
    let has_number = (0..table.rows()).any(|row| column.number(row).is_some());
    if has_number { Ok(column) } else { Err(PictureError::NotNumbers(name.to_owned())) }
}

/// Columns with the ends of the interval of `name`, if it has one.
pub fn interval<'a>(table: &'a Table, name: &str) -> Option<(&'a Column, &'a Column)> {
    let breaks = name.match_indices('_').map(|(at, _)| at).chain([name.len()]);
    breaks.into_iter().find_map(|at| {
        let end = |part| table.column(&format!("{}_{part}{}", &name[..at], &name[at..]));
        Some((end("low")?, end("high")?))
    })
}

/// Says a latency of `row` little, because the queue grows without end or more
/// requests fail than `failures`, a share?
pub fn is_overloaded(table: &Table, row: usize, failures: f64) -> bool {
    let failed = table.column("failures_share").and_then(|column| column.number(row));
    let flags = match table.column("saturated") {
        Some(Column::Flag(flags)) => flags.get(row).copied().flatten(),
        _ => None,
    };
    flags == Some(true) || failed.is_some_and(|failed| failed > failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, &[&str])]) -> Table {
        let column = |(name, values): &(&str, &[&str])| {
            let texts = values.iter().map(|value| Some((*value).to_owned())).collect();
            ((*name).to_owned(), Column::Text(texts))
        };
        Table::new(columns.iter().map(column).collect()).unwrap()
    }

    #[test]
    fn what_is_varied_and_what_follows_from_it() {
        let table = table(&[
            ("workload.x", &["1", "1", "2", "2"]),
            ("host.y", &["1", "1", "1", "1"]),
            ("python", &["3.12", "3.14", "3.12", "3.14"]),
            ("start_method", &["fork", "forkserver", "fork", "forkserver"]),
        ]);
        assert_eq!(varied(&table), ["workload.x", "python"]);
        assert_eq!(others(&table, &[0, 1], &["workload.x"]), ["python"]);
        assert!(others(&table, &[0, 2], &["workload.x"]).is_empty());
    }

    #[test]
    fn values_in_labels_have_their_units() {
        let table = table(&[
            ("workload.arrivals.poisson.rate_per_s", &["140"]),
            ("workload.service.queue_cap", &["10"]),
            ("profile", &["process:8"]),
        ]);
        let names: Vec<String> = table.names().map(str::to_owned).collect();
        assert_eq!(label(&table, &names, 0), "rate 140/s queue cap 10 process:8");
    }

    #[test]
    fn intervals_are_found_whatever_the_class_is_called() {
        let names = [
            "p99_s",
            "p99_low_s",
            "p99_high_s",
            "p99_s_low",
            "p99_low_s_low",
            "p99_high_s_low",
            "peak_queue",
            "peak_queue_low",
            "peak_queue_high",
        ];
        let columns: Vec<(&str, &[&str])> = names.iter().map(|name| (*name, &[][..])).collect();
        let table = table(&columns);
        let is = |name, low| {
            let found = interval(&table, name).unwrap().0;
            assert!(std::ptr::eq(found, table.column(low).unwrap()), "{name}");
        };
        is("p99_s", "p99_low_s");
        is("p99_s_low", "p99_low_s_low");
        is("peak_queue", "peak_queue_low");
        assert!(interval(&table, "workers").is_none());
    }

    #[test]
    fn one_at_a_time_keeps_to_the_rows_of_its_axis_and_the_base() {
        let table = table(&[
            ("varied", &["", "workload.x", "profile"]),
            ("workload.x_s", &["1", "2", "1"]),
            ("profile", &["process:1", "process:1", "threads:4"]),
        ]);
        assert_eq!(rows(&table, "workload.x_s"), [0, 1]);
        assert_eq!(rows(&table, "workers"), [0, 2]);
        assert_eq!(others(&table, &[0, 2], &["workers"]), [FAMILY]);
    }
}
