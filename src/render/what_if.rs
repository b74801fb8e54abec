//! What would change the answer: flip points, the map of winners, parameters,
//! the frontier, more hosts.

use sim::host::{HostParameter, ParameterUnit};
use sim::search::{
    FARTHEST, Fleet, Flip, FlipPoint, FrontierPoint, Hybrid, InputUnit, MOST_HOSTS, MapCell,
    ParameterEffect, Sensitivity, WinnerMap,
};
use sim::stats::{Estimate, Verdict};
use sim::workload::Goal;

use super::layout::Page;
use super::recommendation::{Answer, difference, limited, verdict};
use super::units::Unit;

/// Parameters listed by name.
const NAMED: usize = 6;
/// Effects below half a percent, as a logarithm, are counted only.
const WORTH_A_LINE: f64 = 0.005;

/// How far each input must move.
pub fn flips(answer: &Answer<'_>, page: &mut Page) {
    page.heading("When the answer changes, one input at a time");
    page.table(&flip_rows(answer));
    if let Some(line) = steady(answer) {
        page.paragraph("  ", &line);
    }
    let among = "Among the choice and the first of the pools below, on short runs.";
    page.paragraph("  ", among);
}

/// Every flip: the input, its value, where the answer changes, and to what.
pub fn flip_rows(answer: &Answer<'_>) -> Vec<[String; 4]> {
    let points = answer.recommendation.what_if.flips.iter();
    points
        .flat_map(|point| [&point.down, &point.up].map(|flip| (point, flip.as_ref())))
        .filter_map(|(point, flip)| flip.map(|flip| row(answer, point, flip)))
        .collect()
}

/// The inputs that change nothing as far as they were moved.
pub fn steady(answer: &Answer<'_>) -> Option<String> {
    let points = &answer.recommendation.what_if.flips;
    let steady = points.iter().filter(|point| !point.distance().is_finite());
    let steady: Vec<String> = steady.map(|point| point.input.name(answer.workload)).collect();
    (!steady.is_empty()).then(|| {
        format!("Not from 1/{FARTHEST} of it to {FARTHEST} times as much: {}.", steady.join(", "))
    })
}

fn row(answer: &Answer<'_>, point: &FlipPoint, flip: &Flip) -> [String; 4] {
    let unit = point.input.unit(answer.workload);
    let factor = flip.value / point.value;
    [
        point.input.name(answer.workload),
        shown(unit, point.value),
        format!("{} (x{factor:.2})", shown(unit, flip.value)),
        outcome(answer, flip),
    ]
}

fn outcome(answer: &Answer<'_>, flip: &Flip) -> String {
    let limits = !answer.recommendation.choice.margins.is_empty();
    match (&flip.winner, flip.keeps) {
        (Some(winner), true) => winner.to_string(),
        (Some(winner), false) if limits => format!("{winner}, but a limit breaks"),
        (Some(winner), false) => format!("{winner}, overloaded"),
        (None, false) if limits => "a limit breaks".to_owned(),
        (None, false) => "overloaded".to_owned(),
        (None, true) => "every limit is kept".to_owned(),
    }
}

fn shown(unit: InputUnit, value: f64) -> String {
    match unit {
        InputUnit::PerSecond => Unit::PerSecond.show(value),
        InputUnit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        InputUnit::Count => format!("{value:.2}"),
        InputUnit::Share => Unit::Share.show(value),
        InputUnit::Seconds => Unit::Seconds.show(value),
        InputUnit::Bytes => Unit::Bytes.show(value),
    }
}

/// Who wins as two inputs move.
pub fn map(answer: &Answer<'_>, page: &mut Page) {
    let Some(map) = &answer.recommendation.what_if.map else { return };
    let name = |input: &sim::search::Input| input.name(answer.workload);
    page.heading(&format!("Who wins: {} across, {} down", name(&map.across), name(&map.down)));
    let head = map.factors.iter().map(|factor| format!("x{factor:.2}")).collect::<Vec<_>>();
    page.line(&grid_line("", &head));
    for (factor, cells) in map.factors.iter().zip(&map.cells) {
        let shown: Vec<String> = cells.iter().map(|cell| letter(*cell)).collect();
        page.line(&grid_line(&format!("x{factor:.2}"), &shown));
    }
    page.paragraph("  ", &legend(map));
}

fn grid_line(name: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>7}")).collect();
    format!("  {name:>6}{cells}")
}

/// Who wins in a cell, and whether limits hold.
pub fn letter(cell: Option<MapCell>) -> String {
    cell.map_or("-".to_owned(), |cell| {
        let letter = char::from(b'A' + cell.pool.min(25) as u8);
        if cell.keeps { letter.to_string() } else { format!("{letter}!") }
    })
}

