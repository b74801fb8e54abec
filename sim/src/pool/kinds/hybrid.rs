//! Hybrid pools: classes of requests go to pools of their own, which share the
//! host.
//!
//! snakepit's guide to worker profiles: `%{name: :api, worker_profile: :process,
//! pool_size: 80}` beside `%{name: :jobs, worker_profile: :thread, pool_size: 4}`;
//! the same as two Celery workers on queues of their own, or a web server beside
//! a `ProcessPoolExecutor`.
//!
//! It stands as several pools with [`Split::ByClass`]: class `i` of the workload
//! is served by pool `split[i]` and by no other. Cores and memory are shared,
//! queues, locks and workers are not: an idle pool helps no busy one.

use crate::pool::{Deployment, PoolConfig, Split};
use crate::workload::Workload;

impl Deployment {
    /// `pools`, each with the names of the classes that it serves.
    ///
    /// # Errors
    /// A name is none of the workload's classes, a class goes to two pools or to
    /// none, or a pool has no class.
    pub fn hybrid(
        workload: &Workload,
        pools: Vec<(PoolConfig, Vec<&str>)>,
    ) -> Result<Self, String> {
        let index = workload.class_index();
        let mut route: Vec<Option<u32>> = vec![None; workload.classes.len()];
        for (number, (pool, classes)) in (0u32..).zip(&pools) {
            if classes.is_empty() {
                return Err(format!("{pool} serves no class: leave it out"));
            }
            for name in classes {
                let class = *index.get(name).ok_or_else(|| {
                    let names: Vec<&str> = index.keys().copied().collect();
                    format!("`{name}` is no class of the workload; it has {}", names.join(", "))
                })?;
                if route[class].replace(number).is_some() {
                    return Err(format!("class `{name}` goes to more than one pool"));
                }
            }
        }
        let route = route
            .into_iter()
            .zip(&workload.classes)
            .map(|(pool, class)| {
                pool.ok_or_else(|| format!("class `{}` goes to no pool", class.name))
            })
            .collect::<Result<Vec<u32>, String>>()?;
        let pools = pools.into_iter().map(|(pool, _)| pool).collect();
        Ok(Self { pools, split: Split::ByClass(route) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolKind;
    use crate::pool::kinds::testing::{of, workload};

    fn two_classes() -> Workload {
        let mut workload = workload();
        let class = workload.classes[0].clone();
        workload.classes = ["echo", "matmul"]
            .map(|name| crate::workload::RequestClass {
                name: name.to_owned(),
                share: 0.5,
                ..class.clone()
            })
            .into();
        workload
    }

    fn hybrid(jobs: Vec<&str>, api: Vec<&str>) -> Result<Deployment, String> {
        let workload = two_classes();
        let pools = vec![
            (of(PoolKind::GrpcThread, "thread:4x16", &workload), jobs),
            (of(PoolKind::GrpcProcess, "process:80", &workload), api),
        ];
        Deployment::hybrid(&workload, pools)
    }

    #[test]
    fn each_class_has_its_pool() {
        let deployment = hybrid(vec!["matmul"], vec!["echo"]).unwrap();
        assert_eq!(deployment.split, Split::ByClass(vec![1, 0]));
        assert_eq!((deployment.split.pool(0, 0), deployment.split.pool(1, 0)), (1, 0));
        assert_eq!((deployment.workers(), deployment.slots()), (84, 144));
    }

    #[test]
    fn every_class_goes_to_one_pool() {
        let why = |jobs, api| hybrid(jobs, api).unwrap_err();
        assert!(why(vec!["matmul"], vec![]).contains("process:80 py3.12 spawn serves no class"));
        assert!(why(vec!["matmul"], vec!["matmul"]).contains("more than one pool"));
        assert!(why(vec!["echo"], vec!["ecko"]).contains("no class of the workload; it has echo"));
        let workload = two_classes();
        let pool = of(PoolKind::GrpcProcess, "process:2", &workload);
        let one = Deployment::hybrid(&workload, vec![(pool, vec!["echo"])]);
        assert_eq!(one.unwrap_err(), "class `matmul` goes to no pool");
    }
}
