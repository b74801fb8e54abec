//! `[[class.segment]]`: what a worker does for a request, step by step.

use super::{Context, distribution, keys};
use crate::input::{Fault, Reported, Section, Value, count_up_to, elements, one_of};
use crate::workload::{MAX_SEGMENTS, Segment, SegmentKind};

/// Most parts that lock-losing re-acquires may cut a segment into.
const MAX_REACQUIRES: u64 = 10_000;

/// The segments of a class, repeats expanded.
pub(super) fn segments<'a>(
    context: Context<'a>,
    class: &Section<'a>,
) -> Result<Vec<Segment>, Reported> {
    let Some(value) = class.value("segment") else {
        let example = "as [[class.segment]] with `python`, `locked_native`, `native` or `wait`";
        return Err(class.missing_table("segment", example));
    };
    expanded(context, value, |context, value| {
        let section = Section::open(context.reader, value, &keys::SEGMENT)?;
        let (kind, what) = section.exactly_one("kind of segment", keys::SEGMENT_KINDS)?;
        match kind {
            "group" => {
                for key in ["parallel", "reacquires"] {
                    if let Some(value) = section.value(key) {
                        let message = format!("`{key}` says nothing about a group");
                        section.fail(value.span(), message, "move it into a segment of the group");
                    }
                }
                let group = expanded(context, what, grouped)?;
                repeated(&section, group)
            }
            _ => single(context, &section, kind, what),
        }
    })
}

fn grouped<'a>(context: Context<'a>, value: &'a Value<'a>) -> Result<Vec<Segment>, Reported> {
    let section = Section::open(context.reader, value, &keys::GROUPED)?;
    let (kind, what) = section.exactly_one("kind of segment", keys::GROUPED_KINDS)?;
    single(context, &section, kind, what)
}

/// What `read` makes of each element of the list `value`, one after another.
fn expanded<'a>(
    context: Context<'a>,
    value: &'a Value<'a>,
    read: impl Fn(Context<'a>, &'a Value<'a>) -> Result<Vec<Segment>, Reported>,
) -> Result<Vec<Segment>, Reported> {
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
    kind: &str,
    duration: &'a Value<'a>,
) -> Result<Vec<Segment>, Reported> {
    let parallel = section.optional("parallel", |value| one_of(value, &[("blas", ())]));
    let reacquires = section
        .optional("reacquires", |value| count_up_to(value, MAX_REACQUIRES).map(|n| n as u32));
    let duration = distribution::distribution(context, duration);
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
    repeated(
        section,
        vec![Segment { kind, duration: duration?, reacquires: reacquires?, stage: 0 }],
    )
}

/// `segments` as often as `repeat` says.
fn repeated(section: &Section<'_>, segments: Vec<Segment>) -> Result<Vec<Segment>, Reported> {
    let times = section.or("repeat", 1, |value| count_up_to(value, MAX_SEGMENTS as u64))? as usize;
    if times * segments.len() > MAX_SEGMENTS {
        let message =
            format!("{times} times {} segments is more than {MAX_SEGMENTS}", segments.len());
        return Err(section.fail(section.span_of("repeat"), message, "repeat it less often"));
    }
    Ok(vec![segments; times].concat())
}
