//! Access logs of nginx, Apache and whatever writes as they do.

use sim::input::InputError;

use super::template::{Field, Template};
use crate::log::{Found, Log};
use crate::options::Options;
use crate::source::Source;
use crate::stamp::Clock;

/// Lines from which the usual format is told.
const JUDGED: usize = 100;
/// Quoted fields (referrer, agent, forwarded-for) of the usual formats.
const QUOTED: [usize; 4] = [2, 0, 3, 1];
/// Status of a connection that became something else, a web socket say.
const SWITCHED: u16 = 101;
/// First status that is the server's fault.
const SERVER_ERROR: u16 = 500;

/// Which usual format most of the lines of `head` have; none if under half of
/// them have any.
pub(crate) fn usual(head: &str) -> Option<Template> {
    let lines: Vec<&str> = head.lines().take(JUDGED).collect();
    let matches = |template: &Template| {
        let fits = |line: &&&str| line_of(template, &mut Clock::default(), line, &mut None).is_ok();
        lines.iter().filter(fits).count()
    };
    let templates = QUOTED.map(Template::usual).into_iter();
    let counted = templates.map(|template| (matches(&template), template));
    let (most, template) = counted.max_by_key(|(count, _)| *count)?;
    (most > 0 && 2 * most >= lines.len()).then_some(template)
}

/// Reads the log into `log`; the answer says whose clock the stamps are.
pub(crate) fn read(
    source: &Source,
    options: &Options,
    log: &mut Log,
    clock: &mut Clock,
) -> Result<Server, InputError> {
    let template = template(source, options)?;
    // Apache's unit or nginx's: whichever the first line has.
    let mut unit = None;
    source.each_line(|number, text| {
        let text = text.unwrap_or("");
        match line_of(&template, clock, text, &mut unit) {
            Ok(line) => take(log, &line),
            Err(Fault { at, what }) => {
                log.unparsed(number, || {
                    let shown = if text.is_empty() { "(empty, too long or no text)" } else { text };
                    let error = source.line_error(number, shown, at..shown.len(), what);
                    error.with_help(
                        "name the log's format with --log-format, as in the server's \
                                     configuration",
                    )
                });
            }
        }
        log.check_soon(options.max_unparsed)
    })?;
    let micros = unit == Some(1_000);
    Ok(if micros || template.stamp_is_start { Server::Apache } else { Server::Nginx })
}

/// Whose log it is: that says what its numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Stamp when the last byte was sent, time from the first byte read.
    Nginx,
    /// Stamp when the request came.
    Apache,
}

fn template(source: &Source, options: &Options) -> Result<Template, InputError> {
    if let Some(format) = &options.log_format {
        return Template::parse(format)
            .map_err(|why| source.error(format!("the log format `{format}` has {why}")));
    }
    let head = source.head()?;
    usual(&String::from_utf8_lossy(&head)).ok_or_else(|| {
        let text = String::from_utf8_lossy(&head);
        let line = text.lines().next().unwrap_or_default();
        let what = "this is no access log with a duration at the end of each line";
        source.line_error(1, line, 0..line.len(), what).with_help(
            "add $request_time (nginx) or %D (Apache) to the server's log format, or name the \
             format that it has with --log-format",
        )
    })
}

/// What a line says.
struct Line<'a> {
    stamp: i64,
    duration: Option<i64>,
    status: Option<u16>,
    bytes: u64,
    class: std::borrow::Cow<'a, str>,
    stamp_is_start: bool,
}

/// Where a line is wrong, in bytes, and how.
#[derive(Clone, Copy)]
struct Fault {
    at: usize,
    what: &'static str,
}

fn take(log: &mut Log, line: &Line<'_>) {
    if line.status == Some(SWITCHED) {
        log.counts.lines += 1;
        log.counts.upgraded += 1;
        return;
    }
    let Some(duration) = line.duration else {
        log.counts.lines += 1;
        log.counts.untimed += 1;
        return;
    };
    let back = if line.stamp_is_start { 0 } else { duration.max(0) };
    log.push(Found {
        start: line.stamp.saturating_sub(back),
        duration,
        class: &line.class,
        bytes: line.bytes,
        failed: line.status.is_some_and(|status| status >= SERVER_ERROR),
        stamp: line.stamp,
    });
}

