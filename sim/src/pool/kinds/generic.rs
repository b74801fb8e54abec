//! A shape without a product: the profile, the dispatcher and the workload's
//! surroundings say it all.

use crate::pool::kinds::{Kind, Rule, Shape};
use crate::pool::{Dispatcher, PoolConfig, Profile};
use crate::workload::{PythonVersion, Workload};

pub(super) struct Generic;

impl Kind for Generic {
    fn shape(&self) -> Shape {
        Shape::Any
    }

    fn default_profile(&self, logical_cpus: u32) -> Profile {
        Profile::processes(logical_cpus)
    }

    fn dispatcher(&self) -> Option<Dispatcher> {
        None
    }

    fn rules(&self, _python: PythonVersion) -> &'static [Rule] {
        &Rule::ALL
    }

    fn configure(&self, _pool: &mut PoolConfig, _workload: &Workload, _logical_cpus: u32) {}
}

#[cfg(test)]
mod tests {
    use crate::pool::kinds::testing::{pool, workload};
    use crate::pool::{PoolConfig, PoolKind};

    #[test]
    fn it_is_the_plain_shape() {
        let workload = workload();
        for text in ["process:4", "thread:2x8", "async:2x50", "interpreters:4"] {
            let plain = PoolConfig::new(&workload, text.parse().unwrap(), "3.12".parse().unwrap());
            assert_eq!(pool(PoolKind::Generic, text), plain);
        }
    }
}
