//! Lists and ranges of values, as written: `200/s,400/s`, `process:1..16`,
//! `100/s..1600/s*5`.

use std::ops::Range;

/// Most values of one axis.
pub const MAX_VALUES: u64 = 100_000;

/// One value as written, or as a range makes it, and where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub span: Range<usize>,
}

/// What is wrong with a list, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFault {
    pub span: Range<usize>,
    pub message: String,
    pub help: String,
}

impl ListFault {
    pub fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into() }
    }
}

/// The values of the list in `text[from..]`, with spans in `text`.
pub fn expand(text: &str, from: usize) -> Result<Vec<Written>, ListFault> {
    let mut values = Vec::new();
    for span in pieces(text, from) {
        let piece = &text[span.clone()];
        if piece.is_empty() {
            return Err(ListFault::new(span, "a value is missing here", "write it, like 100/s"));
        }
        match Steps::read(piece, &span)? {
            Some(steps) => {
                values.extend(steps.texts().map(|text| Written { text, span: span.clone() }));
            }
            None => values.push(Written { text: piece.to_owned(), span }),
        }
    }
    twice(&values).map_or(Ok(values), Err)
}

fn twice(values: &[Written]) -> Option<ListFault> {
    let mut sorted: Vec<&Written> = values.iter().collect();
    sorted.sort_by(|a, b| a.text.cmp(&b.text));
    let pair = sorted.windows(2).find(|pair| pair[0].text == pair[1].text)?;
    let message = format!("`{}` is there twice", pair[1].text);
    Some(ListFault::new(pair[1].span.clone(), message, "leave one out, or take fewer steps"))
}

/// Stretches between commas that are in no quotes and no brackets, trimmed.
fn pieces(text: &str, from: usize) -> Vec<Range<usize>> {
    let (mut pieces, mut start) = (Vec::new(), from);
    let (mut depth, mut quote) = (0_u32, None);
    for (offset, letter) in text[from..].char_indices() {
        let at = from + offset;
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                pieces.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(start..text.len());
    pieces.into_iter().map(|span| trimmed(text, span)).collect()
}

fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let piece = &text[span.clone()];
    let start = span.start + piece.len() - piece.trim_start().len();
    start..start + piece.trim().len()
}

/// A range: `BEFORE low AFTER .. high AFTER`, in steps of one, in `count` equal
/// steps, or in `count` equal ratios.
#[derive(Debug)]
struct Steps<'a> {
    before: &'a str,
    after: &'a str,
    low: f64,
    high: f64,
    count: u64,
    by: By,
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Difference,
    Ratio,
}

impl<'a> Steps<'a> {
    /// `None` if `piece` is no range but a plain value.
    fn read(piece: &'a str, span: &Range<usize>) -> Result<Option<Self>, ListFault> {
        let Some((first, rest)) = piece.split_once("..") else { return Ok(None) };
        let (last, count) = match rest.rfind(['*', ':']) {
            Some(at) => (&rest[..at], Some((&rest[at..=at], &rest[at + 1..]))),
            None => (rest, None),
        };
        let (Some((before, low, unit)), Some((high, after))) = (last_number(first), leading(last))
        else {
            return Ok(None);
        };
        if !unit.is_empty() && unit != after {
            let help =
                format!("write both ends in the same unit, like {low}{after}..{high}{after}");
            return Err(ListFault::new(span.clone(), "the ends differ in their unit", help));
        }
        let whole = !low.contains(['.', 'e']) && !high.contains(['.', 'e']);
        let fault = |message: &str, help: &str| ListFault::new(span.clone(), message, help);
        let (Ok(low), Ok(high)) = (low.parse::<f64>(), high.parse::<f64>()) else {
            return Ok(None);
        };
        if low >= high {
            return Err(fault("the range ends before it begins", "put the smaller value first"));
        }
        let (count, by) = match count {
            None if whole => ((high - low) as u64 + 1, By::Difference),
            None => {
                let help = "say how many values: `:5` for equal steps, `*5` for equal ratios";
                return Err(fault("a range of fractions has no natural step", help));
            }
            Some((by, steps)) => match steps.parse::<u64>() {
                Ok(steps) if steps >= 2 => {
                    (steps, if by == "*" { By::Ratio } else { By::Difference })
                }
                _ => return Err(fault("the number of values is no number from 2", "like 1..9:5")),
            },
        };
        if by == By::Ratio && low <= 0.0 {
            return Err(fault("equal ratios cannot begin at 0", "begin above 0, or use `:`"));
        }
        if count > MAX_VALUES {
            let message = format!("this range has {count} values");
            return Err(fault(&message, &format!("take at most {MAX_VALUES}, like 1..1000:50")));
        }
        Ok(Some(Self { before, after, low, high, count, by, whole }))
    }

