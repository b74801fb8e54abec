//! Two objectives over all cells.

use plots::{Better, Candidate, Frontier, Objective};
use tables::Table;

use super::error::PictureError;
use super::{Wish, inputs, label};

/// Every cell by two figures, the best trade-offs marked.
pub fn draw(table: &Table, wish: &Wish) -> Result<String, PictureError> {
    let x = wish.x.as_deref().unwrap_or("peak_pss_bytes");
    let y = wish.y.first().map_or("p99_s", String::as_str);
    let (x_column, y_column) = (inputs::numbers(table, x)?, inputs::numbers(table, y)?);
    let (x_ends, y_ends) = (inputs::interval(table, x), inputs::interval(table, y));
    let names = wish.by.clone().map_or_else(|| inputs::varied(table), |by| vec![by]);
    let number = |column: &tables::Column, row| column.number(row).unwrap_or(f64::NAN);
    let candidates: Vec<Candidate> = (0..table.rows())
        .filter(|row| !inputs::is_overloaded(table, *row, wish.failures))
        .map(|row| {
            let ends = |ends: Option<(&tables::Column, &tables::Column)>| {
                ends.map_or((f64::NAN, f64::NAN), |(low, high)| {
                    (number(low, row), number(high, row))
                })
            };
            Candidate {
                name: inputs::label(table, &names, row),
                x: number(x_column, row),
                x_interval: ends(x_ends),
                y: number(y_column, row),
                y_interval: ends(y_ends),
            }
        })
        .collect();
    let objective = |column: &str, values: &dyn Fn(&Candidate) -> f64| Objective {
        axis: label::axis(column, &candidates.iter().map(values).collect::<Vec<_>>()),
        better: better(column),
    };
    let (x, y) = (objective(x, &|c| c.x), objective(y, &|c| c.y));
    Ok(Frontier { title: wish.title.clone(), x, y, candidates }.draw()?)
}

/// More throughput is better, of all else less.
pub fn better(column: &str) -> Better {
    if column.starts_with("throughput") { Better::More } else { Better::Less }
}
