//! `[[class.segment]]`: what a worker does for a request, step by step.

use std::ops::Range;

use super::{Context, distribution, keys, stage};
use crate::input::{
    Fault, Reported, Section, Value, count_up_to, elements, list, one_of, shown, text,
};
use crate::workload::{MAX_SEGMENTS, Segment, SegmentKind};

/// Most parts that lock-losing re-acquires may cut a segment into.
const MAX_REACQUIRES: u64 = 10_000;

/// A segment as written.
#[derive(Clone)]
struct Placed {
    segment: Segment,
    /// Index of the stage that it names.
    stage: Option<u32>,
    /// Where its stage stands, or it does.
    at: Range<usize>,
}

/// The segments of a class, repeats expanded.
pub(super) fn segments<'a>(
    context: Context<'a>,
    class: &Section<'a>,
) -> Result<Vec<Segment>, Reported> {
    let Some(value) = class.value("segment") else {
        let example = "as [[class.segment]] with `python`, `locked_native`, `native` or `wait`";
        return Err(class.missing_table("segment", example));
    };
    let placed = expanded(context, value, |context, value| {
        let section = Section::open(context.reader, value, &keys::SEGMENT)?;
        let (kind, what) = section.exactly_one("kind of segment", keys::SEGMENT_KINDS)?;
        match kind {
            "group" => group(context, &section, what),
            _ => single(context, &section, value, kind, what),
        }
    })?;
    staged(context, placed)
}

fn group<'a>(
    context: Context<'a>,
    section: &Section<'a>,
    members: &'a Value<'a>,
) -> Result<Vec<Placed>, Reported> {
    for key in ["parallel", "reacquires"] {
        if let Some(value) = section.value(key) {
            let message = format!("`{key}` says nothing about a group");
            section.fail(value.span(), message, "move it into a segment of the group");
        }
    }
    let stage = stage(context, section);
    let mut group = expanded(context, members, grouped)?;
    if let Some(stage) = stage? {
        if let Some(twice) = group.iter().find(|part| part.stage.is_some()) {
            let message = "the group around this segment names a stage already";
            return Err(section.fail(twice.at.clone(), message, "name it on one of the two"));
        }
        let at = section.span_of("stage");
        for part in &mut group {
            (part.stage, part.at) = (Some(stage), at.clone());
        }
    }
    repeated(section, group)
}

fn grouped<'a>(context: Context<'a>, value: &'a Value<'a>) -> Result<Vec<Placed>, Reported> {
    let section = Section::open(context.reader, value, &keys::GROUPED)?;
    let (kind, what) = section.exactly_one("kind of segment", keys::GROUPED_KINDS)?;
    single(context, &section, value, kind, what)
}

/// What `read` makes of each element of the list `value`, one after another.
fn expanded<'a>(
    context: Context<'a>,
    value: &'a Value<'a>,
    read: impl Fn(Context<'a>, &'a Value<'a>) -> Result<Vec<Placed>, Reported>,
) -> Result<Vec<Placed>, Reported> {
    let list = context.reader.check(elements(value, MAX_SEGMENTS))?;
    if list.is_empty() {
        let fault = Fault::new(value.span(), "there are no segments").help("add at least one");
        return Err(context.reader.report(fault));
    }
    let parts: Vec<_> = list.iter().map(|element| read(context, element)).collect();
    let segments = parts.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    if segments.len() > MAX_SEGMENTS {
        let message = format!("{} segments, at most {MAX_SEGMENTS} are allowed", segments.len());
        let fault = Fault::new(value.span(), message).help("repeat fewer, longer ones");
        return Err(context.reader.report(fault));
    }
    Ok(segments)
}

