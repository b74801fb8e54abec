//! `[constructor]`: what making each pool takes beside its workers' own start.

use sim::host::{ConstructorCost, Host, Parameter};
use sim::kernel::SimDuration;
use sim::pool::PoolKind;

use super::super::figure::line;
use super::super::probes::{PYTHON_POOLS, constructor_name};
use super::data::{Data, Round};
use super::put::put;

const MIB: f64 = 1_048_576.0;

/// After `[start]`: what forking takes is not charged here again.
pub(super) fn fit(data: &Data, host: &mut Host) {
    for kind in PYTHON_POOLS {
        if let Some(cost) = pool(data, host, kind) {
            host.constructors.insert(kind, cost);
        }
    }
}

fn pool(data: &Data, host: &Host, kind: PoolKind) -> Option<ConstructorCost> {
    let probe = constructor_name(kind);
    let nothing = || Parameter {
        note: "nothing of its own per worker".to_owned(),
        ..Parameter::exactly(SimDuration::ZERO)
    };
    let (mut construct, mut per_worker, mut child) = (nothing(), nothing(), nothing());
    let fitted = |round: &Round| line(&round.points(&probe, "construct"));
    let Some(fixed) = data.figure(|round| Some(fitted(round)?.0)) else {
        // A pool of one size only.
        let how = "CPU time of the constructor, a fresh interpreter each";
        put(&mut construct, Some(data.medians(&probe, "construct")?), how);
        return Some(ConstructorCost { construct, per_worker, child });
    };
    let forks = data.medians(&probe, "child").is_some();
    let forked = |round: &Round| {
        let resident = round.median(&probe, "resident")?;
        let per_mib = host.start.fork_per_mib.value.0 as f64 * resident / MIB;
        Some(host.start.fork_base.value.0 as f64 + per_mib)
    };
    let slope = |round: &Round| {
        let fork = if forks { forked(round)? } else { 0.0 };
        Some((fitted(round)?.1 - fork).max(0.0))
    };
    let how = "CPU time of the constructor at four sizes, a fresh interpreter each: a line";
    put(&mut construct, Some(fixed), how);
    let beside = if forks { "the same, less the fork" } else { "the same" };
    put(&mut per_worker, data.figure(slope), beside);
    let how = "CPU time of a forked worker until it waits for a request";
    put(&mut child, data.medians(&probe, "child"), how);
    Some(ConstructorCost { construct, per_worker, child })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sayings;
    use super::*;

    fn fitted(kind: PoolKind, said: &[(&str, f64, f64)]) -> ConstructorCost {
        let mut sayings = Sayings::default();
        sayings.launch(0, &constructor_name(kind), 9.0, 9.0, said);
        let mut host = Host::ideal(2);
        host.start.fork_base = Parameter::exactly(SimDuration(400_000));
        host.start.fork_per_mib = Parameter::exactly(SimDuration(10_000));
        fit(&Data::new(&sayings.all), &mut host);
        host.constructors.remove(&kind).unwrap()
    }

    #[test]
    fn a_line_over_sizes_less_the_forks() {
        let mut said = vec![("resident", 1.0, 20.0 * MIB), ("child", 1.0, 1.5e6)];
        said.extend([1.0, 2.0, 4.0].map(|n| ("construct", n, 3e6 + 1.6e6 * n)));
        let cost = fitted(PoolKind::MultiprocessingPool, &said);
        assert_eq!(cost.construct.value, SimDuration(3_000_000));
        assert_eq!(cost.per_worker.value, SimDuration(1_000_000));
        assert_eq!(cost.child.value, SimDuration(1_500_000));
    }

    #[test]
    fn threads_are_not_forked_and_loops_have_one_size() {
        let said = [1.0, 3.0].map(|n| ("construct", n, 5e6 + 4e5 * n));
        let cost = fitted(PoolKind::ThreadPoolExecutor, &said);
        assert_eq!((cost.per_worker.value.0, cost.child.value.0), (400_000, 0));
        let cost = fitted(PoolKind::Asyncio, &[("construct", 1.0, 2e6)]);
        assert_eq!((cost.construct.value.0, cost.per_worker.value.0), (2_000_000, 0));
    }
}
