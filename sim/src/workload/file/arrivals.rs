//! `[arrivals.*]`: how requests arrive.

use std::sync::Arc;

use super::{Context, distribution, keys};
use crate::input::{
    Fault, MIN_RATE, Reported, Section, Value, count_up_to, duration, elements, number,
    positive_duration, rate, rate_or_zero, text, wrong_type,
};
use crate::kernel::{SimDuration, SimTime};
use crate::workload::distribution::Distribution;
use crate::workload::trace_file::read_trace;
use crate::workload::{Arrivals, KeySpace, RequestClass};

/// Most clients of a closed load.
pub const MAX_CLIENTS: u64 = 1_000_000;
/// Most requests of a batch.
pub const MAX_BATCH: u64 = 10_000_000;
/// Most points of a varying rate.
pub const MAX_POINTS: usize = 10_000;
/// Least arrivals per cycle of an on-off load, and least mean over peak of a
/// varying one: below it the draw skips a thousand times for each arrival.
const MIN_ACTIVITY: f64 = 1e-3;
/// Coefficients of variation that draw sensible values.
pub(super) const CV_RANGE: (f64, f64) = (0.01, 20.0);

pub(super) fn arrivals<'a>(
    context: Context<'a>,
    top: &Section<'a>,
    classes: &[RequestClass],
    key_space: Option<KeySpace>,
) -> Result<Arrivals, Reported> {
    let Some(section) = top.table("arrivals", &keys::ARRIVALS)? else {
        return Err(top.missing_table("arrivals", "like [arrivals.poisson] with rate = \"100/s\""));
    };
    let (kind, value) = section.exactly_one("kind of arrivals", keys::ARRIVAL_KINDS)?;
    let open = |keys| Section::open(context.reader, value, keys);
    match kind {
        "poisson" => Ok(Arrivals::Poisson { rate: open(&keys::POISSON)?.required("rate", rate)? }),
        "deterministic" => Ok(Arrivals::Deterministic {
            rate: open(&keys::DETERMINISTIC)?.required("rate", rate)?,
        }),
        "gamma" => gamma(&open(&keys::GAMMA_GAPS)?),
        "on_off" => on_off(&open(&keys::ON_OFF)?),
        "varying" => varying(&open(&keys::VARYING)?),
        "replay" => replay(context, &open(&keys::REPLAY)?, classes, key_space),
        "closed" => closed(context, &open(&keys::CLOSED)?),
        _ => Ok(Arrivals::Batch {
            requests: open(&keys::BATCH)?
                .required("requests", |value| count_up_to(value, MAX_BATCH))?,
        }),
    }
}

fn gamma(section: &Section<'_>) -> Result<Arrivals, Reported> {
    let rate = section.required("rate", rate);
    let cv = section.required("cv", |value| number(value, CV_RANGE.0, CV_RANGE.1));
    Ok(Arrivals::Gamma { rate: rate?, cv: cv? })
}

fn on_off(section: &Section<'_>) -> Result<Arrivals, Reported> {
    let on_rate = section.required("on_rate", rate);
    let off_rate = section.or("off_rate", 0.0, rate_or_zero);
    let mean_on = section.required("mean_on", positive_duration);
    let mean_off = section.required("mean_off", positive_duration);
    let (on_rate, off_rate, mean_on, mean_off) = (on_rate?, off_rate?, mean_on?, mean_off?);
    let per_cycle = on_rate * mean_on.as_secs() + off_rate * mean_off.as_secs();
    if per_cycle < MIN_ACTIVITY {
        let message = format!("only {per_cycle:.1e} requests arrive per stay in on and off");
        let help = format!("make it at least {MIN_ACTIVITY}: longer stays or higher rates");
        return Err(section.fail(section.span_of("mean_on"), message, help));
    }
    Ok(Arrivals::OnOff { on_rate, off_rate, mean_on, mean_off })
}

fn closed<'a>(context: Context<'a>, section: &Section<'a>) -> Result<Arrivals, Reported> {
    let clients = section.required("clients", |value| count_up_to(value, MAX_CLIENTS));
    let think = match section.value("think") {
        Some(value) => distribution::distribution_or_zero(context, value),
        None => Ok(Distribution::Constant(SimDuration::ZERO)),
    };
    // `MAX_CLIENTS` fits, so nothing is cut off here.
    Ok(Arrivals::Closed { clients: clients? as u32, think: think? })
}

fn varying(section: &Section<'_>) -> Result<Arrivals, Reported> {
    let points = section.required("points", |value| {
        let points: Vec<_> =
            elements(value, MAX_POINTS)?.iter().map(point).collect::<Result<_, _>>()?;
        check_points(value, &points)?;
        Ok(points)
    })?;
    Ok(Arrivals::Varying { points })
}

fn point(value: &Value<'_>) -> Result<(SimTime, f64), Fault> {
    let shape = "write each point as [time, rate], like [\"60 s\", \"50/s\"]";
    let Some(pair) = value.get_ref().as_array() else {
        return Err(wrong_type(value, "a point").help(shape));
    };
    match &pair[..] {
        [at, rate] => Ok((SimTime(duration(at)?.0), rate_or_zero(rate)?)),
        _ => Err(Fault::new(value.span(), "a point has a time and a rate").help(shape)),
    }
}

fn check_points(value: &Value<'_>, points: &[(SimTime, f64)]) -> Result<(), Fault> {
    let refuse = |span, message: &str, help: &str| Err(Fault::new(span, message).help(help));
    let span_of = |index: usize| match value.get_ref().as_array().and_then(|list| list.get(index)) {
        Some(point) => point.span(),
        None => value.span(),
    };
    if points.len() < 2 {
        return refuse(
            value.span(),
            "a varying rate needs at least two points",
            "for a constant rate use [arrivals.poisson]",
        );
    }
    if points[0].0 != SimTime::ZERO {
        return refuse(span_of(0), "the first point is not at time 0", "start with \"0 s\"");
    }
    if let Some(later) = points.windows(2).position(|pair| pair[1].0 <= pair[0].0) {
        return refuse(
            span_of(later + 1),
            "this point is not later than the one before it",
            "put the points in order of time",
        );
    }
    let peak = points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let mean = Arrivals::Varying { points: points.to_vec() }.offered_rate().unwrap_or(0.0);
    if peak == 0.0 || mean < peak * MIN_ACTIVITY {
        return refuse(
            value.span(),
            "almost nothing arrives: the mean rate is under a thousandth of the peak",
            "widen the peak or raise the other rates",
        );
    }
    if mean < MIN_RATE {
        return refuse(value.span(), "the mean rate is under 1/h", "raise the rates");
    }
    Ok(())
}

fn replay<'a>(
    context: Context<'a>,
    section: &Section<'a>,
    classes: &[RequestClass],
    key_space: Option<KeySpace>,
) -> Result<Arrivals, Reported> {
    let file = section.required("file", text)?;
    let rows = read_trace(&context.base_dir.join(file), classes, key_space)
        .map_err(|error| context.reader.report_elsewhere(*error))?;
    Ok(Arrivals::Replay { rows: Arc::from(rows) })
}