fn single<'a>(
    context: Context<'a>,
    section: &Section<'a>,
    whole: &'a Value<'a>,
    kind: &str,
    duration: &'a Value<'a>,
) -> Result<Vec<Placed>, Reported> {
    let parallel = section.optional("parallel", |value| one_of(value, &[("blas", ())]));
    let reacquires = section
        .optional("reacquires", |value| count_up_to(value, MAX_REACQUIRES).map(|n| n as u32));
    let duration = distribution::distribution(context, duration);
    let stage = stage(context, section);
    let kind = match kind {
        "python" => SegmentKind::Python,
        "locked_native" => SegmentKind::LockedNative,
        "native" => SegmentKind::Native { parallel: parallel?.is_some() },
        _ => SegmentKind::Wait,
    };
    let releases = matches!(kind, SegmentKind::Native { .. } | SegmentKind::Wait);
    if parallel?.is_some() && !matches!(kind, SegmentKind::Native { .. }) {
        let help = "only `native` segments run on BLAS threads; leave it out";
        return Err(section.fail(section.span_of("parallel"), "nothing to run in parallel", help));
    }
    if reacquires?.is_some() && !releases {
        let message = "this segment never releases the lock, so it cannot take it again";
        let help = "only `native` and `wait` segments release it; leave `reacquires` out";
        return Err(section.fail(section.span_of("reacquires"), message, help));
    }
    let at = section.value("stage").unwrap_or(whole).span();
    let segment = Segment { kind, duration: duration?, reacquires: reacquires?, stage: 0 };
    repeated(section, vec![Placed { segment, stage: stage?, at }])
}

/// Index of the stage that `section` names. Of stages that are wrong
/// themselves, any name will do.
fn stage(context: Context<'_>, section: &Section<'_>) -> Result<Option<u32>, Reported> {
    section.optional("stage", |value| {
        let name = text(value)?;
        let Some(stages) = context.stages else {
            return Ok(0);
        };
        if stages.is_empty() {
            let fault = Fault::new(value.span(), "this workload has no stages");
            return Err(fault.help(format!("add [[stage]] with name = \"{}\"", shown(name))));
        }
        let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
        let found = (0_u32..).zip(&names).find(|(_, known)| **known == name);
        found.map(|(index, _)| index).ok_or_else(|| stage::unknown(name, value.span(), &names))
    })
}

/// The segments with their stages, which never go back.
fn staged(context: Context<'_>, placed: Vec<Placed>) -> Result<Vec<Segment>, Reported> {
    let stages = context.stages.unwrap_or_default();
    let names = || stages.iter().map(|stage| stage.name.as_str());
    let fail = |at: &Range<usize>, message: String, help: String| {
        Err(context.reader.report(Fault::new(at.clone(), message).help(help)))
    };
    let mut furthest = 0;
    for Placed { stage, at, .. } in &placed {
        match stage {
            None if !stages.is_empty() => {
                let help = format!("add `stage`, one of {}", list(names()));
                return fail(at, "this segment is in no stage".to_owned(), help);
            }
            Some(stage) if *stage < furthest => {
                let [now, before] = [*stage, furthest].map(|s| &stages[s as usize].name);
                let message =
                    format!("stage `{now}` comes before `{before}`, where this request has been");
                let help = format!("put segments in the order of the stages: {}", list(names()));
                return fail(at, message, help);
            }
            _ => furthest = stage.unwrap_or(0),
        }
    }
    let with_stage = |part: Placed| Segment { stage: part.stage.unwrap_or(0), ..part.segment };
    Ok(placed.into_iter().map(with_stage).collect())
}

/// `segments` as often as `repeat` says.
fn repeated(section: &Section<'_>, segments: Vec<Placed>) -> Result<Vec<Placed>, Reported> {
    let times = section.or("repeat", 1, |value| count_up_to(value, MAX_SEGMENTS as u64))? as usize;
    if times * segments.len() > MAX_SEGMENTS {
        let message =
            format!("{times} times {} segments is more than {MAX_SEGMENTS}", segments.len());
        return Err(section.fail(section.span_of("repeat"), message, "repeat it less often"));
    }
    Ok(vec![segments; times].concat())
}