/// `unit` is that of durations without one: found in the first line, then held
/// against the others.
fn line_of<'a>(
    template: &Template,
    clock: &mut Clock,
    text: &'a str,
    unit: &mut Option<i64>,
) -> Result<Line<'a>, Fault> {
    let mut line = Line {
        stamp: 0,
        duration: None,
        status: None,
        bytes: 0,
        class: "".into(),
        stamp_is_start: template.stamp_is_start,
    };
    let (mut wrong, mut method) = (None, "");
    let place = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    let taken = template.take_apart(text, |field, part| match field {
        Field::Ignored => {}
        Field::Stamp => match clock.any(part) {
            Some(at) => line.stamp = at,
            None => wrong = wrong.or(Some(Fault { at: place(part), what: "this is no time" })),
        },
        Field::Request => line.class = route(part).into(),
        Field::Method => method = part,
        Field::Path => line.class = part.into(),
        Field::Status => match part.parse() {
            Ok(status) => line.status = Some(status),
            Err(_) => wrong = wrong.or(Some(Fault { at: place(part), what: "this is no status" })),
        },
        Field::Bytes => line.bytes = part.parse().unwrap_or(0),
        Field::Duration(_) | Field::SomeDuration => {
            let unit = match field {
                Field::Duration(unit) => unit,
                _ => *unit.get_or_insert(if part.contains('.') { 1_000_000_000 } else { 1_000 }),
            };
            match duration(part, unit, field == Field::SomeDuration) {
                Ok(duration) => line.duration = duration,
                Err(what) => wrong = wrong.or(Some(Fault { at: place(part), what })),
            }
        }
    });
    if let Err(at) = taken {
        return Err(Fault { at, what: "from here on the line is of another form" });
    }
    if !method.is_empty() {
        line.class = format!("{method} {}", line.class).into();
    }
    match wrong {
        Some(fault) => Err(fault),
        None => Ok(line),
    }
}

/// `GET /path` of `GET /path HTTP/1.1`.
fn route(request: &str) -> &str {
    request.rsplit_once(" HTTP/").map_or(request, |(route, _)| route)
}

/// In ns; none for `-`. nginx writes one time per upstream that was tried: they
/// add up. `strict`: the form has to be that of the unit.
fn duration(text: &str, unit: i64, strict: bool) -> Result<Option<i64>, &'static str> {
    if text == "-" || text.is_empty() {
        return Ok(None);
    }
    if strict && text.contains('.') != (unit == 1_000_000_000) {
        return Err("other lines have their durations in another unit");
    }
    let mut sum = 0.0;
    for part in text.split([',', ':']).map(str::trim).filter(|part| *part != "-") {
        match part.parse::<f64>() {
            Ok(value) if value.is_finite() => sum += value,
            _ => return Err("this is no duration"),
        }
    }
    Ok(Some((sum * unit as f64).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_either_unit_and_over_several_upstreams() {
        let second = 1_000_000_000;
        assert_eq!(duration("0.012", second, true), Ok(Some(12_000_000)));
        assert_eq!(duration("12000", 1_000, true), Ok(Some(12_000_000)));
        assert_eq!(duration("0.001, 0.002", second, false), Ok(Some(3_000_000)));
        assert_eq!(duration("-", second, true), Ok(None));
        assert!(duration("12", second, true).is_err());
        assert!(duration("NaN", second, false).is_err());
        assert!(duration("soon", second, false).is_err());
    }

    #[test]
    fn the_usual_format_is_told_from_most_lines() {
        let line = "h - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 0.1";
        let mixed = format!("{line}\n# rotated\n{line}\n");
        assert_eq!(usual(&mixed), Some(Template::usual(0)));
        assert_eq!(usual("a,b\n1,2\n"), None);
        let untimed = "h - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5";
        assert_eq!(usual(untimed), None);
    }
}
