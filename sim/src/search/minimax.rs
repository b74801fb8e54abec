//! Least maximum regret over situations, of standings that are there.
//!
//! A candidate stays among the equals unless the replications show that it loses
//! more: at the best values, where runs are long, its ratio to the best counts as
//! it is; elsewhere the lower end of its paired interval does.

use crate::search::judge::Standing;

/// What a candidate loses at worst, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Regret {
    /// Its goal figure over that of the best of the situation.
    pub(super) times: f64,
    /// The same, as far as the replications show it.
    shown: f64,
    /// How much more it breaks limits than another need, as a share of them.
    pub(super) broken: f64,
    /// The situation in which it loses most: limits go before the goal.
    pub(super) at: usize,
}

/// The outcome of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Robust {
    /// Candidates that are equally good, by index.
    pub(super) equals: Vec<usize>,
    /// Of every candidate, against those that keep the limits as well as any at
    /// the best values.
    pub(super) losses: Vec<Regret>,
}

/// Applies the rule to `situations`, the first of which is the best values; each
/// has a standing for every candidate.
pub(super) fn least_regret(situations: &[&[Standing]], indifference: f64) -> Robust {
    let Some(best_values) = situations.first() else {
        return Robust { equals: Vec::new(), losses: Vec::new() };
    };
    let all: Vec<usize> = (0..best_values.len()).collect();
    let Some(best) = best(best_values, &all) else {
        return Robust { equals: Vec::new(), losses: Vec::new() };
    };
    let keeps = |at: &usize| best_values[*at].keeps_as(&best_values[best]);
    let able: Vec<usize> = all.iter().copied().filter(keeps).collect();
    let losses = |among: &[usize]| -> Vec<Regret> {
        all.iter().map(|&one| loss(one, situations, among, indifference)).collect()
    };
    let first = losses(&able);
    let least = able.iter().map(|&at| first[at].broken).fold(f64::INFINITY, f64::min);
    let tied = |at: &usize| at_most(first[*at].broken, least, indifference);
    let keeping: Vec<usize> = able.into_iter().filter(tied).collect();
    // A pool that breaks limits is no measure for the goal of those that do not.
    let second = losses(&keeping);
    let least = keeping.iter().map(|&at| second[at].times).fold(f64::INFINITY, f64::min);
    let equals = keeping.into_iter().filter(|&at| second[at].shown <= least * (1.0 + indifference));
    Robust { equals: equals.collect(), losses: second }
}

fn at_most(broken: f64, least: f64, indifference: f64) -> bool {
    1.0 + broken <= (1.0 + least) * (1.0 + indifference)
}

/// The best of `among` in one situation.
fn best(standings: &[Standing], among: &[usize]) -> Option<usize> {
    among.iter().copied().min_by(|&a, &b| standings[a].compare(&standings[b]))
}

