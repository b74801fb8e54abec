//! Drawn cells as a file of cells.

use std::fmt::Write as _;

use sim::input::format_bytes;
use sim::pool::PoolKind;

use super::draw::{BURST, Class, Draw, Load, Shape, Work, of_processes, rounded};
use super::space::Space;
use crate::validate::cells::short;

/// The whole file.
pub(super) fn file(space: &Space, seed: u64, drawn: &[Draw]) -> String {
    let mut text = format!(
        "# {} cells of seed {seed}, by `planner validate --set random --print-set`.\n\n\
         set = \"random\"\nabout = {:?}\n",
        drawn.len(),
        space.about
    );
    for (number, draw) in (1..).zip(drawn) {
        // A String takes all that is written.
        let _ = cell(&mut text, draw, &name(draw, seed, number));
    }
    text
}

/// Says what the cell is.
fn name(draw: &Draw, seed: u64, number: usize) -> String {
    let load = match draw.load {
        Load::Open { .. } => "open",
        Load::Closed { .. } => "closed",
        Load::Batch => "batch",
        Load::Bursts { .. } => "bursts",
    };
    let pool = short(draw.pool);
    let mut name = format!("s{seed}-{number:02}-{pool}-{}-{load}-{}", draw.slots, draw.mix);
    if draw.life.is_some() {
        name.push_str("-recycled");
    }
    if draw.spawned {
        name.push_str("-spawn");
    }
    name
}

fn cell(out: &mut String, draw: &Draw, name: &str) -> std::fmt::Result {
    writeln!(out, "\n[[workload]]\nname = \"{name}\"\narrivals = {}\nclass = [", arrivals(draw))?;
    draw.classes.iter().try_for_each(|it| class(out, it))?;
    let profile = match draw.pool {
        pool if of_processes(pool) => "process:",
        PoolKind::ThreadPoolExecutor | PoolKind::MultiprocessingThreadPool => "threads:",
        _ => "async:1x",
    };
    writeln!(
        out,
        "]\n\n[[cell]]\nname = \"{name}\"\neffect = \"{}\"\nworkload = \"{name}\"\npool = \"{}\"\n\
         profile = \"{profile}{}\"\nrequests = {}",
        draw.mix,
        draw.pool.name(),
        draw.slots,
        draw.requests
    )?;
    if of_processes(draw.pool) {
        writeln!(out, "start_method = \"{}\"", if draw.spawned { "spawn" } else { "fork" })?;
    }
    if let Some(life) = draw.life {
        writeln!(out, "max_requests = {life}")?;
    }
    Ok(())
}

fn arrivals(draw: &Draw) -> String {
    match draw.load {
        Load::Open { rate } => format!("{{ poisson = {{ rate = \"{rate:.2}/s\" }} }}"),
        Load::Batch => format!("{{ batch = {{ requests = {} }} }}", draw.requests),
        Load::Closed { clients, think } => {
            format!("{{ closed = {{ clients = {clients}, think = \"{}\" }} }}", time(think))
        }
        Load::Bursts { rate, on } => format!(
            "{{ on_off = {{ on_rate = \"{:.2}/s\", off_rate = \"{:.2}/s\", mean_on = \"{}\", \
             mean_off = \"{}\" }} }}",
            BURST * rate,
            rate / BURST,
            time(on),
            time(2.0 * on)
        ),
    }
}

fn class(out: &mut String, class: &Class) -> std::fmt::Result {
    write!(out, "    {{ name = \"{}\", share = {:.2}", class.name, class.share)?;
    if class.payload > 0.0 {
        let size = format_bytes(class.payload as u64);
        write!(out, ", request = \"{size}\", response = \"{size}\"")?;
    }
    if class.working_set > 0.0 {
        let size = format_bytes(class.working_set as u64);
        write!(out, ", memory = {{ working_set = \"{size}\" }}")?;
    }
    writeln!(out, ", segment = [")?;
    for work in &class.work {
        writeln!(out, "        {{ {} = {} }},", work.kind, length(work))?;
    }
    writeln!(out, "    ] }},")
}

fn length(work: &Work) -> String {
    let of = time(work.length);
    match work.shape {
        Shape::Constant => format!("\"{of}\""),
        Shape::Exponential => format!("{{ exponential = {{ mean = \"{of}\" }} }}"),
        Shape::Lognormal(tail) => {
            format!(
                "{{ lognormal = {{ median = \"{of}\", p99 = \"{}\" }} }}",
                time(tail * work.length)
            )
        }
        Shape::Gamma(cv) => format!("{{ gamma = {{ mean = \"{of}\", cv = {cv} }} }}"),
    }
}

/// `seconds` to three digits.
fn time(seconds: f64) -> String {
    match seconds {
        none if none <= 0.0 => "0 ms".to_owned(),
        short if short < 1e-3 => format!("{} us", (rounded(short) * 1e6).round()),
        long => {
            let ms = format!("{:.3}", rounded(long) * 1e3);
            format!("{} ms", ms.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}
