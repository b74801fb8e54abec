//! `[[class]]`: the kinds of request.

use super::{Context, keys, segment};
use crate::input::{
    Fault, Reported, Section, Value, bytes, elements, identifier, positive_duration, share,
};
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
    let working_set_bytes = section
        .table("memory", &keys::CLASS_MEMORY)
        .and_then(|memory| memory.map_or(Ok(0), |memory| memory.or("working_set", 0, bytes)));
    let segments = segment::segments(context, section);
    Ok(RequestClass {
        name: name?,
        share: share?,
        request_bytes: request_bytes?,
        response_bytes: response_bytes?,
        segments: segments?,
        working_set_bytes: working_set_bytes?,
        client_timeout: client_timeout?,
        kept_share: 0.0,
        leak_bytes: 0,
        crash: 0.0,
        hang: 0.0,
    })
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