/// What the letters of the map mean.
pub fn legend(map: &WinnerMap) -> String {
    let mut used = vec![false; map.pools.len()];
    for cell in map.cells.iter().flatten().flatten() {
        used[cell.pool] = true;
    }
    let mut said: Vec<String> = map
        .pools
        .iter()
        .enumerate()
        .filter(|(i, _)| used[*i])
        .map(|(i, pool)| format!("{} {pool}", letter(Some(MapCell { pool: i, keeps: true }))))
        .collect();
    let cells = || map.cells.iter().flatten();
    if cells().flatten().any(|cell| !cell.keeps) {
        said.push("! not every limit is kept, or overloaded".to_owned());
    }
    if cells().any(Option::is_none) {
        said.push("- cannot be".to_owned());
    }
    said.join("; ")
}

/// The parameters that the figures rest on.
pub fn sensitivity(answer: &Answer<'_>, page: &mut Page) {
    let sensitivity = &answer.recommendation.what_if.sensitivity;
    let goal = match answer.recommendation.goal {
        Goal::Latency => "latency",
        Goal::Throughput => "time",
        Goal::Memory => "memory",
    };
    page.heading(&format!("What the {goal} rests on: parameters at the ends of their ranges"));
    let strong = strong(sensitivity);
    let rows: Vec<[String; 4]> =
        strong.iter().take(NAMED).map(|effect| parameter_row(effect)).collect();
    page.table(&rows);
    for effect in strong.iter().filter(|effect| effect.changes_the_choice()) {
        for (end, at) in [(&effect.low, "lower"), (&effect.high, "upper")] {
            if let Some(winner) = &end.winner {
                let line = format!("{} at its {at} end: {winner} wins.", effect.parameter.name);
                page.paragraph("  ", &line);
            }
        }
    }
    page.paragraph("  ", &bearing(sensitivity, goal));
}

/// The parameters worth a line, the strongest first.
pub fn strong(sensitivity: &Sensitivity) -> Vec<&ParameterEffect> {
    let effects = sensitivity.effects.iter();
    effects
        .filter(|effect| effect.strength() > WORTH_A_LINE || effect.changes_the_choice())
        .collect()
}

/// How many parameters bear on the choice.
pub fn bearing(sensitivity: &Sensitivity, goal: &str) -> String {
    let bearing = sensitivity.effects.iter().filter(|effect| effect.bears_on_the_choice()).count();
    format!(
        "{bearing} of {} parameters with a range change a figure of the choice; {} of them its \
         {goal} by more than noise{}.",
        sensitivity.tried,
        sensitivity.effects.iter().filter(|effect| effect.strength() > 0.0).count(),
        carried(&sensitivity.effects)
    )
}

/// `, the first 2 with 93 % of the squared effect`.
fn carried(effects: &[ParameterEffect]) -> String {
    let squares: Vec<f64> = effects.iter().map(|effect| effect.strength().powi(2)).collect();
    let all: f64 = squares.iter().sum();
    if all == 0.0 {
        return String::new();
    }
    let mut sum = 0.0;
    let most = squares.iter().take_while(|square| {
        let before = sum;
        sum += **square;
        before < 0.9 * all
    });
    let count = most.count();
    let share: f64 = squares.iter().take(count).sum::<f64>() / all;
    format!(", the first {count} with {:.0} % of the squared effect", share * 100.0)
}

/// A parameter's value with its unit.
pub fn parameter(unit: ParameterUnit, value: f64) -> String {
    match unit {
        ParameterUnit::Number => number(value),
        ParameterUnit::Seconds => Unit::Seconds.show(value),
        ParameterUnit::Bytes => Unit::Bytes.show(value),
    }
}

/// To four significant digits, as plainly as they allow.
fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let places = 3 - value.abs().log10().floor() as i32;
    let shown = format!("{value:.*}", places.clamp(0, 12) as usize);
    match shown.contains('.') {
        true => shown.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => shown,
    }
}

fn parameter_row(effect: &ParameterEffect) -> [String; 4] {
    let HostParameter { name, low, high, origin, unit, .. } = &effect.parameter;
    let show = |value: f64| parameter(*unit, value);
    let percent = |ratio: &Estimate| format!("{:+.1} %", (ratio.point - 1.0) * 100.0);
    [
        name.clone(),
        format!("{} to {}", show(*low), show(*high)),
        origin.name().to_owned(),
        format!("{} to {}", percent(&effect.low.goal), percent(&effect.high.goal)),
    ]
}

