//! Nelder and Mead's simplex, for the few parameters that have no closed form.

/// Steps after which it stops in any case.
const MAX_STEPS: usize = 400;
/// Relative spread of the values at which it stops.
const TOLERANCE: f64 = 1e-9;

/// The point where `f` is least, searched from `start` with a first step of
/// `step` in each direction. Points where `f` is not a number are avoided.
pub(crate) fn minimise<const N: usize>(
    start: [f64; N],
    step: f64,
    f: impl Fn(&[f64; N]) -> f64,
) -> [f64; N] {
    let value = |point: [f64; N]| {
        let y = f(&point);
        (if y.is_nan() { f64::INFINITY } else { y }, point)
    };
    let mut simplex = vec![value(start)];
    for axis in 0..N {
        let mut point = start;
        point[axis] += step;
        simplex.push(value(point));
    }
    for _ in 0..MAX_STEPS {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, worst) = (simplex[0].0, simplex[N].0);
        if worst - best <= TOLERANCE * (best.abs() + TOLERANCE) {
            break;
        }
        let centre = centre(&simplex[..N]);
        let along = |by: f64| value(towards(&centre, &simplex[N].1, by));
        let reflected = along(-1.0);
        let next = if reflected.0 < best {
            let expanded = along(-2.0);
            if expanded.0 < reflected.0 { expanded } else { reflected }
        } else if reflected.0 < simplex[N - 1].0 {
            reflected
        } else {
            let contracted = along(if reflected.0 < worst { -0.5 } else { 0.5 });
            if contracted.0 < worst.min(reflected.0) {
                contracted
            } else {
                let best = simplex[0].1;
                for vertex in &mut simplex[1..] {
                    *vertex = value(towards(&best, &vertex.1, 0.5));
                }
                continue;
            }
        };
        simplex[N] = next;
    }
    simplex.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(start, |(_, point)| point)
}

fn centre<const N: usize>(simplex: &[(f64, [f64; N])]) -> [f64; N] {
    let mut centre = [0.0; N];
    for (_, point) in simplex {
        for (sum, x) in centre.iter_mut().zip(point) {
            *sum += x / simplex.len() as f64;
        }
    }
    centre
}

/// From `from`, `by` of the way to `to`.
fn towards<const N: usize>(from: &[f64; N], to: &[f64; N], by: f64) -> [f64; N] {
    std::array::from_fn(|axis| from[axis] + by * (to[axis] - from[axis]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_curved_valley() {
        let valley = |p: &[f64; 2]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2);
        let [x, y] = minimise([-1.2, 1.0], 0.5, valley);
        assert!((x - 1.0).abs() < 1e-3 && (y - 1.0).abs() < 1e-3, "{x} {y}");
    }

    #[test]
    fn keeps_away_from_where_there_is_no_value() {
        let [x] = minimise([2.0], 1.0, |[x]| if *x < 0.5 { f64::NAN } else { x + 1.0 / x });
        assert!((x - 1.0).abs() < 1e-3, "{x}");
    }
}
