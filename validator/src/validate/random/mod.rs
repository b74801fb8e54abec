//! Cells that nobody has looked at: drawn by seed from a declared space, with every
//! pool in its share.
//!
//! The cells are written as a file of cells and read back: what a seed gives can be
//! kept, and goes by the rules of every other file.

mod draw;
mod law;
mod space;
mod write;

use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;
use sim::input::InputError;

use super::cells::{Cell, parse};
use draw::Draw;
pub use space::MOST_CELLS;
use space::Space;

/// Where the space is declared.
const PATH: &str = "validator/cells/random.toml";
const SPACE: &str = include_str!("../../../cells/random.toml");

/// The cells of `seed`, `count` of them or as many as the space says.
///
/// # Errors
/// Never, as long as the tests pass.
pub fn cells(seed: u64, count: Option<u64>) -> Result<Vec<Cell>, Vec<InputError>> {
    parse(&text(seed, count)?, Path::new("random cells"))
}

/// The same as a file of cells.
///
/// # Errors
/// Never, as long as the tests pass.
pub fn text(seed: u64, count: Option<u64>) -> Result<String, Vec<InputError>> {
    let space = Space::parse(SPACE, Path::new(PATH))?;
    let count = count.unwrap_or(space.cells);
    Ok(write::file(&space, seed, &drawn(&space, seed, count)))
}

/// Every pool as often as its weight says, and the loads and mixes of each by
/// theirs; only then the order is drawn.
fn drawn(space: &Space, seed: u64, count: u64) -> Vec<Draw> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for (pool, cells) in shared(&space.pools, count) {
        let loads = deck(&space.loads, cells, rng);
        let mixes = deck(&space.mixes, cells, rng);
        let both = loads.into_iter().zip(mixes);
        all.extend(both.map(|(load, mix)| Draw::new(space, pool, load, mix, rng)));
    }
    all.shuffle(rng);
    all
}