    fn texts(&self) -> impl Iterator<Item = String> {
        // Counts stay whole: a pool has no 2.5 workers.
        let whole = self.whole && self.after.is_empty();
        (0..self.count).map(move |step| {
            let share = step as f64 / (self.count - 1) as f64;
            let value = match self.by {
                By::Difference => self.low + (self.high - self.low) * share,
                By::Ratio => self.low * (self.high / self.low).powf(share),
            };
            let value = if whole { value.round() } else { significant(value) };
            format!("{}{value}{}", self.before, self.after)
        })
    }
}

/// Text before the last number, the number, text after it.
fn last_number(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let digits = text[..end].trim_end_matches(|letter: char| is_part(letter)).len();
    Some((&text[..digits], &text[digits..end], &text[end..]))
}

/// The number that `text` begins with, text after it.
fn leading(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn is_part(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '.'
}

/// `value` to six significant digits, so that no range ends in 0.30000000000000004.
fn significant(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &str) -> Vec<String> {
        expand(list, 0).unwrap().into_iter().map(|value| value.text).collect()
    }

    fn refusal(list: &str) -> String {
        expand(list, 0).unwrap_err().message
    }

    #[test]
    fn lists_split_at_commas_outside_brackets_and_quotes() {
        assert_eq!(texts("200/s, 400/s"), ["200/s", "400/s"]);
        assert_eq!(texts("[\"3.12\", \"3.13\"],[1]"), ["[\"3.12\", \"3.13\"]", "[1]"]);
        assert_eq!(texts("{ a = 1, b = 2 }"), ["{ a = 1, b = 2 }"]);
        assert_eq!(texts("\"a,b\",'c,d'"), ["\"a,b\"", "'c,d'"]);
    }

    #[test]
    fn ranges_keep_what_stands_around_the_number() {
        assert_eq!(texts("process:1..4"), ["process:1", "process:2", "process:3", "process:4"]);
        assert_eq!(texts("thread:2x4..6:2"), ["thread:2x4", "thread:2x6"]);
        assert_eq!(texts("thread:1..2x8"), ["thread:1x8", "thread:2x8"]);
        assert_eq!(texts("100/s..400/s*3"), ["100/s", "200/s", "400/s"]);
        assert_eq!(texts("0 ms..1 ms:3"), ["0 ms", "0.5 ms", "1 ms"]);
        assert_eq!(texts("0.1..0.3:3"), ["0.1", "0.2", "0.3"]);
        assert_eq!(texts("1..100*3"), ["1", "10", "100"]);
    }

    #[test]
    fn what_only_looks_like_a_range_is_a_value() {
        assert_eq!(texts("../trace.csv"), ["../trace.csv"]);
        assert_eq!(texts("\"a..b\""), ["\"a..b\""]);
    }

    #[test]
    fn impossible_lists_are_refused() {
        assert!(refusal("a,,b").contains("missing"));
        assert!(refusal("").contains("missing"));
        assert!(refusal("5,7,5").contains("`5` is there twice"));
        assert!(refusal("1..3:7").contains("twice"));
        assert!(refusal("16..1").contains("before it begins"));
        assert!(refusal("0.1..0.5").contains("no natural step"));
        assert!(refusal("1ms..3s").contains("unit"));
        assert!(refusal("1..9:1").contains("no number from 2"));
        assert!(refusal("0..9*3").contains("cannot begin at 0"));
    }

    #[test]
    fn huge_ranges_are_counted_not_built() {
        assert!(refusal("1..1000000000000").contains("1000000000000 values"));
        assert!(refusal("0.0..1.0:99999999999").contains("99999999999 values"));
    }

    #[test]
    fn faults_point_at_their_piece() {
        let fault = expand("path=1,,2", 5).unwrap_err();
        assert_eq!(fault.span, 7..7);
        assert_eq!(expand("p=9..1", 2).unwrap_err().span, 2..6);
    }
}
