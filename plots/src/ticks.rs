//! Round numbers, and how they are written.

/// 1, 2 and 5 times powers of ten, from at most `low` to at least `high`.
pub(crate) fn mantissas(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    (first..=last).flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(power))).collect()
}

/// Only powers of ten where all would crowd.
pub(crate) fn thinned(ticks: Vec<f64>) -> Vec<f64> {
    const MOST: usize = 9;
    if ticks.len() <= MOST {
        return ticks;
    }
    let is_power = |v: &f64| (v.log10() - v.log10().round()).abs() < 1e-9;
    let powers: Vec<f64> = ticks.into_iter().filter(is_power).collect();
    let every = powers.len().div_ceil(MOST);
    powers.into_iter().step_by(every.max(1)).collect()
}

/// A tick of a logarithmic axis.
pub(crate) fn plain(value: f64) -> String {
    if (1e-4..1e7).contains(&value) {
        // 1, 2 or 5 times a power of ten needs no more digits than this.
        let decimals = (-value.log10().floor()).max(0.0) as usize;
        grouped(&format!("{value:.decimals$}"))
    } else {
        format!("{value:.0e}")
    }
}

/// Thin spaces between thousands, from ten thousand on.
pub(crate) fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.trim_start_matches('-');
    if digits.len() < 5 {
        // Not "-0".
        return if number.trim_matches(['-', '0', '.']).is_empty() {
            number.trim_start_matches('-').to_owned()
        } else {
            number.to_owned()
        };
    }
    let mut text = if whole.starts_with('-') { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped_and_zero_has_no_sign() {
        assert_eq!(grouped("1234"), "1234");
        assert_eq!(grouped("1234567.5"), "1\u{2009}234\u{2009}567.5");
        assert_eq!(grouped("-12345"), "-12\u{2009}345");
        assert_eq!(grouped("-0.00"), "0.00");
    }

    #[test]
    fn powers_need_no_more_digits_than_they_have() {
        assert_eq!([0.002, 0.5, 20.0, 2e9].map(plain), ["0.002", "0.5", "20", "2e9"]);
    }

    #[test]
    fn crowded_ticks_keep_every_so_many_powers() {
        let all = mantissas(1e-6, 1e6);
        let few = thinned(all.clone());
        assert!(few.len() <= 9 && few.iter().all(|tick| all.contains(tick)), "{few:?}");
        assert_eq!(thinned(vec![1.0, 2.0, 5.0]), [1.0, 2.0, 5.0]);
    }
}