fn loss(one: usize, situations: &[&[Standing]], among: &[usize], indifference: f64) -> Regret {
    let mut worst = Regret { times: 0.0, shown: 0.0, broken: 0.0, at: 0 };
    let (mut breaks_at, mut loses_at) = (0, 0);
    for (at, standings) in situations.iter().enumerate() {
        let Some(best) = best(standings, among) else { continue };
        let ratio = standings[one].over(&standings[best]);
        let times = ratio.point;
        worst.shown = worst.shown.max(if at == 0 { times } else { ratio.low });
        // Growth of what is broken: 50 times a limit is no worse than 49 times.
        let (own, least) = (standings[one].mean_excess(), standings[best].mean_excess());
        let broken = match at == 0 || standings[one].breaks_more(&standings[best]) {
            true => ((1.0 + own) / (1.0 + least) - 1.0).max(0.0),
            false => 0.0,
        };
        if broken > worst.broken {
            (worst.broken, breaks_at) = (broken, at);
        }
        if times > worst.times {
            (worst.times, loses_at) = (times, at);
        }
    }
    let at = if worst.broken > indifference { breaks_at } else { loses_at };
    Regret { at, ..worst }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INDIFFERENCE: f64 = 0.05;

    fn standing(figure: f64, excess: f64) -> Standing {
        Standing { excess: vec![excess; 4], figure: vec![figure; 4], pss: 0.0 }
    }

    /// Situations by candidates: goal figure and broken share of limits.
    fn rule(situations: &[Vec<(f64, f64)>]) -> Robust {
        let of = |one: &Vec<(f64, f64)>| {
            one.iter().map(|&(figure, excess)| standing(figure, excess)).collect::<Vec<_>>()
        };
        let all: Vec<Vec<Standing>> = situations.iter().map(of).collect();
        least_regret(&all.iter().map(Vec::as_slice).collect::<Vec<_>>(), INDIFFERENCE)
    }

    #[test]
    fn what_loses_most_somewhere_is_not_chosen_for_being_as_good_elsewhere() {
        let found = rule(&[vec![(1.0, 0.0), (1.02, 0.0)], vec![(3.0, 0.0), (1.5, 0.0)]]);
        assert_eq!(found.equals, [1]);
        assert_eq!((found.losses[0].times, found.losses[0].at), (2.0, 1));
        assert!((found.losses[1].times - 1.02).abs() < 1e-12 && found.losses[1].at == 0);
    }

    #[test]
    fn noise_at_an_end_of_a_range_excludes_nobody() {
        let standing =
            |figure: [f64; 4]| Standing { excess: vec![0.0; 4], figure: figure.to_vec(), pss: 0.0 };
        let best_values = [standing([1.0; 4]), standing([1.0; 4])];
        let noisy = [standing([1.0; 4]), standing([0.8, 1.9, 0.9, 1.2])];
        let found = least_regret(&[&best_values, &noisy], INDIFFERENCE);
        assert_eq!(found.equals, [0, 1]);
        assert!(found.losses[1].times > 1.1, "{found:?}");
        let worse = [standing([1.0; 4]), standing([1.3, 1.4, 1.35, 1.4])];
        assert_eq!(least_regret(&[&best_values, &worse], INDIFFERENCE).equals, [0]);
    }

    #[test]
    fn limits_go_before_the_goal_in_every_situation() {
        // Breaks nothing at the best values, but half a limit at an end.
        let found = rule(&[vec![(1.0, 0.0), (1.4, 0.0)], vec![(1.0, 0.5), (1.4, 0.0)]]);
        assert_eq!(found.equals, [1]);
        assert!((found.losses[0].broken - 0.5).abs() < 1e-12 && found.losses[0].at == 1);
        // Who breaks a limit at the best values is out, however robust.
        let found = rule(&[vec![(1.0, 0.0), (1.0, 0.1)], vec![(9.0, 0.9), (1.0, 0.1)]]);
        assert_eq!(found.equals, [0]);
    }

    /// As above, with limits kept by the first candidate at the best values.
    fn feasible(mut table: Vec<Vec<(f64, f64)>>) -> Vec<Vec<(f64, f64)>> {
        table[0][0].1 = 0.0;
        table
    }

    fn tables() -> impl Strategy<Value = Vec<Vec<(f64, f64)>>> {
        (1..6_usize).prop_flat_map(|candidates| {
            let excess = prop_oneof![Just(0.0), 0.0..2.0];
            let row = prop::collection::vec((0.1..10.0_f64, excess), candidates);
            prop::collection::vec(row, 1..6)
        })
    }

    proptest! {
        #[test]
        fn somebody_is_chosen_whose_largest_regret_is_least(table in tables()) {
            let found = rule(&table);
            prop_assert!(!found.equals.is_empty());
            for loss in &found.losses {
                prop_assert!(loss.times > 0.0 && loss.broken >= 0.0 && loss.at < table.len());
            }
        }

        #[test]
        fn one_situation_leaves_those_as_good_as_the_best(table in tables()) {
            let table = feasible(table);
            let found = rule(&table[..1]);
            let all: Vec<Standing> = table[0].iter().map(|&(f, e)| standing(f, e)).collect();
            let best = (0..all.len()).min_by(|&a, &b| all[a].compare(&all[b])).unwrap();
            let within = |at: &usize| all[*at].within(&all[best], INDIFFERENCE);
            let expected: Vec<usize> = (0..all.len()).filter(within).collect();
            prop_assert_eq!(found.equals, expected);
            // Situations that are all alike change nothing.
            let thrice = vec![table[0].clone(); 3];
            prop_assert_eq!(rule(&thrice).equals, rule(&table[..1]).equals);
        }

        #[test]
        fn what_another_beats_in_every_situation_is_never_chosen(
            table in tables(),
            worse in 1.06..4.0_f64,
            broken in 0.0..1.0_f64,
        ) {
            // Clearly worse than the first candidate, everywhere.
            let mut table = table;
            for row in &mut table {
                let (figure, excess) = row[0];
                row.push((figure * worse, excess + broken));
            }
            let last = table[0].len() - 1;
            let found = rule(&table);
            prop_assert!(!found.equals.contains(&last), "{:?}", found);
        }

        #[test]
        fn the_order_of_situations_and_candidates_does_not_matter(table in tables()) {
            let found = rule(&table);
            let mut other_way = table.clone();
            other_way[1..].reverse();
            prop_assert_eq!(&rule(&other_way).equals, &found.equals);
            other_way.iter_mut().for_each(|row| row.reverse());
            let last = table[0].len() - 1;
            let mut mirrored: Vec<usize> =
                rule(&other_way).equals.into_iter().map(|at| last - at).collect();
            mirrored.reverse();
            prop_assert_eq!(mirrored, found.equals);
        }
    }
}