/// Pools that no other beats in everything.
pub fn frontier(answer: &Answer<'_>, page: &mut Page) {
    let frontier = &answer.recommendation.frontier;
    page.heading("Frontier: no pool measured beats these in everything (* the choice)");
    for point in &frontier.points {
        let mark = if point.chosen { '*' } else { ' ' };
        page.hanging(&format!("{mark} "), "      ", &point.deployment.to_string());
        page.paragraph("      ", &figures(point, frontier.tail_over_limit));
    }
}

fn figures(point: &FrontierPoint, over_limit: bool) -> String {
    let tail = if over_limit {
        format!("p99 {} of its limit", Unit::Share.estimate(&point.tail))
    } else {
        format!("worst p99 {}", Unit::Seconds.estimate(&point.tail))
    };
    format!(
        "{tail}; {}; ready in {}; one worker's end takes {}",
        Unit::Bytes.estimate(&point.peak_pss),
        Unit::Seconds.estimate(&point.startup),
        Unit::Share.show(point.blast_radius)
    )
}

/// Two pools in the place of one.
pub fn hybrids(answer: &Answer<'_>, page: &mut Page) {
    let hybrids = &answer.recommendation.hybrids;
    if hybrids.best.is_empty() {
        return;
    }
    page.heading(&format!("Two pools instead of one: the best of {} tried", hybrids.tried));
    for hybrid in &hybrids.best {
        page.hanging("  ", "      ", &format!("{} {}", hybrid.deployment, served(answer, hybrid)));
        let mut line = difference(&hybrid.worse_by);
        if !hybrid.margins.is_empty() {
            line.push_str(&format!("; limits: {}", verdict(hybrid.verdict)));
        }
        let memory = Unit::Bytes.estimate(&hybrid.summary.peak_pss);
        page.paragraph("      ", &format!("{line}; {memory}"));
    }
}

/// `(matmul | echo)`: the classes of each pool.
pub fn served(answer: &Answer<'_>, hybrid: &Hybrid) -> String {
    let classes = |pool: usize| {
        super::pool::served(answer.workload, &hybrid.deployment, pool)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let each: Vec<String> = (0..hybrid.deployment.pools.len()).map(classes).collect();
    format!("({})", each.join(" | "))
}

/// How many such hosts would do.
pub fn fleet(answer: &Answer<'_>, page: &mut Page) {
    let Some(fleet) = &answer.recommendation.what_if.fleet else { return };
    page.heading("How many such hosts would meet every limit");
    fleet_lines(answer, fleet).iter().for_each(|line| page.paragraph("  ", line));
}

/// The smallest number of hosts, and a bound for balancers that know the loads.
pub fn fleet_lines(answer: &Answer<'_>, fleet: &Fleet) -> Vec<String> {
    let bound = format!(
        "A balancer that knows the loads may do with fewer, none with fewer than {} (a bound, not a \
         simulation).",
        fleet.at_least
    );
    let bound = fleet.random.as_ref().map(|_| bound);
    [fleet_line(answer, fleet)].into_iter().chain(bound).collect()
}

/// The smallest number of hosts, and why one fewer does not do.
fn fleet_line(answer: &Answer<'_>, fleet: &Fleet) -> String {
    let Some(size) = &fleet.random else {
        return format!(
            "None up to {MOST_HOSTS}: with these pools a limit breaks however little each host has \
             to do, or it is not resolved which number is the smallest."
        );
    };
    let broken: Vec<String> = size
        .one_fewer
        .1
        .iter()
        .filter(|margin| margin.verdict != Verdict::Met)
        .map(|margin| {
            let (name, unit) = limited(answer.workload, margin);
            format!("{name} {} {}", verdict(margin.verdict), unit.estimate(&margin.predicted))
        })
        .collect();
    let why = match broken.is_empty() {
        true => "overloaded or out of memory".to_owned(),
        false => broken.join(", "),
    };
    format!(
        "{} hosts with {} each, behind a balancer that picks at random, {} a host; {} do not ({why}).",
        size.hosts,
        size.deployment,
        Unit::PerSecond.estimate(&size.throughput),
        size.hosts - 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_at_most() {
        let shown = [0.31370668220666287, 0.0005, 1.0, 0.0, 12.5, 123456.7].map(number);
        assert_eq!(shown, ["0.3137", "0.0005", "1", "0", "12.5", "123457"]);
    }

    #[test]
    fn a_cell_shows_who_wins_and_whether_limits_hold() {
        assert_eq!(letter(Some(MapCell { pool: 1, keeps: true })), "B");
        assert_eq!(letter(Some(MapCell { pool: 0, keeps: false })), "A!");
        assert_eq!(letter(None), "-");
        assert!(grid_line("x0.50", &vec!["A!".to_owned(); 5]).len() < 80);
    }
}
