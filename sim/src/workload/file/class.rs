//! `[[class]]`: the kinds of request.

use super::{Context, keys, segment};
use crate::input::{
    Fault, Reported, Section, Value, bytes, elements, identifier, positive_duration, share,
};
use crate::pool::{Drain, Lifecycle};
use crate::workload::{MAX_CLASSES, RequestClass};

/// How far the shares may be from 1 in sum: rounding, not a mistake.
const SHARE_TOLERANCE: f64 = 1e-6;

pub(super) fn classes<'a>(
    context: Context<'a>,
    top: &Section<'a>,
) -> Result<Vec<RequestClass>, Reported> {
    let Some(value) = top.value("class") else {
        return Err(top.missing_table(
            "class",
            "as [[class]] with `name` and at least one [[class.segment]]",
        ));
    };
    let list = context.reader.check(elements(value, MAX_CLASSES))?;
    if list.is_empty() {
        return Err(top.fail(value.span(), "there are no classes", "add a [[class]]"));
    }
    // Only a class that is alone can do without a share.
    let implied = (list.len() == 1).then_some(1.0);
    let read: Vec<_> = list
        .iter()
        .map(|value| class(context, &Section::open(context.reader, value, &keys::CLASS)?, implied))
        .collect();
    let classes = read.into_iter().collect::<Result<Vec<_>, _>>()?;
    check_names(context, list, &classes)?;
    check_shares(context, list, &classes)?;
    Ok(classes)
}

fn class<'a>(
    context: Context<'a>,
    section: &Section<'a>,
    implied_share: Option<f64>,
) -> Result<RequestClass, Reported> {
    let name = section.required("name", identifier);
    let share = match implied_share {
        Some(implied) => section.or("share", implied, share),
        None => section.required("share", share),
    };
    let request_bytes = section.or("request", 0, bytes);
    let response_bytes = section.or("response", 0, bytes);
    let client_timeout = section.optional("client_timeout", positive_duration);
    let memory = memory(section);
    let faults = faults(section);
    let segments = segment::segments(context, section);
    let (memory, faults) = (memory?, faults?);
    Ok(RequestClass {
        name: name?,
        share: share?,
        request_bytes: request_bytes?,
        response_bytes: response_bytes?,
        segments: segments?,
        working_set_bytes: memory.working_set_bytes,
        kept_share: memory.kept_share,
        leak_bytes: memory.leak_bytes,
        crash: faults.crash,
        hang: faults.hang,
        client_timeout: client_timeout?,
    })
}

/// `[class.memory]`.
#[derive(Default)]
struct Memory {
    working_set_bytes: u64,
    kept_share: f64,
    leak_bytes: u64,
}

fn memory(class: &Section<'_>) -> Result<Memory, Reported> {
    let Some(section) = class.table("memory", &keys::CLASS_MEMORY)? else {
        return Ok(Memory::default());
    };
    let working_set_bytes = section.or("working_set", 0, bytes);
    let kept_share = section.or("kept", 0.0, share);
    let leak_bytes = section.or("leak", 0, bytes);
    let (working_set_bytes, kept_share) = (working_set_bytes?, kept_share?);
    if kept_share > 0.0 && working_set_bytes == 0 {
        let message = "there is no working set to keep a share of";
        let help = "add `working_set`, or write what each request leaves behind as `leak`";
        return Err(section.fail(section.span_of("kept"), message, help));
    }
    Ok(Memory { working_set_bytes, kept_share, leak_bytes: leak_bytes? })
}

/// `[class.faults]`.
#[derive(Default)]
struct Faults {
    crash: f64,
    hang: f64,
}

fn faults(class: &Section<'_>) -> Result<Faults, Reported> {
    let Some(section) = class.table("faults", &keys::FAULTS)? else {
        return Ok(Faults::default());
    };
    let (crash, hang) = (section.or("crash", 0.0, share), section.or("hang", 0.0, share));
    let (crash, hang) = (crash?, hang?);
    if crash + hang > 1.0 {
        let message = "more requests crash or hang than there are";
        let help = "a request does one or the other: together they are at most 1";
        return Err(section.fail(section.span_of("hang"), message, help));
    }
    Ok(Faults { crash, hang })
}

/// A request that hangs keeps its slot, so without somebody who kills its
/// worker every slot is lost sooner or later and the pool has no steady state.
pub(super) fn check_hangs(
    top: &Section<'_>,
    classes: &[RequestClass],
    lifecycle: &Lifecycle,
) -> Result<(), Reported> {
    let hastens = lifecycle.recycles() && lifecycle.drain != Drain::Finish;
    if lifecycle.kill_after.is_some() || lifecycle.heartbeat.is_some() || hastens {
        return Ok(());
    }
    let Some(index) = classes.iter().position(|class| class.hang > 0.0) else {
        return Ok(());
    };
    let classes = top.value("class").and_then(|value| value.get_ref().as_array());
    let hang = classes.and_then(|list| {
        let faults = list.get(index)?.get_ref().as_table()?.get("faults")?;
        faults.get_ref().as_table()?.get("hang").map(Value::span)
    });
    let message = "requests hang and nobody kills their workers, so the pool dies out";
    let help = "add `kill_after` or `heartbeat` to [service.recycling]";
    Err(top.fail(hang.unwrap_or_else(|| top.span_of("class")), message, help))
}

fn check_names<'a>(
    context: Context<'a>,
    list: &'a [Value<'a>],
    classes: &[RequestClass],
) -> Result<(), Reported> {
    for (index, class) in classes.iter().enumerate() {
        if classes[..index].iter().any(|earlier| earlier.name == class.name) {
            let span = key_span(list, index, "name");
            let fault = Fault::new(span, format!("there are two classes `{}`", class.name))
                .help("give each class its own name");
            return Err(context.reader.report(fault));
        }
    }
    Ok(())
}

fn check_shares<'a>(
    context: Context<'a>,
    list: &'a [Value<'a>],
    classes: &[RequestClass],
) -> Result<(), Reported> {
    let sum: f64 = classes.iter().map(|class| class.share).sum();
    if (sum - 1.0).abs() <= SHARE_TOLERANCE {
        return Ok(());
    }
    let last = classes.len() - 1;
    let difference = if sum > 1.0 { "take away" } else { "add" };
    let fault =
        Fault::new(key_span(list, last, "share"), format!("the shares sum to {sum:.6}, not 1"))
            .label("the last of the shares")
            .help(format!("{difference} {:.6} in all", (sum - 1.0).abs()));
    Err(context.reader.report(fault))
}

/// Where `key` of the class at `index` has its value; the class if it has none.
fn key_span(list: &[Value<'_>], index: usize, key: &str) -> std::ops::Range<usize> {
    let class = &list[index];
    let value = class.get_ref().as_table().and_then(|table| table.get(key));
    value.map_or_else(|| class.span(), toml::Spanned::span)
}
