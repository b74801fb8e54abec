//! `[objective]`: what the answer is judged by.

use super::keys;
use crate::input::{
    Fault, Reported, Section, Value, bytes, closest, list, one_of, positive_duration, rate, share,
    shown, wrong_type,
};
use crate::workload::{Arrivals, Goal, KeepUp, LatencyLimit, Objective, Quantile, RequestClass};

const GOALS: [(&str, Goal); 3] =
    [("latency", Goal::Latency), ("throughput", Goal::Throughput), ("memory", Goal::Memory)];

/// `arrivals` is `None` if they are wrong themselves.
pub(super) fn objective(
    top: &Section<'_>,
    classes: &[RequestClass],
    arrivals: Option<&Arrivals>,
) -> Result<Objective, Reported> {
    let Some(section) = top.table("objective", &keys::OBJECTIVE)? else {
        return Ok(Objective::default());
    };
    let offered = arrivals.and_then(Arrivals::offered_rate);
    let goal = section.optional("goal", |value| goal(value, offered));
    let latency: Vec<_> = Quantile::ALL
        .into_iter()
        .map(|quantile| section.optional(quantile.name(), |value| limits(value, quantile, classes)))
        .collect();
    let throughput = section.optional("throughput", |value| throughput(value, offered));
    let memory_bytes = section.optional("memory", positive_bytes);
    let startup = section.optional("startup", positive_duration);
    let failures = section.optional("failures", share);
    let keep_up = keep_up(&section);
    let latency = latency.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Objective {
        goal: goal?,
        latency: latency.into_iter().flatten().flatten().collect(),
        throughput: throughput?,
        memory_bytes: memory_bytes?,
        startup: startup?,
        failures: failures?,
        keep_up: keep_up?,
    })
}

fn goal(value: &Value<'_>, offered: Option<f64>) -> Result<Goal, Fault> {
    match one_of(value, &GOALS)? {
        Goal::Throughput if offered.is_some() => Err(Fault::new(
            value.span(),
            "an open load is served at the rate it is offered, so throughput cannot be the goal",
        )
        .help("write \"latency\" or \"memory\", or use closed or batch arrivals")),
        goal => Ok(goal),
    }
}

/// A table of limits per class, or one duration for all of them.
fn limits(
    value: &Value<'_>,
    quantile: Quantile,
    classes: &[RequestClass],
) -> Result<Vec<LatencyLimit>, Fault> {
    let limit = |class, at_most| LatencyLimit { class, quantile, at_most };
    if value.get_ref().is_str() {
        let at_most = positive_duration(value)?;
        return Ok((0..classes.len()).map(|class| limit(class, at_most)).collect());
    }
    let table = value.get_ref().as_table().ok_or_else(|| {
        wrong_type(value, "a limit per class").help(format!(
            "write {} = {{ {} = \"10 ms\" }}",
            quantile.name(),
            classes[0].name
        ))
    })?;
    let mut found = Vec::new();
    for (name, value) in table {
        let names = || classes.iter().map(|class| class.name.as_str());
        let Some(class) = names().position(|known| known == name.get_ref().as_ref()) else {
            let known = list(names());
            let help = match closest(name.get_ref(), names()) {
                Some(near) => format!("did you mean `{near}`? The classes are {known}"),
                None => format!("the classes are {known}"),
            };
            let message = format!("there is no class `{}`", shown(name.get_ref()));
            return Err(Fault::new(name.span(), message).help(help));
        };
        found.push(limit(class, positive_duration(value)?));
    }
    found.sort_by_key(|limit| limit.class);
    Ok(found)
}

fn throughput(value: &Value<'_>, offered: Option<f64>) -> Result<f64, Fault> {
    let wanted = rate(value)?;
    match offered {
        Some(offered) if wanted > offered => Err(Fault::new(
            value.span(),
            format!("{wanted}/s cannot be served: only {offered:.3}/s arrive"),
        )
        .help("lower it, raise the rate, or use closed or batch arrivals")),
        _ => Ok(wanted),
    }
}

fn keep_up(section: &Section<'_>) -> Result<Option<KeepUp>, Reported> {
    let Some(table) = section.table("keep_up", &keys::KEEP_UP)? else {
        return Ok(None);
    };
    let workers = table.required("workers", share);
    let probability = table.required("probability", share);
    Ok(Some(KeepUp { share: workers?, probability: probability? }))
}

fn positive_bytes(value: &Value<'_>) -> Result<u64, Fault> {
    match bytes(value)? {
        0 => Err(Fault::new(value.span(), "no pool runs in no memory").help("leave it out")),
        above => Ok(above),
    }
}
