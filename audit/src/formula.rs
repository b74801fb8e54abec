//! Arithmetic over figures, `( a - b ) / a`: names, numbers and operators, each
//! apart from the next by a space. Every value carries what its digits allow.

use crate::figure::{Figure, Range, digits, shorten};

/// A formula that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    root: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Name(String),
    Pair(Box<Node>, char, Box<Node>),
}

impl Formula {
    /// Reads `text`.
    ///
    /// # Errors
    /// What is wrong with it, without a full stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = Words { words: text.split_whitespace().collect(), next: 0 };
        let root = words.sum(0)?;
        match words.peek() {
            None => Ok(Self { root }),
            Some(word) => Err(format!("`{}` is one too many", shorten(word))),
        }
    }

    /// Every name, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.collect(&mut names);
        names
    }

    /// Value and range; `None` if a name has no figure or a divisor may be 0.
    pub fn value<'a>(&self, figure: &impl Fn(&str) -> Option<&'a Figure>) -> Option<(f64, Range)> {
        self.root.value(figure)
    }

    /// The formula with figures for names: `15 GB / 1.6 GB`.
    pub fn words<'a>(&self, figure: &impl Fn(&str) -> Option<&'a Figure>) -> String {
        self.root.words(figure, false)
    }
}

impl Node {
    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Number(_) => {}
            Self::Name(name) => names.push(name),
            Self::Pair(left, _, right) => {
                left.collect(names);
                right.collect(names);
            }
        }
    }

    fn value<'a>(&self, figure: &impl Fn(&str) -> Option<&'a Figure>) -> Option<(f64, Range)> {
        match self {
            Self::Number(number) => Some((*number, Range::exactly(*number))),
            Self::Name(name) => figure(name).map(|figure| (figure.value, figure.range)),
            Self::Pair(left, operator, right) => {
                combine(left.value(figure)?, *operator, right.value(figure)?)
            }
        }
    }

    fn words<'a>(&self, figure: &impl Fn(&str) -> Option<&'a Figure>, inner: bool) -> String {
        match self {
            Self::Number(number) => digits(*number),
            Self::Name(name) => figure(name).map_or(name.clone(), |f| f.text.clone()),
            Self::Pair(left, operator, right) => {
                let product = matches!(operator, '*' | '/');
                let sign = if *operator == '*' { 'x' } else { *operator };
                let (left, right) = (left.words(figure, product), right.words(figure, true));
                let text = format!("{left} {sign} {right}");
                if inner && !product { format!("({text})") } else { text }
            }
        }
    }
}

fn combine(
    (a, left): (f64, Range),
    operator: char,
    (b, right): (f64, Range),
) -> Option<(f64, Range)> {
    let of = |f: fn(f64, f64) -> f64| {
        let ends = [
            f(left.low, right.low),
            f(left.low, right.high),
            f(left.high, right.low),
            f(left.high, right.high),
        ];
        let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (f(a, b), Range { low, high })
    };
    match operator {
        '+' => Some(of(|a, b| a + b)),
        '-' => Some(of(|a, b| a - b)),
        '*' => Some(of(|a, b| a * b)),
        _ if right.low <= 0.0 => None,
        _ => Some(of(|a, b| a / b)),
    }
}

/// Deepest nesting of parentheses.
const MOST_DEEP: u32 = 16;

struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn operator(&mut self, known: [&str; 2]) -> Option<char> {
        let word = self.peek().filter(|word| known.contains(word))?;
        self.next += 1;
        word.chars().next()
    }

    fn sum(&mut self, depth: u32) -> Result<Node, String> {
        let mut left = self.product(depth)?;
        while let Some(operator) = self.operator(["+", "-"]) {
            left = Node::Pair(Box::new(left), operator, Box::new(self.product(depth)?));
        }
        Ok(left)
    }

    fn product(&mut self, depth: u32) -> Result<Node, String> {
        let mut left = self.factor(depth)?;
        while let Some(operator) = self.operator(["*", "/"]) {
            left = Node::Pair(Box::new(left), operator, Box::new(self.factor(depth)?));
        }
        Ok(left)
    }

    fn factor(&mut self, depth: u32) -> Result<Node, String> {
        let Some(word) = self.peek() else { return Err("it ends too early".to_owned()) };
        self.next += 1;
        if word == "(" && depth < MOST_DEEP {
            let inner = self.sum(depth + 1)?;
            return match self.peek() {
                Some(")") => {
                    self.next += 1;
                    Ok(inner)
                }
                _ => Err("`)` is missing".to_owned()),
            };
        }
        if let Ok(number) = word.parse::<f64>() {
            return if number.is_finite() { Ok(Node::Number(number)) } else { Err(odd(word)) };
        }
        let named = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let starts = word.starts_with(|c: char| c.is_alphanumeric());
        if named && starts { Ok(Node::Name(word.to_owned())) } else { Err(odd(word)) }
    }
}

fn odd(word: &str) -> String {
    format!("`{}` is neither a name nor a number", shorten(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_follow_the_digits() {
        let (a, b) = (Figure::parse("15 GB").unwrap(), Figure::parse("1.6 GB").unwrap());
        let figure = |name: &str| match name {
            "a" => Some(&a),
            "b" => Some(&b),
            _ => None,
        };
        let (value, range) = Formula::parse("a / b").unwrap().value(&figure).unwrap();
        assert_eq!(value, 9.375);
        assert!(
            (range.low - 14.5 / 1.65).abs() < 1e-12 && (range.high - 15.5 / 1.55).abs() < 1e-12
        );
        let formula = Formula::parse("( a - b ) / a").unwrap();
        assert_eq!(formula.words(&figure), "(15 GB - 1.6 GB) / 15 GB");
        assert_eq!(formula.names(), ["a", "b", "a"]);
        assert_eq!(Formula::parse("a / c").unwrap().value(&figure), None);
    }

    #[test]
    fn products_bind_before_sums() {
        let value = |text| Formula::parse(text).unwrap().value(&|_| None).unwrap().0;
        assert_eq!(value("1 + 2 * 3 - 4 / 2"), 5.0);
        assert_eq!(value("( 1 + 2 ) * 3"), 9.0);
        assert_eq!(value("8 - 2 - 1"), 5.0);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-a-z0-9 ()+*/.]{0,60}") {
            let _ = Formula::parse(&text);
        }
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        for text in
            ["", "a +", "( a", "a b", "+", "a & b", "inf", "( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( 1"]
        {
            assert!(Formula::parse(text).is_err(), "{text}");
        }
    }
}
