//! `[[stage]]`: the parts of a pipeline, each with an executor of its own.

use std::ops::Range;

use super::{Context, keys};
use crate::input::{
    Fault, Reported, Section, Value, closest, elements, identifier, list, one_of, shown, text,
};
use crate::pool::{Concurrency, Profile, StartMethod};
use crate::workload::{RequestClass, Stage};

/// Most stages.
pub const MAX_STAGES: usize = 64;

/// A stage as written: linked to the next one by name.
struct Link<'a> {
    stage: Stage,
    /// Where its name stands.
    at: Range<usize>,
    next: Option<(&'a str, Range<usize>)>,
}

/// The stages, first to last; none if the workload is no pipeline.
pub(super) fn stages<'a>(context: Context<'a>, top: &Section<'a>) -> Result<Vec<Stage>, Reported> {
    let Some(value) = top.value("stage") else {
        return Ok(Vec::new());
    };
    let list = context.reader.check(elements(value, MAX_STAGES))?;
    if list.is_empty() {
        let help = "leave `stage` out if the workload is no pipeline";
        return Err(top.fail(value.span(), "there are no stages", help));
    }
    let read: Vec<_> = list.iter().map(|value| link(context, value)).collect();
    let links = read.into_iter().collect::<Result<Vec<_>, _>>()?;
    context.reader.check(in_order(links))
}

fn link<'a>(context: Context<'a>, value: &'a Value<'a>) -> Result<Link<'a>, Reported> {
    let section = Section::open(context.reader, value, &keys::STAGE)?;
    let name = section.required("name", identifier);
    let next = section.optional("next", |value| Ok((text(value)?, value.span())));
    let profile = section.optional("profile", profile);
    let start_method = section.optional("start_method", start_method);
    let (profile, start_method) = (profile?, start_method?);
    // Threads of the only process: nobody starts that one.
    let only_process =
        |profile: Profile| profile.workers == 1 && profile.concurrency != Concurrency::Serial;
    if start_method.is_some() && profile.is_some_and(only_process) {
        let message = "this stage has one process only, the one that there is anyway";
        let help = "leave `start_method` out, or give the stage processes";
        return Err(section.fail(section.span_of("start_method"), message, help));
    }
    let at = section.span_of("name");
    Ok(Link { stage: Stage { name: name?, profile, start_method }, at, next: next? })
}

fn profile(value: &Value<'_>) -> Result<Profile, Fault> {
    text(value)?.parse().map_err(|message: String| {
        Fault::new(value.span(), message).help("leave it out to have it chosen")
    })
}

pub(super) fn start_method(value: &Value<'_>) -> Result<StartMethod, Fault> {
    one_of(value, &StartMethod::ALL.map(|method| (method.name(), method)))
}

/// The stages along their links.
fn in_order(links: Vec<Link<'_>>) -> Result<Vec<Stage>, Fault> {
    check_names(&links)?;
    let next = links.iter().map(|link| target(&links, link)).collect::<Result<Vec<_>, _>>()?;
    check_one_way_in(&links, &next)?;
    let mut order = vec![last(&links, &next)?];
    while let Some(before) = next.iter().position(|target| *target == order.last().copied()) {
        order.push(before);
    }
    if order.len() < links.len() {
        return Err(circle(&links, &next, |index| !order.contains(&index)));
    }
    Ok(order.into_iter().rev().map(|index| links[index].stage.clone()).collect())
}

fn check_names(links: &[Link<'_>]) -> Result<(), Fault> {
    for (index, link) in links.iter().enumerate() {
        if links[..index].iter().any(|earlier| earlier.stage.name == link.stage.name) {
            let message = format!("there are two stages `{}`", link.stage.name);
            return Err(Fault::new(link.at.clone(), message).help("give each stage its own name"));
        }
    }
    Ok(())
}

/// Index of the stage that `link` leads to.
fn target(links: &[Link<'_>], link: &Link<'_>) -> Result<Option<usize>, Fault> {
    let Some((name, at)) = &link.next else {
        return Ok(None);
    };
    let names: Vec<&str> = links.iter().map(|link| link.stage.name.as_str()).collect();
    match names.iter().position(|known| known == name) {
        Some(index) => Ok(Some(index)),
        None => Err(unknown(name, at.clone(), &names)),
    }
}

/// No stage is called `name`.
pub(super) fn unknown(name: &str, at: Range<usize>, names: &[&str]) -> Fault {
    let known = list(names.iter().copied());
    let help = match closest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? The stages are {known}"),
        None => format!("the stages are {known}"),
    };
    Fault::new(at, format!("there is no stage `{}`", shown(name))).help(help)
}

fn check_one_way_in(links: &[Link<'_>], next: &[Option<usize>]) -> Result<(), Fault> {
    for (index, link) in links.iter().enumerate() {
        let Some((name, at)) = &link.next else { continue };
        if let Some(earlier) = next[..index].iter().position(|target| *target == next[index]) {
            let message = format!("`{name}` comes after `{}` already", links[earlier].stage.name);
            let help = "stages form one line: each but the first is `next` of exactly one";
            return Err(Fault::new(at.clone(), message).help(help));
        }
    }
    Ok(())
}

/// The one stage that leads nowhere.
fn last(links: &[Link<'_>], next: &[Option<usize>]) -> Result<usize, Fault> {
    let ends: Vec<usize> = (0..links.len()).filter(|index| next[*index].is_none()).collect();
    match ends[..] {
        [only] => Ok(only),
        [first, second, ..] => {
            let [first, second] = [first, second].map(|index| &links[index]);
            let message =
                format!("`{}` has no `next`, nor has `{}`", second.stage.name, first.stage.name);
            Err(Fault::new(second.at.clone(), message)
                .help("only the last stage has none: link the others"))
        }
        [] => Err(circle(links, next, |_| true)),
    }
}

/// The stages that `among` picks lead to one another for ever.
fn circle(links: &[Link<'_>], next: &[Option<usize>], among: impl Fn(usize) -> bool) -> Fault {
    let start = (0..links.len()).find(|index| among(*index)).unwrap_or(0);
    let mut names = vec![links[start].stage.name.as_str()];
    let mut at = start;
    while let Some(following) = next[at] {
        names.push(&links[following].stage.name);
        if following == start {
            break;
        }
        at = following;
    }
    let span = links[at].next.as_ref().map_or(0..0, |(_, span)| span.clone());
    Fault::new(span, format!("the stages go round in a circle: {}", names.join(" -> ")))
        .help("the last stage has no `next`")
}

/// Every request passes every stage.
pub(super) fn check_passes(
    top: &Section<'_>,
    stages: &[Stage],
    classes: &[RequestClass],
) -> Result<(), Reported> {
    for (index, stage) in (0_u32..).zip(stages) {
        let passes = |class: &&RequestClass| class.segments.iter().any(|s| s.stage == index);
        if let Some(class) = classes.iter().find(|class| !passes(class)) {
            let message = format!("no segment of `{}` is in stage `{}`", class.name, stage.name);
            let help = format!("add one with `stage = \"{}\"`, or remove the stage", stage.name);
            return Err(top.fail(name_span(top, &stage.name), message, help));
        }
    }
    Ok(())
}

/// Where the stage called `name` says so.
fn name_span(top: &Section<'_>, name: &str) -> Range<usize> {
    let list = top.value("stage").and_then(|value| value.get_ref().as_array());
    let names =
        list.into_iter().flatten().filter_map(|stage| stage.get_ref().as_table()?.get("name"));
    let mut found = names.filter(|value| value.get_ref().as_str() == Some(name));
    found.next().map_or_else(|| top.span_of("stage"), Value::span)
}
