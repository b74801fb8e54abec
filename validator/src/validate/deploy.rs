//! What a cell runs on: its pool, or two that serve a part of the classes each.

use sim::pool::{Deployment, PoolConfig};
use sim::workload::{PythonVersion, Workload};

use super::cells::Cell;
use crate::run::PoolSpec;

/// `pool` as `cell` has it run, with the pool beside it if there is one, on
/// `cpus` hardware threads.
///
/// # Errors
/// It is not run for real, or not every class has one pool: why.
pub(super) fn deploy(
    cell: &Cell,
    workload: &Workload,
    pool: PoolConfig,
    python: PythonVersion,
    cpus: u32,
) -> Result<(PoolSpec, Deployment), String> {
    let Some(beside) = &cell.beside else {
        let spec = PoolSpec::of(&pool).map_err(|error| error.to_string())?;
        return Ok((spec, pool.into()));
    };
    let second = PoolConfig::of_kind(beside.pool, workload, beside.profile, python, cpus)?;
    let others: Vec<&str> = beside.classes.iter().map(String::as_str).collect();
    let names = workload.classes.iter().map(|class| class.name.as_str());
    let own: Vec<&str> = names.filter(|name| !others.contains(name)).collect();
    let deployment = Deployment::hybrid(workload, vec![(pool, own), (second, others)])?;
    Ok((PoolSpec::deployed(deployment.clone()), deployment))
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Cell, Set, shipped};
    use super::super::measure::Case;
    use sim::host::Host;
    use sim::pool::Split;

    #[test]
    fn classes_go_to_the_pool_that_is_named_for_them() {
        let mut cells = shipped(Set::Grpc).unwrap();
        cells.retain(|cell| cell.beside.is_some());
        let mut cell = cells.remove(0);
        let host = Host::ideal(2);
        let ready = case(&cell, &host).unwrap();
        assert_eq!(ready.deployment.split, Split::ByClass(vec![0, 1]));
        assert_eq!(ready.spec.pool.deployment.as_ref(), Some(&ready.deployment));
        beside(&mut cell, vec!["nobody".to_owned()]);
        assert!(case(&cell, &host).err().unwrap().contains("`nobody` is no class"));
        let all = cell.workload.classes.iter().map(|class| class.name.clone()).collect();
        beside(&mut cell, all);
        assert!(case(&cell, &host).err().unwrap().contains("serves no class"));
    }

    fn case(cell: &Cell, host: &Host) -> Result<Case, String> {
        Case::new(cell, "3.12".parse().unwrap(), host, 1)
    }

    fn beside(cell: &mut Cell, classes: Vec<String>) {
        cell.beside.as_mut().unwrap().classes = classes;
    }
}
