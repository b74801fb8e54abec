//! One recorded run over time: memory, replacements, cores and the lock.

use serde::Serialize;
use sim::search::Recycling;

use super::figures;
use super::parts::Figure;
use super::recording;
use crate::render::recommendation::Answer;
use crate::render::recycling_rule;
use crate::render::units::Unit;

/// The run, quantity by quantity.
#[derive(Serialize)]
pub struct Course {
    memory: Figure,
    recycling: Vec<Recycled>,
    workers: Figure,
    utilisation: Figure,
}

/// What calls for replacing the workers of one pool, and by which rule.
#[derive(Serialize)]
struct Recycled {
    /// Its name, if there are several.
    pool: Option<String>,
    why: String,
    settings: Vec<[String; 2]>,
    lines: Vec<String>,
}

impl Course {
    pub fn of(answer: &Answer<'_>, course: &recording::Course) -> Self {
        let recycling = answer.recommendation.recycling.iter();
        Self {
            memory: memory(answer, course),
            recycling: recycling.map(|one| recycled(answer, one)).collect(),
            workers: Figure::new(
                figures::workers(course),
                "Workers up, slots busy and queue over time",
                &covers(course),
            ),
            utilisation: utilisation(answer, course),
        }
    }
}

fn memory(answer: &Answer<'_>, course: &recording::Course) -> Figure {
    let host = answer.host.memory_bytes;
    let (limit, whose) = match answer.workload.objective.memory_bytes {
        Some(limit) if limit <= host => (limit, "the objective's limit"),
        _ => (host, "the host's memory"),
    };
    let (peak, size) = (figures::peak(course) as f64, limit as f64);
    let drawn = if figures::is_near(course, limit) { "" } else { ", far above the figure" };
    let caption = format!(
        "PSS counts shared pages once, RSS once per process. The PSS peaks at {} in this run, {} \
         of {whose} of {}{drawn}.",
        Unit::Bytes.show(peak),
        Unit::Share.show(peak / size),
        Unit::Bytes.show(size),
    );
    Figure::new(figures::memory(course, limit), "PSS and RSS of the pool over time", &caption)
}

fn recycled(answer: &Answer<'_>, recycling: &Recycling) -> Recycled {
    let pools = &answer.recommendation.choice.deployment.pools;
    let (settings, lines) = match &recycling.rule {
        Ok(rule) => (
            recycling_rule::settings(rule),
            vec![
                format!("By formula: {}", recycling_rule::cost(rule)),
                recycling_rule::simulated(rule),
            ],
        ),
        Err(why) => (Vec::new(), vec![format!("No rule: {why}")]),
    };
    Recycled {
        pool: (pools.len() > 1).then(|| pools[recycling.pool].to_string()),
        why: recycling.why.clone(),
        settings,
        lines,
    }
}

/// What the run over time is, and whether it is long enough to see a life end.
fn covers(course: &recording::Course) -> String {
    let length = Unit::Seconds.show(course.length());
    let rule = if course.life.is_some() { "with the rule above" } else { "as deployed" };
    let life = match course.life {
        Some(life) if life > course.length() => {
            format!(
                " A worker lives {} by the rule, longer than this run.",
                Unit::Seconds.show(life)
            )
        }
        Some(life) => format!(" A worker lives {} by the rule.", Unit::Seconds.show(life)),
        None => String::new(),
    };
    format!(
        "One replication, {rule}, over {length}; {} replacements begin in it.{life}",
        course.restarts()
    )
}

fn utilisation(answer: &Answer<'_>, course: &recording::Course) -> Figure {
    let cpus = answer.host.usable_cpus();
    let lock = match figures::shares_a_lock(course) {
        true => ", and of the lock (or event loop) that is held longest",
        false => ". No two requests of this pool share an interpreter lock, so none is shown",
    };
    let caption = format!("Share in use from step to step of the same run: of {cpus} CPUs{lock}.");
    Figure::new(
        figures::utilisation(course, cpus),
        "Cores in use and lock held over time",
        &caption,
    )
}
