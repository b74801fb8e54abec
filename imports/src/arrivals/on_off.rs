//! A Poisson process whose rate switches between two levels (MMPP of two
//! states), fitted by its exact likelihood.

use super::windows::counts;
use crate::fit::minimise::minimise;

/// Gaps on which the parameters are searched.
const SEARCHED: usize = 10_000;
/// Windows of so many mean gaps, in which bursts are looked for to begin with.
const SCALES: [f64; 3] = [5.0, 50.0, 500.0];

/// The process, rates in arrivals/s, stays in s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OnOff {
    pub(crate) on_rate: f64,
    pub(crate) off_rate: f64,
    pub(crate) mean_on: f64,
    pub(crate) mean_off: f64,
}

impl OnOff {
    fn of(logs: &[f64; 4]) -> Self {
        let [a, b, on, off] = logs.map(f64::exp);
        Self { on_rate: a.max(b), off_rate: a.min(b), mean_on: on, mean_off: off }
    }

    /// Logarithm of the likelihood of `gaps`; `each` gets the chance of a gap at
    /// most as long as each was, given all before it.
    pub(crate) fn ln_likelihood(&self, gaps: &[f64], mut each: impl FnMut(f64)) -> f64 {
        let (leave_on, leave_off) = (1.0 / self.mean_on, 1.0 / self.mean_off);
        let (on_out, off_out) = (leave_on + self.on_rate, leave_off + self.off_rate);
        // Eigenvalues of the generator without arrivals: middle plus and minus
        // half their distance, both below zero.
        let middle = -(on_out + off_out) / 2.0;
        let half = (off_out - on_out) / 2.0;
        let distance = (half * half + leave_on * leave_off).sqrt();
        let share_on = self.mean_on / (self.mean_on + self.mean_off);
        // An arrival sees on in proportion to its rate.
        let weight = share_on * self.on_rate + (1.0 - share_on) * self.off_rate;
        let mut on = share_on * self.on_rate / weight;
        let mut sum = 0.0;
        for gap in gaps {
            let (slow, fast) =
                (((middle + distance) * gap).exp(), ((middle - distance) * gap).exp());
            let (even, odd) = ((slow + fast) / 2.0, (slow - fast) / (2.0 * distance));
            let off = 1.0 - on;
            // The state after the gap, if nothing came in it.
            let still_on = on * (even + odd * half) + off * odd * leave_off;
            let still_off = off * (even - odd * half) + on * odd * leave_on;
            each((1.0 - still_on - still_off).clamp(0.0, 1.0));
            let (next_on, next_off) = (still_on * self.on_rate, still_off * self.off_rate);
            let density = next_on + next_off;
            sum += density.max(1e-300).ln();
            on = if density > 0.0 { next_on / density } else { share_on };
        }
        sum
    }
}

/// The likeliest process for `times` with these `gaps`; none if nothing looks
/// like bursts.
pub(crate) fn fit(times: &[f64], gaps: &[f64]) -> Option<OnOff> {
    let some = &gaps[..gaps.len().min(SEARCHED)];
    let span = times[some.len()];
    let mean = span / some.len() as f64;
    let starts = SCALES.iter().filter_map(|scale| start(&times[..=some.len()], span, scale * mean));
    let badness = |logs: &[f64; 4]| -OnOff::of(logs).ln_likelihood(some, |_| {});
    starts
        .map(|start| minimise(start, 0.4, badness))
        .min_by(|a, b| badness(a).total_cmp(&badness(b)))
        .map(|logs| OnOff::of(&logs))
}

/// What windows above and below the mean look like.
fn start(times: &[f64], span: f64, width: f64) -> Option<[f64; 4]> {
    let windows = (span / width) as usize;
    if windows < 10 {
        return None;
    }
    let counts = counts(times, span, windows);
    let mean = times.len() as f64 / windows as f64;
    let high: Vec<bool> = counts.iter().map(|count| *count > mean).collect();
    let runs = 1 + high.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let mut figures = [(0.0, 0.0); 2];
    for (count, high) in counts.iter().zip(&high) {
        let (sum, n) = &mut figures[usize::from(!high)];
        *sum += count;
        *n += 1.0;
    }
    let [(on, on_windows), (off, off_windows)] = figures;
    if on_windows == 0.0 || off_windows == 0.0 {
        return None;
    }
    let stay = |windows: f64| 2.0 * windows * width / runs as f64;
    let rate = |sum: f64, n: f64| (sum / n).max(0.01 * mean) / width;
    let start = [rate(on, on_windows), rate(off, off_windows), stay(on_windows), stay(off_windows)];
    Some(start.map(f64::ln))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_rate_it_is_poisson() {
        let gaps = [0.1, 0.02, 0.3, 0.005];
        let process = OnOff { on_rate: 9.0, off_rate: 9.0, mean_on: 2.0, mean_off: 5.0 };
        let mut shares = Vec::new();
        let found = process.ln_likelihood(&gaps, |share| shares.push(share));
        let expected: f64 = gaps.iter().map(|gap| 9.0_f64.ln() - 9.0 * gap).sum();
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        for (share, gap) in shares.iter().zip(gaps) {
            assert!((share - (1.0 - (-9.0 * gap).exp())).abs() < 1e-9);
        }
    }

    #[test]
    fn an_interrupted_process_has_hyperexponential_gaps() {
        let process = OnOff { on_rate: 9.0, off_rate: 0.0, mean_on: 0.5, mean_off: 2.0 };
        let integral: f64 = (0..200_000)
            .map(|i| (f64::from(i) + 0.5) * 1e-3)
            .map(|gap| process.ln_likelihood(&[gap], |_| {}).exp() * 1e-3)
            .sum();
        assert!((integral - 1.0).abs() < 1e-3, "{integral}");
    }
}