/// `count` names, each as often as its weight says, in any order. Of a few, those
/// that do not fit in are left to chance.
fn deck(weights: &[(&'static str, u64)], count: u64, rng: &mut ChaCha8Rng) -> Vec<&'static str> {
    let mut weights = weights.to_vec();
    weights.shuffle(rng);
    let mut names: Vec<&'static str> =
        shared(&weights, count).into_iter().flat_map(|(name, n)| vec![name; n as usize]).collect();
    names.shuffle(rng);
    names
}

/// `count` split by weight, one after the other to whoever is furthest behind.
fn shared<T: Copy>(weights: &[(T, u64)], count: u64) -> Vec<(T, u64)> {
    let mut shares: Vec<(T, u64)> = weights.iter().map(|(what, _)| (*what, 0)).collect();
    for _ in 0..count {
        let behind = |at: usize| (shares[at].1 + 1) as f64 / weights[at].1 as f64;
        let next = (0..shares.len()).min_by(|a, b| behind(*a).total_cmp(&behind(*b)));
        if let Some(share) = next.and_then(|at| shares.get_mut(at)) {
            share.1 += 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::{Case, Set};
    use proptest::prelude::*;
    use sim::host::Host;
    use sim::pool::PoolKind;
    use sim::workload::Arrivals;
    use std::collections::BTreeSet;

    fn space() -> Space {
        Space::parse(SPACE, Path::new(PATH)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_seed_gives_cells_that_can_be_run(seed: u64, count in 1_u64..120) {
            let cells = cells(seed, Some(count)).unwrap();
            prop_assert_eq!(cells.len() as u64, count);
            let names: BTreeSet<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
            prop_assert_eq!(names.len(), cells.len());
            let host = Host::ideal(2);
            for cell in &cells {
                prop_assert_eq!(cell.set, Set::Random);
                let case = Case::new(cell, "3.13".parse().unwrap(), &host, seed);
                prop_assert!(case.is_ok(), "{}: {:?}", cell.name, case.err());
                if let Arrivals::Batch { requests } = cell.workload.arrivals {
                    prop_assert_eq!(requests, cell.requests);
                }
            }
        }

        #[test]
        fn pools_get_their_shares_and_open_loads_leave_room(seed: u64) {
            let (space, count) = (space(), 60);
            let drawn = drawn(&space, seed, count);
            let total: u64 = space.pools.iter().map(|(_, weight)| weight).sum();
            for (pool, weight) in &space.pools {
                let share = drawn.iter().filter(|it| it.pool == *pool).count() as f64;
                let due = (count * weight) as f64 / total as f64;
                prop_assert!((share - due).abs() <= 1.0 && share >= 1.0, "{pool}: {share} of {due}");
            }
            for one in &drawn {
                let used = law::throughput(&space, one) / law::capacity(&space, one);
                let open = matches!(one.load, draw::Load::Open { .. } | draw::Load::Bursts { .. });
                prop_assert!(used <= 1.0 + 1e-9 && (!open || used <= 0.85 + 1e-9), "{one:?}");
                let seconds = one.requests as f64 / law::throughput(&space, one);
                prop_assert!(seconds <= 1.1 * space.run || one.requests == 40, "{one:?}");
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_cells_and_another_seed_others() {
        assert_eq!(text(3, None).unwrap(), text(3, None).unwrap());
        let classes = |seed| {
            cells(seed, None).unwrap().into_iter().map(|it| it.workload.classes).collect::<Vec<_>>()
        };
        let (one, other) = (classes(1), classes(2));
        assert!(one.iter().all(|it| !other.contains(it)));
        assert_eq!(one.len() as u64, space().cells);
    }

    #[test]
    fn the_usual_set_has_every_pool_load_and_rule() {
        let cells = cells(1, None).unwrap();
        let has = |what: &str, holds: &dyn Fn(&Cell) -> bool| {
            assert!(cells.iter().any(holds), "no cell with {what}");
        };
        for (pool, _) in space().pools {
            has(pool.name(), &|cell| cell.pool == pool);
        }
        has("an open load", &|cell| matches!(cell.workload.arrivals, Arrivals::Poisson { .. }));
        has("a closed load", &|cell| matches!(cell.workload.arrivals, Arrivals::Closed { .. }));
        has("a batch", &|cell| matches!(cell.workload.arrivals, Arrivals::Batch { .. }));
        has("bursts", &|cell| matches!(cell.workload.arrivals, Arrivals::OnOff { .. }));
        has("recycling", &|cell| cell.max_requests.is_some());
        has("spawned workers", &|cell| cell.start_method == Some(sim::pool::StartMethod::Spawn));
        has("payloads", &|cell| cell.workload.classes.iter().any(|it| it.request_bytes > 0));
        has("working sets", &|cell| {
            cell.workload.classes.iter().any(|it| it.working_set_bytes > 0)
        });
    }

    #[test]
    fn capacity_is_that_of_whatever_is_short() {
        let mut space = space();
        space.capacity.slowdown = 1.0;
        let costs = &mut space.capacity;
        (costs.dispatch_process, costs.dispatch_thread, costs.per_kib) = (0.001, 0.001, 0.0);
        let work = |kind, length| draw::Work { kind, length, shape: draw::Shape::Constant };
        let one = |pool, slots, work: Vec<draw::Work>| {
            let (name, share) = ("only", 1.0);
            let class = draw::Class { name, share, work, payload: 0.0, working_set: 0.0 };
            let drawn = Draw {
                pool,
                mix: "waits",
                slots,
                classes: vec![class],
                load: draw::Load::Batch,
                spawned: false,
                life: None,
                requests: 1,
            };
            law::capacity(&space, &drawn)
        };
        let close = |value: f64, expected: f64| {
            assert!((value / expected - 1.0).abs() < 1e-9, "{value}, not {expected}");
        };
        let threads = PoolKind::ThreadPoolExecutor;
        // Two slots that wait 99 ms; one lock; two cores; the loop for all of it.
        close(one(threads, 2.0, vec![work("wait", 0.099)]), 20.0);
        close(one(threads, 8.0, vec![work("python", 0.009)]), 100.0);
        close(one(threads, 8.0, vec![work("native", 0.009)]), 200.0);
        close(one(PoolKind::Asyncio, 8.0, vec![work("native", 0.009)]), 100.0);
        close(one(PoolKind::MultiprocessingPool, 8.0, vec![work("python", 0.009)]), 200.0);
    }
}
