//! Every published configuration is built and simulated, and every workload of
//! theirs gets an answer.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use sim::experiment::{Counts, CpuModel, Limits, Scenario, SimError, Start, simulate};
use sim::search::{Progress, SearchOptions, recommend};
use sim::workload::{Arrivals, Workload};

use crate::shipped::reference;
use crate::variants::{Variant, all};
use crate::{root, toml_files};

struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str, _: u64, _: u64) {}
}

#[test]
fn labels_are_unique_and_every_published_workload_has_some() {
    let variants = all();
    let names: BTreeSet<String> = variants.iter().map(Variant::name).collect();
    assert_eq!(names.len(), variants.len());
    let named: BTreeSet<_> = variants.iter().map(Variant::path).collect();
    let top = root().join("workloads");
    for path in toml_files("workloads") {
        let published = path.parent() != Some(&*top);
        assert!(!published || named.contains(&path), "{}", path.display());
    }
}

#[test]
fn the_families_are_complete() {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for variant in all() {
        *sizes.entry(variant.workload).or_default() += 1;
    }
    let size = |names: &[&str]| names.iter().map(|name| sizes[*name]).sum::<usize>();
    assert_eq!(size(&["echo"]), 3 + 10, "three pools, and ten that start");
    for three in ["matmul", "mixed", "snakepit/sustained", "snakepit/peak", "snakepit/recycling"] {
        assert_eq!(size(&[three]), 3, "{three}");
    }
    assert_eq!(size(&["snakepit/memory-growth"]), 4, "two pools, with and without recycling");
    assert_eq!(size(&["snakepit/resnet", "snakepit/api-server", "snakepit/data-pipeline"]), 4);
    assert_eq!(size(&["snakepit/hybrid", "snakepit/scrapers"]), 3);
    assert_eq!(size(&["tadween/native", "tadween/numpy"]), 15);
    assert_eq!(size(&["tadween/memory"]), 18);
    assert_eq!(size(&["pyrallel/sleep", "pyrallel/cpu", "pyrallel/io"]), 27);
    assert_eq!(size(&["pools/compute", "pools/network"]), 10);
}

/// Requests of a run; a batch may have fewer.
const REQUESTS: u64 = 300;

/// What became of the requests of one short run.
fn run(variant: &Variant) -> Result<Counts, SimError> {
    let (host, workload) = (reference(), variant.workload());
    let deployment = variant.deployment(&workload);
    let limits = Limits { events: 20_000_000, in_system: 20_000 };
    let start = if variant.cold { Start::Cold } else { Start::Warm };
    let scenario =
        Scenario { limits, start, ..Scenario::of(&workload, &host, &deployment, REQUESTS, 1) };
    simulate(&scenario, 0, &mut ()).map(|outcome| outcome.counts)
}

/// Nothing of a batch is lost: these pools have no faults and no limits.
#[test]
fn every_variant_serves_its_requests() {
    let served = |variant: &Variant| match (run(variant), variant.workload().arrivals) {
        (Ok(counts), Arrivals::Batch { requests }) => counts.completed == requests.min(REQUESTS),
        (Ok(counts), _) => counts.completed > REQUESTS / 2,
        (Err(_), _) => false,
    };
    let variants = all();
    let failed: Vec<_> = variants.par_iter().filter(|variant| !served(variant)).collect();
    let said: Vec<_> = failed.iter().map(|variant| (variant.name(), run(variant))).collect();
    assert!(said.is_empty(), "{said:#?}");
}

/// Workloads of all variants, what they change in them included, each once.
fn workloads() -> Vec<Workload> {
    let mut workloads: Vec<Workload> = Vec::new();
    for variant in all() {
        let workload = variant.workload();
        if !workloads.contains(&workload) {
            workloads.push(workload);
        }
    }
    workloads
}

#[test]
fn every_workload_of_a_variant_gets_an_answer() {
    let host = reference();
    let options = SearchOptions {
        throughput_precision: 0.2,
        p99_precision: 0.5,
        budget: 20_000,
        cpu: CpuModel::ProcessorSharing,
        ..SearchOptions::default()
    };
    let all = workloads();
    assert!(all.len() > 30, "{}", all.len());
    for workload in all {
        let answer = recommend(&workload, &host, &options, &Quiet);
        assert!(answer.is_ok(), "{}: {:?}", workload.name, answer.err());
    }
}
